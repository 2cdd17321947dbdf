"""A line to the product that can be cut: what is "offline" to a browser's pages alone is so for its workers too."""

import contextlib
import selectors
import socket
import threading
from urllib.parse import urlsplit


class Line:
    """A loopback port that hands on to the product's, until `cut`; `mend` opens the same port again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.port = 0
        self.mend()
        self.url = f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self) -> None:
        for each in (self.listener, *self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self.target)
                self.open += [near, far]
                threading.Thread(target=_hand_on, args=(near, far), daemon=True).start()


def _hand_on(near: socket.socket, far: socket.socket) -> None:
    other = {near: far, far: near}
    with selectors.DefaultSelector() as both, contextlib.suppress(OSError, ValueError, KeyError):
        for each in other:
            both.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in both.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                if not (heard := source.recv(65536)):
                    near.close()
                    far.close()
                    return
                other[source].sendall(heard)
