"""`citydesk call`: a citizen's first call, played by the Asterisk at hand; no telephone and no trunk is needed."""

from urllib.parse import urlsplit

import click
import httpx

from app.cli.context import Desk
from app.cli.words import say
from app.core.errors import CitydeskError, Unavailable

CALLER, CALLED = "13812346721", "12319"


@click.command(help=say("cli.call.about"))
@click.argument("called", default=CALLED)
@click.option("--from", "caller", default=CALLER, metavar="NUMBER", help=say("cli.call.from"))
@click.pass_obj
def call(desk: Desk, called: str, caller: str) -> int:
    ring_in(desk.settings.ari_url, caller, called)
    click.echo(say("cli.call.rings", called=called, caller=caller))
    return 0


def ring_in(ari_url: str, caller: str, called: str) -> None:
    """Enters the dialplan as a trunk's call does, and plays a tone until the other side hangs up. Raises CitydeskError,
    Unavailable."""
    if not ari_url:
        raise Unavailable("cli.call.no_asterisk")
    digits = "0123456789+"
    if not called or not caller or set(called + caller) - set(digits):
        raise CitydeskError("cli.call.digits")
    url = urlsplit(ari_url)
    asked: dict[str, str | int] = {
        "endpoint": f"Local/{called}@from-trunk", "context": "citizen", "extension": "talk", "priority": 1,
        "callerId": f"<{caller}>", "timeout": 60,
    }  # fmt: skip
    try:
        answer = httpx.post(
            f"{url.scheme}://{url.hostname}:{url.port}{url.path}/channels", params=asked, timeout=10,
            auth=(url.username or "", url.password or ""),
        )  # fmt: skip
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable("cli.call.no_asterisk") from error
