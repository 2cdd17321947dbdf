"""A mail server on loopback: takes mails, keeps them, and may answer as a test wants it to."""

import socketserver
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

HANG_UP = "hang up"


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as it must. `answers`: verb (END after the text) → what it says instead of the usual;
    `pause`: seconds between having a mail and saying so, a window for those who kill the sender."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: Mapping[str, str], pause: float, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Talk)
        self.answers, self.pause = answers, pause
        self.mails: list[bytes] = []
        self.holding = 0
        """Mails that have arrived and whose senders do not know it yet."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


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
                if not self._take():
                    return
                self.server.holding += 1
                time.sleep(self.server.pause)
                self.server.holding -= 1
                if not self._say(self.server.answers.get("END", "250 taken")):
                    return

    def _take(self) -> bool:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # the sender died: nothing was handed over
            lines.append(line)
        self.server.mails.append(b"".join(lines))
        return True

    def _say(self, words: str) -> bool:
        if words == HANG_UP:
            return False
        try:
            self.wfile.write(f"{words}\r\n".encode())
        except OSError:
            return False
        return True


@contextmanager
def mail_server(answers: Mapping[str, str] | None = None, pause: float = 0.0, port: int = 0) -> Iterator[MailServer]:
    with MailServer(answers or {}, pause, port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
