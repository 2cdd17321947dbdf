"""What `bin/up` does between starting the servers and starting the product, and what it says at the end."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.context import ROOT, Desk
from app.cli.datafolder import SEEDING
from app.cli.files import differs, shipped
from app.cli.words import language, say
from app.core.db import make_engine, transaction
from app.core.errors import CitydeskError
from app.core.i18n import text
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
    """Migrate; the first time deploy and seed; later say what was changed but not deployed."""
    owner = make_engine(desk.settings.database_owner_url)
    migrate(owner)
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


@click.command()
@click.argument("url")
@click.pass_obj
def welcome(desk: Desk, url: str) -> None:
    """Where the product is, and who can sign in: the last thing `bin/up` prints before the log goes on."""
    from app.identity import DEMO_PASSWORD
    from app.identity.models import User

    with Session(make_engine(desk.settings.database_url)) as session:  # no runtime: this should not take long
        query = select(User).where(User.demo, User.deactivated_at.is_(None)).order_by(User.username)
        people = [(user.username, user.name, _roles(user)) for user in session.scalars(query)]
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print()
    console.print(say("cli.up.ready"), f"[bold]{url}[/bold]")
    if people and desk.settings.demo:
        table = Table(title=say("cli.up.logins", password=DEMO_PASSWORD), title_justify="left")
        for key in ("cli.up.login", "cli.up.name", "cli.up.roles"):
            table.add_column(say(key))
        for row in people:
            table.add_row(*row)
        console.print(table)
    console.print(say("cli.up.stop_hint"))
    console.print()


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
    from app.workflow.bundles import files_of
    from app.workflow.engine.types import Refused

    files = shipped(ROOT)
    with transaction(runtime.sessions) as session:
        bundle = current_bundle(session)
        if bundle is not None:
            if changed := differs(files_of(session, bundle.id), files):
                click.echo(say("cli.up.changed", files=", ".join(changed[:5]), count=len(changed)))
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
    from app.identity import demo_users_exist
    from app.lifecycle import seed as demo_city

    runtime = desk.runtime
    with transaction(runtime.sessions) as session:
        if demo_users_exist(session):
            return False
    mark = desk.settings.data_dir / SEEDING
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    with _progress(say("cli.seed.progress"), cases) as advance:
        demo_city.seed(runtime, cases, advance)
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


def _roles(user: object) -> str:
    """`Department head (gas), Shift supervisor (jz/dongcheng)` in the terminal's language."""
    from app.identity.models import User

    assert isinstance(user, User)
    shown = []
    for grant in user.actor().grants:
        place = ", ".join(part for part in (grant.department, grant.district) if part)
        shown.append(text(f"identity.role.{grant.role.value}", language()) + (f" ({place})" if place else ""))
    return "; ".join(shown)
