"""`citydesk backup DIR` and `restore DIR`: the database by pg_dump, the files beside it, and a proof of both.

The dump, the row counts and the verification of the history see one and the same snapshot, so a backup taken while
the product runs is consistent. The manifest holds a SHA-256 of every file. Not in it: the secret key and the queue
(people sign in again; Valkey is never the truth).
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.cli.context import Desk
from app.cli.running import product_version
from app.cli.servers import PG_BIN, create_database, start_postgres
from app.cli.words import say
from app.core.clock import SystemClock
from app.core.db import make_engine
from app.core.errors import CitydeskError
from app.core.migrate import migrate

_DIR = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
FILES = ("files", "recordings")
"""Attachments, and the sound of calls: folders below the data folder."""


@click.command(help=say("cli.backup.about"))
@_DIR
@click.pass_obj
def backup(desk: Desk, folder: Path) -> int:
    if folder.exists() and any(folder.iterdir()):
        raise CitydeskError("cli.backup.not_empty", folder=folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = desk.settings
    engine = make_engine(settings.database_owner_url)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            snapshot = str(connection.execute(text("select pg_export_snapshot()")).scalar_one())
            _client("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
                    f"--file={folder / 'database.dump'}", settings.database_owner_url)  # fmt: skip
            counts, faults = _counts(connection), _faults(connection)
    finally:
        engine.dispose()
    for name in FILES:
        if (settings.data_dir / name).is_dir():
            shutil.copytree(settings.data_dir / name, folder / name)
    manifest = {
        "version": product_version(), "taken_at": SystemClock().now().isoformat(timespec="seconds"),
        "rows": counts, "audit_faults": faults, "sha256": _digests(folder),
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    click.echo(say("cli.backup.done", folder=folder, rows=sum(counts.values()), files=len(_digests(folder)) - 1,
                   faults=faults))  # fmt: skip
    return 1 if faults else 0


@click.command(help=say("cli.restore.about"))
@_DIR
@click.pass_obj
def restore(desk: Desk, folder: Path) -> int:
    manifest = _checked_manifest(folder)
    with _target(desk) as (owner_url, data_dir, secret_key):
        engine = make_engine(owner_url)
        try:
            with engine.connect() as connection:
                if _counts(connection):
                    raise CitydeskError("cli.restore.not_empty")
            _client("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
                    f"--dbname={owner_url}", str(folder / "database.dump"))  # fmt: skip
            with engine.connect() as connection:
                counts, faults = _counts(connection), _faults(connection)
            migrate(engine, secret_key)
            with engine.begin() as connection:
                connection.execute(_HOLD_MESSAGES)
        finally:
            engine.dispose()
        for name in FILES:
            if (folder / name).is_dir():
                shutil.copytree(folder / name, data_dir / name, dirs_exist_ok=True)
    if counts != manifest["rows"] or faults != manifest["audit_faults"]:
        raise CitydeskError("cli.restore.differs", faults=faults)
    click.echo(say("cli.restore.done", rows=sum(counts.values()), taken_at=manifest["taken_at"], faults=faults))
    return 0


_HOLD_MESSAGES = text(
    "update outgoing_message set state = 'UNKNOWN', reason = 'messaging.reason.restored'"
    " where state in ('QUEUED', 'SENDING')"
)
"""What waited when the backup was taken went out meanwhile, most likely: a person decides, nothing goes out twice."""


@contextmanager
def _target(desk: Desk) -> Iterator[tuple[str, Path, str]]:
    """The owner's url of the database to fill, its data folder and its secret key: those in the environment, else a new
    database in the data folder."""
    if os.environ.get("DATABASE_URL"):
        yield desk.settings.database_owner_url, desk.settings.data_dir, desk.settings.secret_key
        return
    desk.folder.prepare()
    desk.folder.lock()
    server = start_postgres(desk.folder.path)
    try:
        secret_key = desk.folder.secret_key_file().read_text(encoding="utf-8").strip()
        yield create_database(server.url)[1], desk.folder.path, secret_key
    finally:
        server.stop()


def _checked_manifest(folder: Path) -> Mapping[str, object]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        raise CitydeskError("cli.restore.no_manifest", folder=folder) from None
    found = _digests(folder)
    wrong = sorted(name for name, digest in manifest["sha256"].items() if found.get(name) != digest)
    if wrong:
        raise CitydeskError("cli.restore.damaged", files=", ".join(wrong[:3]), count=len(wrong))
    return dict(manifest)


def _counts(connection: Connection) -> dict[str, int]:
    """Rows of every table, partitions counted with their parent."""
    names = connection.execute(text(
        "select format('%I', relname) from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition order by 1"
    )).scalars().all()  # fmt: skip
    return {name: connection.execute(text(f"select count(*) from {name}")).scalar_one() for name in names}  # noqa: S608


def _faults(connection: Connection) -> int:
    from app.audit import verify

    return len(verify(Session(connection)))


def _digests(folder: Path) -> dict[str, str]:
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file != folder / "manifest.json":
            with file.open("rb") as handle:
                found[str(file.relative_to(folder))] = hashlib.file_digest(handle, "sha256").hexdigest()
    return found


def _client(program: str, *arguments: str) -> None:
    """PostgreSQL's own client: of the embedded server, else the machine's. Raises CitydeskError with its last line."""
    path = PG_BIN / program
    command = str(path) if path.exists() else program
    try:
        done = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CitydeskError("cli.backup.no_client", program=program) from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line.lower()] or done.stderr.splitlines()
        raise CitydeskError("cli.backup.client_failed", program=program, reason=lines[0] if lines else "?")
