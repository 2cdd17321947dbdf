"""History as prose: each row of a case's stream, and of its orders', becomes one sentence and what it changed.

The same sentences stand on the page, in print, in replay and in exports. Rows hold element ids and codes, never texts:
names come from the row's own bundle and from the city, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit, city, forms, workflow
from app.audit import HistoryRow
from app.cases.models import CaseFile, WorkOrder
from app.cases.queries import may_read_order, scope_of
from app.core.errors import NotFound
from app.core.i18n import has_text, text
from app.identity import Actor, can, require, user_names
from app.lifecycle.form_view import fields_of_bundle
from app.lifecycle.forms import REGISTRATION
from app.lifecycle.history_changes import Words, told_changes
from app.workflow import Runtime
from app.workflow.engine.types import Element, Refused
from app.workflow.peek import elements, form_of

Mark = Literal["person", "clock", "system", "alarm", "done"]
Topic = Literal["people", "limits", "calls"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One row of the history, told. `no` and `stream` find the row again (replay, audit)."""

    at: datetime
    stream: UUID
    no: int
    kind: str
    mark: Mark
    actor_name: str
    order_no: str | None
    text: str
    details: Sequence[str]
    """What changed, one sentence each."""
    topics: frozenset[Topic]
    """What a reader may want to see alone."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One instance of a case: the case's own, or an order's."""

    instance_id: UUID
    process: str
    bundle_id: UUID | None
    order: WorkOrder | None

    @property
    def order_no(self) -> str | None:
        return self.order.order_no if self.order else None


def streams_of(session: Session, case: CaseFile, actor: Actor) -> list[Stream]:
    """The case's own, the newest round first; then those of the orders that this person may read, the oldest first."""
    query = select(WorkOrder).where(WorkOrder.case_id == case.id).order_by(WorkOrder.dispatched_at, WorkOrder.order_no)
    orders = [order for order in session.scalars(query) if may_read_order(actor, order)]
    found = []
    rounds = [(instance_id, None) for instance_id in (case.instance_id, *reversed(case.earlier_instances))]
    for instance_id, order in [*rounds, *((order.instance_id, order) for order in orders)]:
        instance = workflow.instance(session, instance_id)
        process, bundle = (instance.process_id, instance.bundle_id) if instance else ("", None)
        found.append(Stream(instance_id, process, bundle, order))
    return found


def history_of(runtime: Runtime, session: Session, case: CaseFile, actor: Actor, language: str) -> list[Sentence]:
    """The whole history of a case and its orders, the oldest first. Personal values are masked for readers who may
    not see them. Raises Forbidden."""
    require(actor, "history.read", scope_of(case))
    teller = Teller(runtime, session, language, can(actor, "citizen.read", scope_of(case)), case)
    told = []
    for stream in streams_of(session, case, actor):
        teller.process = stream.process
        told += [teller.tell(row, stream.order_no) for row in audit.read(session, stream.instance_id)]
    return sorted((sentence for sentence in told if sentence), key=lambda s: (s.at, s.order_no or "", s.no))


_MERGES = (
    ("joined", "new"), ("taken_out", "old"), ("took_in", "new"), ("gave_back", "old"), ("merged_into", "new"),
    ("taken_out_of", "new"),
)  # fmt: skip
"""Fields that tell of merging, with the side that has the other one's number."""
REOPENED = "reopening_asked"
"""The field with which a further round begins."""
REMINDED = "notice.BY_HAND"
"""The field that tells of a reminder by hand."""


_SUPERVISED = ("supervision_answered", "supervision", "supervision_closed")
"""Fields of what people do about supervision; raising a demand closes the lower one with it."""


def who(row: HistoryRow, language: str) -> str:
    """The person's name; for the clock, a worker or the loading of the city a word."""
    key = f"lifecycle.history.actor.{row.actor_name}"
    return text(key, language) if row.actor.int < 16 and has_text(key) else row.actor_name


class Teller:
    """Turns rows into sentences for one reader; `process` names the diagram whose rows are being told."""

    def __init__(self, runtime: Runtime, session: Session, language: str, personal: bool, case: CaseFile) -> None:
        self.runtime, self.session, self.language, self.case = runtime, session, language, case
        self.process = ""
        """Id of the process whose stream is being told."""
        instance = workflow.instance(session, case.instance_id)
        fields = fields_of_bundle(runtime, session, instance.bundle_id) if instance else {}
        self.words = Words(language, city.labels(session), runtime.zone, personal, fields=fields)

    def tell(self, row: HistoryRow, order_no: str | None) -> Sentence | None:
        """None for a row that tells people nothing (a message that changed nothing they can see)."""
        fields = row.changes.get("fields", {})
        words = replace(self.words, form=self._form(row))
        details = told_changes(fields, row.personal or {}, words)
        sentence = self._sentence(row, order_no)
        if sentence is None and not details:
            return None
        return Sentence(
            row.recorded_at, row.stream, row.no, row.kind, _mark(row, fields), row.actor_name, order_no,
            sentence or details[0], details if sentence else details[1:], _topics(row, fields),
        )  # fmt: skip

    def _sentence(self, row: HistoryRow, order_no: str | None) -> str | None:
        known = {"who": self._who(row), "order_no": order_no or "", "case_no": self.case.case_no or ""}
        match row.kind:
            case "start":
                kind = "order" if order_no else "contact" if self.case.machine_made else "case"
                if REOPENED in row.changes.get("fields", {}):
                    kind = "reopening"
                number = row.changes.get("fields", {}).get("acceptance_no", {}).get("new", "")
                return self._say(f"start.{kind}", acceptance_no=number, **known)
            case "complete_task":
                return self._say(row.kind, task=self._name(row, str(row.result.get("element", ""))), **known)
            case "claim" | "release":
                return self._claimed(row, known)
            case "fire_timers":
                fired = [
                    self._name(row, step["element"], step.get("process"))
                    for step in row.steps
                    if step["state"] == "fired"
                ]
                return self._say("timer", timers=self.words.join(fired), **known) if fired else None
            case "deliver_message":
                name = str(row.result.get("message", ""))
                own = f"lifecycle.history.message.{name}"
                return self.words.say(own, **known) if has_text(own) else None
            case "open_incident":
                element = row.changes.get("incident", {}).get("element")
                return self._say("incident", element=self._name(row, str(element or "")), **known)
            case "amend" | "suspend" | "resume" if (told := self._amended(row, known)) is not None:
                return told
            case _:
                return self._say("other", kind=row.kind, reason=str(row.changes.get("reason", "")), **known)

    def _amended(self, row: HistoryRow, known: Mapping[str, str]) -> str | None:
        """What was done to the case's data, and how it was merged; None for what only the runtime knows of."""
        fields = row.changes.get("fields", {})
        for what, side in _MERGES:
            if what in fields:
                return self._say(what, number=str(fields[what][side]), **known)
        if REMINDED in fields:
            return self._say("reminded", **known)
        if row.kind != "amend":
            return None
        if any(field.startswith("limit.") for field in fields):
            return self._say("calendar_changed", reason=str(row.changes.get("reason", "")), **known)
        done = next((what for what in _SUPERVISED if what in fields), None)
        return self._say(f"did.{done}" if done else "amend", **known)

    def _claimed(self, row: HistoryRow, known: Mapping[str, str]) -> str:
        changed = row.changes.get("assignee", {})
        task, to = self._name(row, str(changed.get("element", ""))), changed.get("new")
        if row.kind == "release" or to in (None, str(row.actor)):
            return self._say(row.kind, task=task, **known)
        name = user_names(self.session, [UUID(to)]).get(UUID(to), "—")
        return self._say("assign", task=task, to=name, **known)

    def _say(self, key: str, **params: str) -> str:
        return text(f"lifecycle.history.{key}", self.language, **params)

    def _who(self, row: HistoryRow) -> str:
        return who(row, self.language)

    def _name(self, row: HistoryRow, element_id: str, process: str | None = None) -> str:
        """An element's name in the row's own bundle; its id where that cannot be loaded."""
        by_process = self._elements(row)
        element = by_process.get(process or self.process, {}).get(element_id)
        if element is None:
            return element_id
        return element.names.get(self.words.language) or element.names.get("en") or element_id

    def _form(self, row: HistoryRow) -> Mapping[str, Mapping[str, Any]]:
        """Fields by key of the form that was filled in with this row."""
        if row.bundle is None or row.kind not in ("start", "complete_task"):
            return {}
        by_process = self._elements(row)
        element = by_process.get(self.process, {}).get(str(row.result.get("element", "")))
        form_id = REGISTRATION if row.kind == "start" else element.form_id if element else None
        if form_id is None:
            return {}
        try:
            return forms.parse(form_of(self.runtime, self.session, row.bundle, form_id)).fields
        except (NotFound, Refused):
            return {}

    def _elements(self, row: HistoryRow) -> Mapping[str, Mapping[str, Element]]:
        return {} if row.bundle is None else elements(self.runtime, self.session, row.bundle)


def _mark(row: HistoryRow, fields: Mapping[str, Any]) -> Mark:
    if "alarm" in fields or "supervision" in fields or row.kind == "open_incident":
        return "alarm"
    if "outcome" in fields or "order_outcome" in fields:
        return "done"
    if row.kind == "fire_timers":
        return "clock"
    return "system" if row.actor.int < 16 else "person"


def _topics(row: HistoryRow, fields: Mapping[str, Any]) -> frozenset[Topic]:
    names = {name.partition(".")[0] for name in fields}
    found: set[Topic] = set()
    if row.actor.int >= 16:
        found.add("people")
    if row.kind == "fire_timers" or names & {"limit", "alarm", "supervision", "notice"}:
        found.add("limits")
    if names & {"visit", "replied", "call"}:
        found.add("calls")
    return frozenset(found)
