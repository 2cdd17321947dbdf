"""Call records as pages show them: who, when, how long, what became of it; numbers masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import CaseFile
from app.cases.queries import scope_of
from app.citizens import masked_phone
from app.contacts import calls_of_case, recordings_of_calls, surveys_of_calls
from app.contacts.models import Call, CallSurvey, Recording
from app.identity import Actor, can, user_names
from app.lifecycle.history import Sentence
from app.web.telephone import other_party, outcome_words
from app.web.templating import label, t


@dataclass(frozen=True, slots=True)
class CallRow:
    """`waited` and `talked` in seconds; `case_no` only of a case this person may read."""

    call: Call
    phone: str | None
    agent: str
    waited: int | None
    talked: int | None
    outcome: str
    case_no: str | None
    recordings: Sequence[Recording]
    survey: CallSurvey | None
    """What the citizen said by key when the talk was over …"""
    rated: str
    """… and in words."""


def call_rows(session: Session, calls: Sequence[Call], actor: Actor, now: datetime) -> list[CallRow]:
    """Four statements, however many calls."""
    if not calls:
        return []
    people = user_names(session, [call.agent for call in calls if call.agent])
    ids = [call.id for call in calls]
    recordings, surveys = recordings_of_calls(session, ids), surveys_of_calls(session, ids)
    numbers = _case_numbers(session, {call.case_id for call in calls if call.case_id}, actor)
    return [
        CallRow(
            call, shown_number(call), people.get(call.agent, "") if call.agent else "", waited(call, now),
            talked(call, now), outcome_words(call), numbers.get(call.case_id) if call.case_id else None,
            recordings.get(call.id, []), surveys.get(call.id),
            rating_words(surveys.get(call.id)),
        )
        for call in calls
    ]  # fmt: skip


def rows_of_case(session: Session, case: CaseFile, actor: Actor, now: datetime) -> list[CallRow]:
    """The calls that a case came of; nothing for whoever may not read calls."""
    if not (can(actor, "call.read") and can(actor, "case.read", scope_of(case))):
        return []
    return call_rows(session, calls_of_case(session, case.id), actor, now)


def ratings_told(rows: Sequence[CallRow]) -> list[Sentence]:
    """What citizens typed after their talks, as lines of the case's history."""
    return [
        Sentence(
            row.survey.rated_at, row.call.id, 0, "rated", "system", "", None,
            t("web.calls.history.rated" if row.call.direction == "IN" else "web.calls.history.rated_out",
              agent=row.agent or "—", answer=row.rated),
            (), frozenset({"calls"}),
        )
        for row in rows
        if row.survey is not None and row.survey.rated_at is not None
    ]  # fmt: skip


def rating_words(survey: CallSurvey | None) -> str:
    if survey is None:
        return ""
    said = (("VisitResult", survey.satisfaction), ("Resolved", survey.resolved))
    return " · ".join(label(enum, value) for enum, value in said if value)


def shown_number(call: Call) -> str | None:
    number = other_party(call)
    return number if call.direction == "INTERNAL" else masked_phone(number)


def waited(call: Call, now: datetime) -> int | None:
    if call.queued_at is None:
        return None
    return round(((call.answered_at or call.ended_at or now) - call.queued_at).total_seconds())


def talked(call: Call, now: datetime) -> int | None:
    until = call.talked_until or call.ended_at or now
    return round((until - call.answered_at).total_seconds()) if call.answered_at else None


def _case_numbers(session: Session, ids: set[UUID], actor: Actor) -> Mapping[UUID, str]:
    if not ids:
        return {}
    found = session.scalars(select(CaseFile).where(CaseFile.id.in_(ids)))
    return {case.id: case.case_no or "" for case in found if can(actor, "case.read", scope_of(case))}


def clock(seconds: float | None) -> str:
    """2:05, 1:02:03; nothing known is a dash."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
