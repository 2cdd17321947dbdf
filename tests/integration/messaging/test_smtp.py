"""E-mail through a real conversation with a server on loopback: what it may answer, and what we then know."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest

from app.core.ids import new_id
from app.messaging import Channel, Smtp
from app.messaging.errors import NotSent, Refused
from app.messaging.providers import Parcel

HANG_UP = "hang up"


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as it must; `answers` says something else where a test wants it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.answers = answers
        self.mails: list[bytes] = []


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line.split()[0].upper().decode()
            if verb == "QUIT":
                return
            usual = {"DATA": "354 go on", "EHLO": "250 mail"}.get(verb, "250 ok")
            if not self._say(self.server.answers.get(verb, usual)):
                return
            if verb == "DATA" and verb not in self.server.answers:
                self._take()
                if not self._say(self.server.answers.get("END", "250 taken")):
                    return

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.mails.append(b"".join(lines))

    def _say(self, words: str) -> bool:
        if words != HANG_UP:
            self.wfile.write(f"{words}\r\n".encode())
        return words != HANG_UP


@contextmanager
def served(**answers: str) -> Iterator[tuple[MailServer, Callable[[], str | None]]]:
    with MailServer(answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        smtp = Smtp(f"smtp://127.0.0.1:{server.server_address[1]}", "desk@city.example")
        parcel = Parcel(new_id(), Channel.EMAIL, "ann@city.example", "超时提醒 7", "七号工单已超时。\n请处理。")
        yield server, lambda: smtp.send(parcel)
        server.shutdown()


def test_a_mail_arrives_in_chinese_with_an_id_of_its_own() -> None:
    with served() as (server, send):
        message_id = send()
    (raw,) = server.mails
    mail = message_from_bytes(raw, policy=policy.default)
    assert (mail["Subject"], mail["From"], mail["Message-ID"]) == ("超时提醒 7", "desk@city.example", message_id)
    assert mail.get_content().strip() == "七号工单已超时。\n请处理。"


@pytest.mark.parametrize(
    ("answers", "known"),
    [
        ({"MAIL": "451 later"}, NotSent),
        ({"RCPT": "550 no such person"}, Refused),
        ({"RCPT": HANG_UP}, NotSent),
        ({"DATA": "452 full"}, NotSent),
        ({"END": "554 spam"}, Refused),
        ({"END": "421 shutting down"}, NotSent),
    ],
)
def test_what_the_server_said_tells_whether_it_may_be_tried_again(
    answers: dict[str, str], known: type[Exception]
) -> None:
    with served(**answers) as (_, send), pytest.raises(known):
        send()


def test_a_line_cut_after_the_text_leaves_open_whether_it_arrived() -> None:
    with served(END=HANG_UP) as (_, send), pytest.raises(Exception, match="closed") as raised:
        send()
    assert not isinstance(raised.value, NotSent | Refused)


def test_nobody_at_the_door_is_no_delivery() -> None:
    with served() as (server, send):
        server.shutdown()
        server.server_close()
        with pytest.raises(NotSent):
            send()
