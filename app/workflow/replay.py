"""Where the tokens stood after any history row, from the history alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.models import History
from app.workflow.models import Instance
from app.workflow.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Token:
    """One thing that stands at an element."""

    id: str
    element: str
    process: str
    """The process whose diagram shows it."""
    state: str
    """`entered` (inside: a sub-process) or `waiting`."""
    scope: str | None
    since: datetime
    due: datetime | None = None


@dataclass(slots=True)
class Tokens:
    """A diagram's state: open tokens, and how often each element and flow was passed so far."""

    bundle_id: UUID
    process_id: str
    no: int
    at: datetime
    open: list[Token]
    passed: dict[tuple[str, str], int] = field(default_factory=dict)
    """(process, element or sequence flow) → times."""


def replay(session: Session, instance_id: UUID, no: int | None = None) -> Tokens | None:
    """After row `no` (None: the last). None when there is no such instance or row."""
    query = (
        select(History.no, History.recorded_at, History.bundle, History.steps, History.result)
        .where(History.stream == instance_id)
        .order_by(History.no)
    )
    rows = session.execute(query if no is None else query.where(History.no <= no)).all()
    if not rows:
        return None
    process = str(rows[0].result.get("process", ""))
    tokens = Tokens(rows[-1].bundle, process, rows[-1].no, rows[-1].recorded_at, [])
    tokens.open, tokens.passed = play([(row.recorded_at, row.steps) for row in rows], process)
    return tokens


def play(
    rows: Iterable[tuple[datetime, Sequence[Mapping[str, Any]]]], process: str
) -> tuple[list[Token], dict[tuple[str, str], int]]:
    """Run the steps of the rows over an empty diagram."""
    here: dict[str, Token] = {}
    passed: dict[tuple[str, str], int] = {}
    for at, steps in rows:
        for step in steps:
            _step(here, passed, at, step, process)
    return list(here.values()), passed


def _step(
    here: dict[str, Token], passed: dict[tuple[str, str], int], at: datetime, step: Mapping[str, Any], process: str
) -> None:
    key, state = step["token"], step["state"]
    where = (step.get("process", process), step["element"])
    if state in ("entered", "waiting"):
        if state == "entered" and step.get("cause"):  # the sequence flow that led here
            flow = (where[0], step["cause"])
            passed[flow] = passed.get(flow, 0) + 1
        before = here.get(key)
        due = step.get("due")
        here[key] = Token(
            key, where[1], where[0], state, step.get("scope"), before.since if before else at,
            datetime.fromisoformat(due) if due else None,
        )  # fmt: skip
        return
    if state in ("completed", "fired"):
        passed[where] = passed.get(where, 0) + 1
    if state in ("completed", "cancelled", "fired"):
        here.pop(key, None)


def tokens(runtime: Runtime, session: Session, instance_id: UUID) -> Tokens | None:
    """Where the tokens stand now."""
    del runtime
    if session.get(Instance, instance_id) is None:
        return None
    return replay(session, instance_id)
