"""The last words of `bin/up` before the log: where the product is, who can sign in, what is not deployed."""

import sys

from rich.console import Console
from rich.table import Table

from app.cli.context import ROOT
from app.cli.files import shipped
from app.cli.glance import changed_files, demo_people
from app.cli.words import say
from app.core.settings import Settings

PASSWORD = "jiangzhou-demo"  # noqa: S105  (public on purpose)


def welcome(url: str, settings: Settings) -> None:
    """Raises psycopg.Error when the database went away meanwhile."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print()
    console.print(say("cli.up.ready"), f"[bold]{url}[/bold]")
    people = demo_people(settings.database_url) if settings.demo else []
    if people:
        table = Table(title=say("cli.up.logins", password=PASSWORD), title_justify="left")
        for key in ("cli.up.login", "cli.up.name", "cli.up.roles"):
            table.add_column(say(key))
        for person in people:
            roles = (say(f"identity.role.{role}") + (f" ({place})" if place else "") for role, place in person.grants)
            table.add_row(person.username, person.name, "; ".join(roles))
        console.print(table)
    if changed := changed_files(settings.database_url, shipped(ROOT)):
        console.print(say("cli.up.changed", files=", ".join(changed[:5]), count=len(changed)))
    console.print(say("cli.up.stop_hint"))
    console.print()
