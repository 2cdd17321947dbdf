"""The long-running parts of the product, one command each, and what prepares the database for them."""

import os
import signal
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

import click

from app.cli.context import ROOT, Desk
from app.cli.words import say


@click.command(help=say("cli.web.about"))
@click.pass_obj
def web(desk: Desk) -> None:
    desk.settings  # noqa: B018  (a wrong setting is one line here, and a traceback inside gunicorn)
    os.chdir(ROOT)
    config = str(ROOT / "deploy" / "gunicorn.conf.py")
    arguments = [sys.executable, "-m", "gunicorn", "--config", config, "wsgi:app"]
    os.execve(sys.executable, arguments, desk.environ | {"PYTHONPATH": str(ROOT)})  # noqa: S606


@click.command(help=say("cli.worker.about"))
@click.pass_obj
def worker(desk: Desk) -> None:
    from app.core.heartbeat import beat_beside
    from app.core.logs import log_to_stderr
    from app.workflow import jobs

    log_to_stderr(desk.settings)
    beat_beside("worker", desk.settings.redis_url)
    jobs.work(desk.runtime)


@click.command(help=say("cli.dispatcher.about"))
@click.pass_obj
def dispatcher(desk: Desk) -> None:
    from app.core.heartbeat import BeatingStop
    from app.core.logs import log_to_stderr
    from app.workflow import dispatcher as loop

    log_to_stderr(desk.settings)
    stop = BeatingStop("dispatcher", desk.settings.redis_url)
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    loop.run(desk.runtime, stop)


@click.command(help=say("cli.migrate.about"))
@click.pass_obj
def migrate(desk: Desk) -> None:
    from app.core.db import make_engine
    from app.core.migrate import migrate as bring_up_to_date

    owner = make_engine(desk.settings.database_owner_url)
    try:
        bring_up_to_date(owner, desk.settings.secret_key)
    finally:
        owner.dispose()
    click.echo(say("cli.migrate.done"))


@click.command(help=say("cli.version.about"))
def version() -> None:
    click.echo(f"citydesk {product_version()}")


def product_version() -> str:
    """Of the checkout that runs (a copy need not be installed), else of the installed package."""
    import tomllib

    pyproject = Path(ROOT / "pyproject.toml")
    if pyproject.exists():
        return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
    return installed_version("citydesk")
