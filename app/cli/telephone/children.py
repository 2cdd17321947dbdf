"""The telephone among the children of `bin/up`: at once where Asterisk is here, later where it must be fetched."""

import subprocess
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import psycopg

from app.cli.supervise import Child
from app.cli.telephone.configure import Plan, choose_access
from app.cli.telephone.obtain import Home, Missing, find, obtain
from app.cli.telephone.server import environ_of, launch
from app.cli.words import say

OPERATORS = ("CITYDESK_PHONE_URL", "CITYDESK_SPEECH")
"""What an operator may have set: a proxy's address, a better voice."""
SEATS = "select number from seat where closed_at is null order by number"


def telephone_children(
    environ: dict[str, str], folder: Path, telephony: Callable[[], subprocess.Popen[bytes]], rank: int,
    later: Callable[[list[Child]], None],
) -> list[Child]:  # fmt: skip
    """What to start now. Adds to `environ` what the other programs must know of the telephone.

    `later` hears of children that can start only when Asterisk has been fetched; where it cannot be had, one line says
    so and the rest works."""
    if environ.get("CITYDESK_TELEPHONE") == "off":
        return []
    program = Child("telephony", telephony)
    if environ.get("ARI_URL"):  # an Asterisk of the operator's own
        return [program]
    home = find()
    place = (folder / "asterisk").resolve()
    host, _, port = environ.get("CITYDESK_SIP_ADDRESS", "127.0.0.1").partition(":")
    plan = partial(read_plan, environ, place, host)
    access = choose_access(Plan(place, host, sip_port=int(port) if port.isdigit() else 0))
    if home is None and not can_fetch():
        print(say("cli.up.no_telephone", reason=str(Missing.here())), flush=True)
        return []
    own = {name: environ[name] for name in OPERATORS if environ.get(name)}
    environ |= environ_of(access, place, host) | own

    def children(home: Home) -> list[Child]:
        return [Child("asterisk", partial(launch, home, plan, access), rank=rank), program]

    if home is not None:
        return children(home)
    print(say("cli.up.fetching_telephone"), flush=True)

    def fetch() -> None:
        try:
            later(children(obtain()))
        except Missing as missing:
            print(say("cli.up.no_telephone", reason=str(missing)), flush=True)

    threading.Thread(target=fetch, name="fetch-asterisk", daemon=True).start()
    return []


def read_plan(environ: Mapping[str, str], folder: Path, host: str) -> Plan:
    """Seats to ring at while telephony is away, as the database has them now; without it, none."""
    try:
        with psycopg.connect(environ["DATABASE_URL"], connect_timeout=3) as connection:
            members = [f"seat-{number}" for (number,) in connection.execute(SEATS)]
    except psycopg.Error:
        members = []
    return Plan(folder, host, environ.get("CITYDESK_SIP_PUBLIC_ADDRESS", ""), members=members)


def can_fetch() -> bool:
    """Root on Debian or Ubuntu may unpack the packages."""
    return Missing.here() is None
