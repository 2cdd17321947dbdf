"""E-mail through a real conversation with a server on loopback: what it may answer, and what we then know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest

from app.core.ids import new_id
from app.messaging import Channel, Smtp
from app.messaging.errors import NotSent, Refused
from app.messaging.providers import Parcel
from benchmarks.mailserver import HANG_UP, MailServer, mail_server


@contextmanager
def served(**answers: str) -> Iterator[tuple[MailServer, Callable[[], str | None]]]:
    with mail_server(answers) as server:
        smtp = Smtp(server.url, "desk@city.example")
        parcel = Parcel(new_id(), Channel.EMAIL, "ann@city.example", "超时提醒 7", "七号工单已超时。\n请处理。")
        yield server, lambda: smtp.send(parcel)


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
    with mail_server(port=server.server_address[1]) as again, pytest.raises(NotSent, match="cannot be reached"):
        send()
    assert not again.mails, "for a while nobody knocks again: other people's reminders wait behind"
