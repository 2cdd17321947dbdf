"""`citydesk demo`: the terminal's side of it."""

import json

import click
import httpx

from app.cli.context import Desk
from app.cli.words import say
from app.core.errors import Unavailable


@click.command(help=say("cli.demo.about"))
@click.option("--url", help=say("cli.demo.url"))
@click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
@click.pass_obj
def demo(desk: Desk, url: str | None, as_json: bool) -> int:
    from app.cli.demo import DemoFailed, run_demo

    target = url or desk.url
    try:
        result = run_demo(target, lambda line: click.echo(line, err=as_json))
    except httpx.TransportError as error:
        raise Unavailable("cli.demo.no_answer", url=target, reason=error) from None
    except DemoFailed as error:
        click.echo(f"citydesk: {error}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2, default=str))
        return 0
    for stage in result["stages"]:
        click.echo(f"  {stage['name']:<32} {stage['entered_at']} → {stage['left_at']}")
    click.echo(say("cli.demo.done", case_no=result["case_no"], url=result["history_url"]))
    return 0
