"""`citydesk scenario`: what analysts wrote in `processes/scenarios/`, played and told."""

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.context import ROOT
from app.cli.files import collect, shipped
from app.cli.words import language, say
from app.core.errors import NotFound
from app.workflow.engine.types import Refused

if TYPE_CHECKING:
    from app.scenarios import DiagramCoverage, Failure, Missed, Outcome, Place, Problem, Scenario

FOLDER = ROOT / "processes" / "scenarios"
ENDINGS = (".yaml", ".yml")


@click.command(help=say("cli.scenario.about"))
@click.argument("names", nargs=-1)
@click.option("--coverage", "show_coverage", is_flag=True, help=say("cli.scenario.coverage"))
@click.option("--at-least", type=click.FloatRange(0, 100), metavar="PERCENT", help=say("cli.scenario.at_least"))
@click.option(
    "--with", "files", multiple=True, type=click.Path(path_type=Path), metavar="PATH", help=say("cli.scenario.with")
)
@click.option("--json", "as_json", is_flag=True, help=say("cli.json"))
def scenario(
    names: tuple[str, ...], show_coverage: bool, at_least: float | None, files: tuple[Path, ...], as_json: bool
) -> int:
    from app.scenarios import Refusal

    began = time.perf_counter()
    try:
        scenarios = _chosen(names)
        outcomes, diagrams = _play(scenarios, files, quiet=as_json)
    except Refusal as refusal:
        return _refused(refusal.problems, as_json)
    except Refused as refused:
        from app.cli.bundles import show_findings

        show_findings(refused.findings)
        click.echo(say("cli.scenario.not_deployable"), err=True)
        return 1
    return _tell(outcomes, diagrams, time.perf_counter() - began, show_coverage, at_least, as_json)


def _chosen(names: Sequence[str]) -> "list[Scenario]":
    """All of the folder's, or those with these names; a name may be a file elsewhere. Raises Refusal, NotFound."""
    from app.scenarios import Files, Refusal

    contents = {str(path.relative_to(ROOT)): path.read_bytes() for path in _in(FOLDER)}
    wanted = set(names)
    for name in names:
        if name.endswith(ENDINGS):
            path = Path(name)
            if not path.is_file():
                raise NotFound("cli.no_such_file", path=path, kinds=" ".join(ENDINGS))
            contents = {key: body for key, body in contents.items() if Path(key).stem != path.stem}
            contents[name] = path.read_bytes()
            wanted = (wanted - {name}) | {path.stem}
    files = Files(contents)
    known = {one.name for one in files.scenarios} | {Path(problem.file).stem for problem in files.problems}
    if unknown := sorted(wanted - known):
        raise NotFound("cli.scenario.unknown", names=", ".join(unknown), known=", ".join(sorted(known)))
    concerned = [p for p in files.problems if not wanted or Path(p.file).stem in wanted or Path(p.file).stem[0] == "_"]
    if concerned:
        raise Refusal(concerned)
    return [one for one in files.scenarios if not wanted or one.name in wanted]


def _in(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in ENDINGS) if folder.is_dir() else []


def _play(
    scenarios: "Sequence[Scenario]", files: Sequence[Path], *, quiet: bool
) -> "tuple[list[Outcome], list[DiagramCoverage]]":
    from app.cli.scenario_city import scenario_city
    from app.scenarios import coverage, run_all
    from app.workflow import overlay

    bundle = overlay(shipped(ROOT), collect(files)) if files else shipped(ROOT)
    with scenario_city(bundle) as cities:
        told = (lambda _: None) if quiet else _tell_one
        outcomes, processes = run_all(scenarios, cities, language=language(), told=told)
    return outcomes, coverage(processes.values(), outcomes)


# ------------------------------------------------------------------ telling
def _tell(
    outcomes: "list[Outcome]", diagrams: "list[DiagramCoverage]", seconds: float, show_coverage: bool,
    at_least: float | None, as_json: bool,
) -> int:  # fmt: skip
    from app.scenarios import whole_percent

    percent = whole_percent(diagrams)
    failed = sum(outcome.failure is not None for outcome in outcomes)
    if as_json:
        click.echo(json.dumps(_as_json(outcomes, diagrams, percent, failed, seconds), ensure_ascii=False, indent=2))
    else:
        if show_coverage or at_least is not None:
            _tell_coverage(diagrams, percent)
        click.echo(say("cli.scenario.summary", count=len(outcomes), failed=failed, seconds=f"{seconds:.1f}"))
    short = at_least is not None and percent < at_least
    if short:
        click.echo(f"citydesk: {say('cli.scenario.too_little', percent=percent, wanted=at_least)}", err=True)
    return 1 if failed or short else 0


def _tell_one(outcome: "Outcome") -> None:
    title, failure = outcome.scenario.titles[language()], outcome.failure
    days = (outcome.ended - outcome.began).total_seconds() / 86400
    line = say("cli.scenario.one", name=outcome.scenario.name, title=title, days=f"{days:.1f}",
               seconds=f"{outcome.seconds:.2f}", steps=outcome.steps_done)  # fmt: skip
    click.secho("✗ " if failure else "✓ ", fg="red" if failure else "green", nl=False)
    click.echo(line)
    if failure is not None:
        for row in _failure_lines(outcome.scenario, failure):
            click.echo(f"    {row}")


def _failure_lines(scenario: "Scenario", failure: "Failure") -> list[str]:
    step = failure.step
    lines = [say("cli.scenario.failed_step", file=scenario.file, line=step.line, no=step.no, text=step.text)]
    lines += [step.note] if step.note else []
    lines += [say("cli.scenario.expected", text=failure.expected), say("cli.scenario.found", text=failure.found)]
    return lines + [say("cli.scenario.element", text=_called(place)) for place in failure.places]


def _called(place: "Place") -> str:
    return f"{place.names[language()]} ({place.id}, {place.file})"


def _tell_coverage(diagrams: "list[DiagramCoverage]", percent: float) -> None:
    click.echo(say("cli.scenario.coverage_title", percent=percent))
    for one in diagrams:
        click.echo(say("cli.scenario.coverage_line", file=one.process.file, percent=one.percent, flows=one.flows,
                       taken=one.flows_taken, events=one.boundary_events, fired=one.boundary_events_fired))  # fmt: skip
        for missed in one.missed:
            click.echo(f"      {_missed_sentence(missed)}")


def _missed_sentence(missed: "Missed") -> str:
    source = _short(missed.source.names[language()], missed.source.id)
    if missed.target is None:
        return say("cli.scenario.missed_event", id=missed.id, name=source)
    target = _short(missed.target.names[language()], missed.target.id)
    return say("cli.scenario.missed_flow", id=missed.id, source=source, target=target)


def _short(name: str, id_: str) -> str:
    return name if name and name != id_ else id_


def _refused(problems: "Sequence[Problem]", as_json: bool) -> int:
    told = [(problem, say(f"scenario.{problem.code}", **problem.params)) for problem in problems]
    if as_json:
        rows = [{"file": p.file, "line": p.line, "code": p.code, "sentence": sentence} for p, sentence in told]
        click.echo(json.dumps({"problems": rows, "failed": len(rows)}, ensure_ascii=False, indent=2))
    else:
        for problem, sentence in told:
            click.echo(f"{problem.file}:{problem.line}: {sentence}")
        click.echo(say("cli.scenario.nothing_played", count=len(told)), err=True)
    return 1


# ------------------------------------------------------------------ as JSON
def _as_json(
    outcomes: "list[Outcome]", diagrams: "list[DiagramCoverage]", percent: float, failed: int, seconds: float
) -> dict[str, Any]:
    return {
        "scenarios": [_outcome_json(outcome) for outcome in outcomes],
        "passed": len(outcomes) - failed,
        "failed": failed,
        "coverage_percent": percent,
        "diagrams": [_diagram_json(one) for one in diagrams],
        "seconds": round(seconds, 2),
    }


def _outcome_json(outcome: "Outcome") -> dict[str, Any]:
    scenario, failure = outcome.scenario, outcome.failure
    return {
        "name": scenario.name, "file": scenario.file, "title": scenario.titles[language()],
        "passed": failure is None, "steps": len(scenario.steps), "steps_done": outcome.steps_done,
        "seconds": round(outcome.seconds, 3), "simulated_from": outcome.began.isoformat(),
        "simulated_to": outcome.ended.isoformat(), "failure": None if failure is None else _failure_json(failure),
    }  # fmt: skip


def _failure_json(failure: "Failure") -> dict[str, Any]:
    step = failure.step
    elements = [{"id": p.id, "type": p.type, "name": p.names[language()], "file": p.file} for p in failure.places]
    return {
        "step": step.no, "line": step.line, "text": step.text, "note": step.note, "expected": failure.expected,
        "found": failure.found, "at": failure.at.isoformat(), "element": elements[0]["id"] if elements else None,
        "elements": elements,
    }  # fmt: skip


def _diagram_json(one: "DiagramCoverage") -> dict[str, Any]:
    missed = [
        {
            "id": m.id, "kind": m.kind, "from": m.source.id, "to": None if m.target is None else m.target.id,
            "sentence": _missed_sentence(m),
        }
        for m in one.missed
    ]  # fmt: skip
    return {
        "process": one.process.id, "name": one.process.names[language()], "file": one.process.file,
        "coverage_percent": one.percent, "sequence_flows": one.flows, "sequence_flows_taken": one.flows_taken,
        "boundary_events": one.boundary_events, "boundary_events_fired": one.boundary_events_fired, "missed": missed,
    }  # fmt: skip
