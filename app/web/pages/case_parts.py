"""What the pages of a case and of its tasks show of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.cases import queries
from app.cases.enums import CaseStage
from app.cases.limits import LimitView, limits_of, most_urgent
from app.cases.models import CaseFile, StageTime, WorkOrder
from app.cases.queries import OrderView, RegistrationView, scope_of
from app.citizens import masked_email, masked_phone
from app.core.http import language, site
from app.documents import documents_of
from app.identity import Actor, can
from app.lifecycle.forms import RETURN_VISIT
from app.lifecycle.history import Sentence, history_of
from app.lifecycle.return_visit import caller_to_ask
from app.lifecycle.routes import runtime
from app.supervision import supervisions_of
from app.web import formats
from app.web.call_rows import clock, ratings_told, rows_of_case
from app.web.form_words import custom_facts
from app.web.formats import LimitChip
from app.web.limits import chip
from app.web.templating import label, t


@dataclass(frozen=True, slots=True)
class StageShown:
    name: str
    state: str
    """done, now or todo."""
    note: str
    title: str
    late: bool


@dataclass(frozen=True, slots=True)
class OrderRow:
    order: WorkOrder
    sign: LimitChip | None
    handle: LimitChip | None
    late: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """A citizen on a page: the number stays hidden until somebody asks for it, and that is logged."""

    registration_id: UUID
    acceptance_no: str
    name: str | None
    phone: str | None
    email: str | None
    """Masked."""
    channel: str
    since: datetime


@dataclass(frozen=True, slots=True)
class HistoryLine:
    day: str | None
    """Set where a new day begins."""
    at: datetime
    time: str
    kind: str
    who: str
    """Whose name begins the sentence; empty where nobody's does."""
    sentence: str
    """The rest of it."""
    details: Sequence[str]
    topics: str
    """Words by which the list is narrowed, as an attribute holds them."""


MOST_LINES = 200
"""Of the history beside a page; replay shows all."""


def case_parts(session: Session, case: CaseFile, actor: Actor, at: datetime) -> dict[str, Any]:
    """Everything the templates name; what this person may not read is empty."""
    limits = limits_of(session, case.id)
    urgent = most_urgent(limits)
    scope = scope_of(case)
    readable = can(actor, "case.read", scope)
    told = history_of(runtime(), session, case, actor, language()) if can(actor, "history.read", scope) else []
    calls = rows_of_case(session, case, actor, at)
    told = sorted([*told, *(ratings_told(calls) if told else [])], key=lambda sentence: sentence.at)
    reports = queries.registrations_of(session, case, actor) if readable else []
    orders = queries.orders_of(session, case.id, limits, actor) if readable else []
    return {
        "case": case,
        "instances": " ".join(str(each) for each in (case.instance_id, *(view.order.instance_id for view in orders))),
        "supervisions": supervisions_of(session, case.id) if readable else [],
        "instructions": queries.instructions_of(session, case.id) if readable else [],
        "custom_facts": custom_facts(session, case),
        "callers": [_caller(report) for report in reports],
        "may_reveal": can(actor, "citizen.read", scope),
        "orders": [order_row(view, at) for view in orders],
        "calls": calls,
        "documents": documents_of(session, [case.id, *(view.order.id for view in orders)]) if readable else [],
        "stages": stages_shown(queries.stage_times(session, case.id), case, urgent, at),
        "history": history_lines(
            told[-MOST_LINES:], [report.caller_phone for report in reports if report.caller_phone]
        ),
        "history_count": len(told),
        "clock": clock,
        "chip": chip(urgent, at),
        "limit_kind": label("LimitKind", urgent.kind) if urgent else "",
    }


def _caller(report: RegistrationView) -> Caller:
    phone = masked_phone(report.caller_phone)
    email = masked_email(report.caller_email)
    return Caller(report.id, report.acceptance_no, report.caller_name, phone, email, report.channel, report.created_at)


@dataclass(frozen=True, slots=True)
class Asked:
    """The caller whom a return visit is about, and which of the case's callers that is."""

    caller: Caller
    number: int
    of: int


def caller_of_visit(session: Session, case: CaseFile | None, form_id: str | None, actor: Actor) -> Asked | None:
    """Whom to call; None for other tasks, and for who may not read of it."""
    if case is None or form_id != RETURN_VISIT:
        return None
    whose, reached, of = caller_to_ask(session, case)
    report = next((one for one in queries.registrations_of(session, case, actor) if one.id == whose.id), None)
    return Asked(_caller(report), reached + 1, of) if report else None


def order_row(view: OrderView, at: datetime) -> OrderRow:
    newest = {limit.kind: limit for limit in view.limits}
    late = any(limit.ended_at is None and at >= limit.due_at for limit in view.limits)
    return OrderRow(view.order, chip(newest.get("SIGN"), at), chip(newest.get("HANDLE"), at), late)


def stages_shown(
    times: Sequence[StageTime], case: CaseFile, urgent: LimitView | None, at: datetime
) -> list[StageShown]:
    """The seven columns: the last stay in each, with when it began and how long it took. What lies ahead of an open
    case is not done, though it was in an earlier round."""
    last = {stay.stage: stay for stay in times}
    current = None if case.ended_at else case.stage
    late = urgent is not None and at >= urgent.due_at
    shown = [_stage(stage.value, last.get(stage.value), stage.value == current, late, at) for stage in CaseStage]
    here = next((place for place, each in enumerate(shown) if each.state == "now"), len(shown))
    return [*shown[: here + 1], *(replace(each, state="todo") for each in shown[here + 1 :])]


def _stage(name: str, stay: StageTime | None, current: bool, late: bool, at: datetime) -> StageShown:
    if stay is None:
        return StageShown(name, "now" if current else "todo", "—", "", False)
    lang, zone = language(), site().settings.city_zone
    spent = formats.span((stay.left_at or at) - stay.entered_at, lang)
    began = formats.moment(stay.entered_at, lang, zone)
    if current:
        note = t("web.stage.since", span=spent)
        return StageShown(name, "now", note, formats.full_moment(stay.entered_at, lang, zone), late)
    return StageShown(name, "done", f"{began} · {spent}", formats.full_moment(stay.entered_at, lang, zone), False)


_KINDS = {"person": "person", "clock": "clock", "alarm": "alarm", "done": "done", "system": "clock"}


def history_lines(told: Sequence[Sentence], phones: Sequence[str]) -> list[HistoryLine]:
    """The newest first, with a heading where a day begins; telephone numbers masked."""
    lang, zone = language(), site().settings.city_zone
    lines: list[HistoryLine] = []
    day = None
    for sentence in reversed(told):
        local = sentence.at.astimezone(zone)
        heading = formats.day_heading(sentence.at, lang, zone) if local.date() != day else None
        day = local.date()
        details = [_without(detail, phones) for detail in sentence.details]
        who = sentence.actor_name if sentence.text.startswith(sentence.actor_name) else ""
        lines.append(
            HistoryLine(heading, sentence.at, f"{local:%H:%M}", _KINDS[sentence.mark], who,
                        sentence.text[len(who):], details, " ".join(sorted(sentence.topics)))
        )  # fmt: skip
    return lines


def _without(text: str, phones: Sequence[str]) -> str:
    for phone in phones:
        text = text.replace(phone, masked_phone(phone) or "")
    return text
