"""The `citydesk` command group: finds the settings, runs the command, turns errors into a line and an exit code."""

import importlib
import sys
from collections.abc import Sequence

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from app.cli.context import Desk
from app.cli.datafolder import FolderError
from app.cli.words import say
from app.core.errors import CitydeskError
from app.core.settings import SettingsError

COMMANDS = {
    "allow": "app.cli.bundles",
    "audit": "app.cli.records",
    "backup": "app.cli.backup",
    "call": "app.cli.call_command",
    "check": "app.cli.bundles",
    "demo": "app.cli.demo_command",
    "deploy": "app.cli.bundles",
    "dispatcher": "app.cli.running",
    "migrate": "app.cli.running",
    "prepare": "app.cli.prepare",
    "recordings": "app.cli.records",
    "restore": "app.cli.backup",
    "scenario": "app.cli.scenario_command",
    "seed": "app.cli.prepare",
    "user": "app.cli.records",
    "version": "app.cli.running",
    "web": "app.cli.running",
    "worker": "app.cli.running",
}
INTERNAL = {"prepare"}


class Commands(click.Group):
    """Each command's module is imported when it is called: `citydesk version` does not load the engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted(set(COMMANDS) - INTERNAL)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        found = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        return found if isinstance(found, click.Command) else None


@click.group(cls=Commands, help=say("cli.about"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", metavar="DIR", envvar="CITYDESK_DATA", help=say("cli.data"))
@click.pass_context
def cli(ctx: click.Context, data: str | None) -> None:
    ctx.obj = Desk.of(data)


def run(arguments: Sequence[str]) -> int:
    try:
        code = cli.main(list(arguments), prog_name="citydesk", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SettingsError as error:
        return _fail(str(error), 2)
    except FolderError as error:
        return _fail(say(error.key, **error.params), 1)
    except CitydeskError as error:
        return _fail(say(error.key, **error.params), 1)
    except OperationalError as error:
        return _fail(say("cli.no_database", reason=_first_line(error)), 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `citydesk … | head`
        return 0
    return code if isinstance(code, int) else 0


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]


def _fail(line: str, code: int) -> int:
    print(f"citydesk: {line}", file=sys.stderr)
    return code
