"""The command line: `citydesk COMMAND`. One clear line and an exit code when something is wrong, never a traceback."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 refused or failed, 2 wrong usage or setting."""
    from app.cli.group import run  # the servers' code shares this package and needs no click

    return run(list(sys.argv[1:] if argv is None else argv))


__all__ = ["main"]
