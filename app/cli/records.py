"""`citydesk audit verify`, `citydesk recordings restore` and `citydesk user add`."""

import sys

import click

from app.cli.context import Desk
from app.cli.words import say
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.i18n import has_text


@click.group(help=say("cli.audit.about"))
def audit() -> None:
    pass


@audit.command(help=say("cli.audit.verify.about"))
@click.pass_obj
def verify(desk: Desk) -> int:
    from app.audit import verify as find_faults

    runtime = desk.runtime
    with transaction(runtime.sessions) as session:
        faults = find_faults(session)
    for fault in faults:
        click.echo(str(fault), err=True)
    click.echo(say("cli.audit.faults", count=len(faults)) if faults else say("cli.audit.clean"))
    return 1 if faults else 0


@click.group(help=say("cli.recordings.about"))
def recordings() -> None:
    pass


@recordings.command("restore", help=say("cli.recordings.restore.about"))
@click.pass_obj
def restore_recordings(desk: Desk) -> int:
    """1 when something could not be brought back."""
    from app import contacts

    settings = desk.settings
    place = contacts.place_of(settings.recording_backup, settings.store_url, settings.store_key, settings.store_secret)
    if place is None:
        raise CitydeskError("cli.recordings.no_place")
    back = lost = 0
    for one in contacts.restore(desk.runtime.sessions, settings.data_dir, place):
        back, lost = back + (not one.error), lost + bool(one.error)
        if one.error:
            click.echo(f"{one.recording_id}: {say(one.error) if has_text(one.error) else one.error}", err=True)
    click.echo(say("cli.recordings.restored", back=back, lost=lost))
    return 1 if lost else 0


@click.group(help=say("cli.user.about"))
def user() -> None:
    pass


@user.command(help=say("cli.user.add.about"))
@click.argument("username")
@click.option("--name", required=True, help=say("cli.user.name"))
@click.option("--grant", "grants", multiple=True, required=True, metavar="ROLE[:DEPARTMENT][@DISTRICT]",
              help=say("cli.user.grant"))  # fmt: skip
@click.option("--language", default="zh-CN", type=click.Choice(["zh-CN", "en"]), help=say("cli.user.language"))
@click.option("--password-stdin", is_flag=True, help=say("cli.user.password_stdin"))
@click.pass_obj
def add(desk: Desk, username: str, name: str, grants: tuple[str, ...], language: str, password_stdin: bool) -> None:
    from app import identity

    parsed = [identity.parse_grant(grant) for grant in grants]
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:  # never an argument: those stand in the process list and in the shell's history
        password = click.prompt(say("cli.user.password"), hide_input=True, confirmation_prompt=True)
    runtime = desk.runtime
    with transaction(runtime.sessions) as session:
        identity.add_user(session, username, name, password, parsed, identity.OPERATOR, runtime.clock.now(),
                          language=language)  # fmt: skip
    click.echo(say("cli.user.added", username=username))
