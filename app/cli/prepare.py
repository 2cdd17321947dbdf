"""What `bin/up` does between starting the servers and starting the product."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.context import ROOT, Desk
from app.cli.datafolder import SEEDING
from app.cli.files import shipped
from app.cli.words import say
from app.core.db import make_engine, transaction
from app.core.errors import CitydeskError
from app.core.migrate import migrate

if TYPE_CHECKING:
    from app.workflow import Runtime

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SEED_CASES = 300


@click.command()
@click.option("--empty", is_flag=True)
@click.option("--cases", default=SEED_CASES)
@click.pass_obj
def prepare(desk: Desk, empty: bool, cases: int) -> int:
    """Migrate; the first time deploy and seed."""
    owner = make_engine(desk.settings.database_owner_url)
    migrate(owner, desk.settings.secret_key)
    owner.dispose()
    runtime = desk.runtime
    _refuse_public_passwords(desk, runtime)
    if not _deploy_once(runtime):
        return 1
    if desk.settings.demo and not empty:
        _seed(desk, cases)
    return 0


@click.command(help=say("cli.seed.about"))
@click.option("--cases", default=SEED_CASES, show_default=True, help=say("cli.seed.cases"))
@click.pass_obj
def seed(desk: Desk, cases: int) -> None:
    if not desk.settings.demo:
        raise CitydeskError("cli.seed.not_demo")
    if not _seed(desk, cases):
        click.echo(say("cli.seed.already"))


def _refuse_public_passwords(desk: Desk, runtime: "Runtime") -> None:
    from app.identity import demo_users_exist

    if desk.settings.host in LOOPBACK:
        return
    with transaction(runtime.sessions) as session:
        if demo_users_exist(session):
            raise CitydeskError("cli.up.demo_exposed", host=desk.settings.host)


def _deploy_once(runtime: "Runtime") -> bool:
    from app.identity import OPERATOR
    from app.workflow import current_bundle, deploy
    from app.workflow.engine.types import Refused

    files = shipped(ROOT)
    with transaction(runtime.sessions) as session:
        if current_bundle(session) is not None:
            return True
        click.echo(say("cli.up.deploying", count=len(files)))
        try:
            deploy(session, files, actor=OPERATOR, now=runtime.clock.now(), registry=runtime.registry,
                   replace_all=True)  # fmt: skip
        except Refused as refused:
            click.echo(f"citydesk: {say('cli.deploy.refused')}: {refused}", err=True)
            session.rollback()
            return False
    return True


def _seed(desk: Desk, cases: int) -> bool:
    """Once. The mark tells the next start that this one was interrupted half-way."""
    from app.contacts.demo import load_demo_telephone
    from app.contacts.demo_calls import load_demo_calls
    from app.identity import SEED, demo_users_exist
    from app.lifecycle import seed as demo_city
    from app.reports import roll_up

    runtime = desk.runtime
    with transaction(runtime.sessions) as session:
        if demo_users_exist(session):
            return False
    mark = desk.settings.data_dir / SEEDING
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    with _progress(say("cli.seed.progress"), cases) as advance:
        demo_city.seed(runtime, cases, advance)
    roll_up(runtime, patience=60)
    with transaction(runtime.sessions) as session:
        load_demo_telephone(session, SEED, runtime.clock.now())
        load_demo_calls(session, runtime.clock.now())
    mark.unlink()
    return True


@contextmanager
def _progress(label: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line every tenth elsewhere. The caller reports how many are done."""
    if not sys.stdout.isatty():
        shown = set[int]()

        def report(done: int) -> None:
            tenth = done * 10 // max(total, 1)
            if tenth not in shown:
                shown.add(tenth)
                print(f"{label} {done}/{total}", flush=True)

        yield report
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(label, total=total)
        yield lambda done: progress.update(task, completed=done)
