"""The product's own web server: gunicorn's threads, but an answer may take its connection over (`HandedOver`)."""

from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]
    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """A connection that was detached is neither kept nor closed here."""
        if conn.sock.fileno() == -1:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)
