"""`citydesk check`, `deploy` and `allow`: what an analyst's files need before cases run by them."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.context import ROOT, Desk
from app.cli.datafolder import FolderError
from app.cli.files import collect, shipped
from app.cli.words import language, say
from app.core.db import transaction
from app.core.settings import SettingsError
from app.workflow.engine.types import Finding, Refused, Registry

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))


@click.command(help=say("cli.check.about"))
@_PATHS
@click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
@click.pass_obj
def check(desk: Desk, paths: tuple[Path, ...], as_json: bool) -> int:
    """Exit code 1 when there is an error, 0 when there are warnings only or nothing (`docs/checks.md`)."""
    from app.workflow.deploy import identities, overlaid
    from app.workflow.engine import as_json as in_json
    from app.workflow.engine import check_files

    chosen = collect(paths)
    files, lost = overlaid(shipped(ROOT), chosen) if chosen else (shipped(ROOT), {})
    found = [
        Finding("error", path, None, "file-loses", {"ids": ", ".join(ids)})
        for path, ids in lost.items()
        if path not in chosen or identities(path, chosen[path])  # else it cannot be read: that is told
    ]
    found += check_files(files, _registry(desk))
    findings = [finding for finding in found if not chosen or finding.file in chosen or _is_error(finding)]
    if as_json:
        click.echo(json.dumps([in_json(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        show_findings(findings)
        click.echo(say("cli.check.summary", files=len(chosen or files), errors=sum(map(_is_error, findings)),
                       warnings=sum(not _is_error(f) for f in findings)))  # fmt: skip
    return 1 if any(map(_is_error, findings)) else 0


@click.command(help=say("cli.deploy.about"))
@_PATHS
@click.pass_obj
def deploy(desk: Desk, paths: tuple[Path, ...]) -> int:
    from app.identity import OPERATOR
    from app.workflow import deploy as deploy_bundle

    files = collect(paths) if paths else shipped(ROOT)
    runtime = desk.runtime
    try:
        with transaction(runtime.sessions) as session:
            bundle = deploy_bundle(session, files, actor=OPERATOR, now=runtime.clock.now(),
                                   registry=runtime.registry, replace_all=not paths)  # fmt: skip
            shown = str(bundle.id)
    except Refused as refused:
        show_findings(refused.findings)
        click.echo(say("cli.deploy.refused"), err=True)
        return 1
    click.echo(say("cli.deploy.done", bundle=shown, files=len(files)))
    return 0


@click.command(help=say("cli.allow.about"))
@click.argument("process")
@click.argument("operation")
@click.pass_obj
def allow(desk: Desk, process: str, operation: str) -> None:
    from app import workflow
    from app.identity import OPERATOR

    runtime = desk.runtime
    with transaction(runtime.sessions) as session:
        workflow.allow(session, process, operation, registry=runtime.registry, actor=OPERATOR, now=runtime.clock.now())
    click.echo(say("cli.allow.done", process=process, operation=operation))


def _registry(desk: Desk) -> Registry:
    """Of the city that lies in the data folder, else of the city that ships."""
    from app.wiring import build_registry

    try:
        settings = desk.settings
    except (FolderError, SettingsError):
        settings = None
    return build_registry(settings)


def _is_error(finding: Finding) -> bool:
    return finding.severity == "error"


def show_findings(findings: Sequence[Finding]) -> None:
    from app.workflow.engine import describe

    for finding in findings:
        place = ": ".join(part for part in (finding.file, finding.element) if part)
        if finding.name:
            place = f"{place} “{finding.name}”"
        reason, remedy = describe(finding, language())
        click.secho(say(f"cli.check.{finding.severity}"), fg="red" if _is_error(finding) else "yellow", nl=False)
        click.echo(f" {place}: {reason}")
        if remedy:
            click.echo(f"    {remedy}")
