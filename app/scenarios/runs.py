"""Plays scenarios one after the other, each on a fresh city."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from app.city import departments
from app.identity import all_users
from app.scenarios.names import Known, unknown_names
from app.scenarios.play import Play
from app.scenarios.reading import Problem
from app.scenarios.schemas import Outcome, Scenario
from app.scenarios.view import Diagrams
from app.workflow import Runtime, current_bundle
from app.workflow.engine.types import Process


class Cities(Protocol):
    """Where scenarios are played: a city with the diagrams deployed and a SimulatedClock, used once."""

    def fresh(self) -> AbstractContextManager[Runtime]: ...


class Refusal(Exception):
    """Scenarios name what is not there; nothing was played."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = list(problems)


def run_all(
    scenarios: Sequence[Scenario], cities: Cities, *, language: str, told: Callable[[Outcome], None] = lambda _: None
) -> tuple[list[Outcome], dict[str, Process]]:
    """Play them all, and tell of each as it ends. Returns the outcomes and the bundle's processes. Raises Refusal."""
    with cities.fresh() as runtime:
        known = _known(runtime)
        problems = [problem for scenario in scenarios for problem in unknown_names(scenario, known)]
    if problems:
        raise Refusal(problems)
    outcomes = []
    for outcome in _play(scenarios, cities, known, language):
        outcomes.append(outcome)
        told(outcome)
    return outcomes, dict(known.diagrams.processes)


def _play(scenarios: Sequence[Scenario], cities: Cities, known: Known, language: str) -> Iterator[Outcome]:
    for scenario in scenarios:
        with cities.fresh() as runtime:
            yield Play(runtime, scenario, known.diagrams, runtime.zone, language).run()


def _known(runtime: Runtime) -> Known:
    with runtime.sessions() as session:
        bundle = current_bundle(session)
        assert bundle is not None
        compiled = runtime.bundles.get(session, bundle.id, runtime.registry)
        people = frozenset(user.username for user in all_users(session) if user.deactivated_at is None)
        codes = frozenset(one.code for one in departments(session))
    return Known(people, codes, Diagrams(compiled.processes), compiled.forms)
