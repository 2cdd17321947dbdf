"""A case's whole history as a film: every row of its stream and of its orders', in the order it happened, each with
its sentence, its steps on the diagram and what it changed. A viewer that plays the rows up to one stands at that
moment; nothing but the history is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app import audit
from app.audit import HistoryRow
from app.cases.enums import CaseStatus
from app.cases.models import CaseFile
from app.cases.queries import scope_of
from app.identity import Actor, can, require
from app.lifecycle.history import REOPENED, Sentence, Stream, Teller, streams_of
from app.lifecycle.history_changes import HIDDEN, Words
from app.workflow import Runtime
from app.workflow.peek import elements

STATES = ("entered", "waiting", "completed", "cancelled", "fired")
_LEFT_OUT = frozenset({"notice", "dispatched", "visit", REOPENED})
"""Events rather than data: their sentences tell them."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One row."""

    stream: int
    """Place in `Film.streams`."""
    row: HistoryRow
    sentence: Sentence | None
    """None for a row that tells people nothing."""
    data: Mapping[str, str | None]
    """Field → its value in words after this row."""
    limits: Mapping[str, Mapping[str, Any] | str]
    """Kind → {"due_at": ISO time} when it begins or moves, or a LimitState when it ends."""


@dataclass(slots=True)
class Film:
    streams: Sequence[Stream]
    frames: list[Frame] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    """Field → what it is called."""
    names: list[Mapping[str, str]] = field(default_factory=list)
    """For each stream: element id → its name, for the elements of its diagram that a person works on."""


def film_of(runtime: Runtime, session: Session, case: CaseFile, actor: Actor, language: str) -> Film:
    """Raises Forbidden. Personal values are hidden from readers who may not see them."""
    require(actor, "history.replay", scope_of(case))
    teller = Teller(runtime, session, language, can(actor, "citizen.read", scope_of(case)), case)
    film = Film(streams_of(session, case, actor))
    for place, stream in enumerate(film.streams):
        teller.process = stream.process
        film.names.append(_names(runtime, session, stream, language))
        for row in audit.read(session, stream.instance_id):
            film.frames.append(_frame(place, row, teller, stream, film.fields))
    film.frames.sort(key=lambda frame: _happened(frame, film.streams[frame.stream]))
    return film


def _happened(frame: Frame, stream: Stream) -> tuple[Any, ...]:
    """Of the same instant: what an order did, what the case made of it, and then the orders that the case began."""
    turn = 1 if stream.order is None else 2 if frame.row.no == 1 else 0
    return frame.row.recorded_at, turn, frame.stream, frame.row.no


def steps_drawn(row: HistoryRow, process: str) -> Iterable[Mapping[str, Any]]:
    """The steps that the stream's own diagram shows: those of called processes stand on other diagrams."""
    return (step for step in row.steps if step.get("process", process) == process)


def _frame(place: int, row: HistoryRow, teller: Teller, stream: Stream, called: dict[str, str]) -> Frame:
    words, data, limits = teller.words, {}, {}
    changes = dict(row.changes.get("fields", {}))
    if row.kind == "start" and stream.order is None and REOPENED not in changes:
        changes.setdefault("status", {"new": CaseStatus.NOT_PROCESSED.value})  # what a case begins as is no change
    for name, change in changes.items():
        kind, _, rest = name.partition(".")
        if kind == "limit":
            limits[rest] = change["new"]
        elif kind not in _LEFT_OUT:
            data[name] = _known(name, change.get("new"), words, called)
    for name, change in (row.personal or {}).items():
        value = change.get("new") if words.personal else HIDDEN
        data[name] = _known(name, value, words, called)
    return Frame(place, row, teller.tell(row, stream.order_no), data, limits)


def _known(name: str, value: object, words: Words, called: dict[str, str]) -> str | None:
    key = name.partition(".")[2] or name
    if name not in called:
        called[name] = words.name_of(key)
    return None if value in (None, "", []) else words.value(key, value)


def _names(runtime: Runtime, session: Session, stream: Stream, language: str) -> Mapping[str, str]:
    if stream.bundle_id is None:
        return {}
    known = elements(runtime, session, stream.bundle_id).get(stream.process, {})
    return {
        each.id: each.names.get(language) or each.names.get("en") or each.id
        for each in known.values()
        if each.type == "userTask"
    }
