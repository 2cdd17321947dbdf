"""Calling back who was missed, gave up or asked for it (Q06): who is due, and the one attempt that may run.

A request is OPEN until an attempt takes it (CALLING), then REACHED, OPEN again with a later time, or GIVEN_UP. What the
attempt came to arrives with the fact of its call's end, so nothing is dialled twice whatever falls in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from app import city
from app.contacts.models import Call, CallbackRequest
from app.core.errors import NotFound

STALE = timedelta(minutes=2)
"""An attempt that took a request and of whose call nothing is known after so long was never made."""
LONGEST_CALL = timedelta(hours=12)
"""A record that is open for longer is no call any more."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody to call now; `attempts` were made before."""

    id: UUID
    phone: str
    called: str
    """What they had called: it tells the group where the request names none."""
    group: str | None
    district: str | None
    reason: str
    attempts: int
    asked_at: datetime


def talked_with(phone: Any, since: Any) -> ColumnElement[bool]:
    """Has anybody talked with that number since, whoever called?"""
    later = aliased(Call)
    out = and_(later.direction == "OUT", later.called == phone)
    back = and_(later.direction == "IN", later.caller == phone)
    return exists().where(later.began_at > since, later.answered_at.is_not(None), or_(out, back))


def _never_made(now: datetime) -> ColumnElement[bool]:
    attempt = aliased(Call)
    return and_(
        CallbackRequest.state == "CALLING", CallbackRequest.last_attempt_at < now - STALE,
        ~exists().where(attempt.id == CallbackRequest.calling),
    )  # fmt: skip


def _free(now: datetime) -> ColumnElement[bool]:
    """No attempt runs, nobody has talked with them since, and they are on no line now."""
    line, other = aliased(Call), aliased(CallbackRequest)
    phone = CallbackRequest.phone
    on_line = exists().where(
        line.ended_at.is_(None), line.began_at > now - LONGEST_CALL, or_(line.caller == phone, line.called == phone)
    )
    being_called = exists().where(
        other.id != CallbackRequest.id, other.phone == phone, other.state == "CALLING",
        other.last_attempt_at > now - STALE,
    )  # fmt: skip
    open_ = or_(CallbackRequest.state == "OPEN", _never_made(now))
    return and_(open_, ~talked_with(phone, CallbackRequest.asked_at), ~on_line, ~being_called)


def due_callbacks(session: Session, now: datetime, limit: int = 20) -> list[Due]:
    """Who may be called now, the longest due first: in the working time of the calendar that counts for their
    district."""
    query = (
        select(CallbackRequest, Call.called, Call.district)
        .join(Call, Call.id == CallbackRequest.call_id)
        .where(CallbackRequest.state.in_(("OPEN", "CALLING")), CallbackRequest.next_at <= now, _free(now))
        .order_by(CallbackRequest.next_at, CallbackRequest.id)
        .limit(limit)
    )
    return [
        Due(row.id, row.phone, called, row.skill_group, district, row.reason, row.attempts, row.asked_at)
        for row, called, district in session.execute(query)
        if in_working_time(session, district, now)
    ]


def in_working_time(session: Session, district: str | None, now: datetime) -> bool:
    """A city without a calendar works always."""
    try:
        return city.calendar_for(session, None, district).is_working_moment(now)
    except NotFound:
        return True


def claim_callback(session: Session, request_id: UUID, phone: str, call_id: UUID, now: datetime) -> int | None:
    """Take the request for an attempt, the call `call_id`; returns which attempt it is. None when it is taken, settled,
    or the citizen is on a line. Of two who ask for the same number one waits for the other."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"callback:{phone}"))))
    counted = case((CallbackRequest.state == "OPEN", CallbackRequest.attempts + 1), else_=CallbackRequest.attempts)
    taking = (
        update(CallbackRequest)
        .where(CallbackRequest.id == request_id, _free(now))
        .values(state="CALLING", attempts=counted, last_attempt_at=now, calling=call_id)
        .returning(CallbackRequest.attempts)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(taking)


def callback_of(session: Session, call_id: UUID) -> CallbackRequest | None:
    """The open request that a call left behind."""
    query = select(CallbackRequest).where(CallbackRequest.call_id == call_id, CallbackRequest.state == "OPEN")
    return session.scalar(query)


def settled_callbacks(session: Session, since: datetime, limit: int = 20) -> Sequence["Row[CallbackRequest, Call]"]:
    """What became of those that are off the list, the newest first."""
    query = (
        select(CallbackRequest, Call)
        .join(Call, Call.id == CallbackRequest.call_id)
        .where(CallbackRequest.done_at >= since)
        .order_by(CallbackRequest.done_at.desc())
        .limit(limit)
    )
    return session.execute(query).all()


# ------------------------------------------------------------------ what attempts came to
def settle_attempt(request: CallbackRequest, told: dict[str, Any], agent: UUID | None, at: datetime) -> None:
    """An attempt is over: `told` has `result` and, where there is to be another one, `again_at`. An attempt in which
    nobody rang at the citizen's does not count."""
    request.last_result = told["result"]
    if told["result"] == "REACHED":
        request.state, request.done_at, request.done_by = "REACHED", at, agent
    elif again := told.get("again_at"):
        request.state, request.next_at = "OPEN", datetime.fromisoformat(again)
        if not told.get("rang"):
            request.attempts = max(0, request.attempts - 1)
    else:
        request.state, request.done_at = "GIVEN_UP", at


def settle_talked(session: Session, ended: Sequence[Call]) -> None:
    """Whoever was talked with, in whatever way, is off the list: one statement for all that ended."""
    talked = [call for call in ended if call.answered_at is not None and call.direction in ("IN", "OUT")]
    phones = {call.caller if call.direction == "IN" else call.called for call in talked}
    if not phones:
        return
    at = max(call.ended_at for call in talked if call.ended_at is not None)
    session.execute(
        update(CallbackRequest)
        .where(
            CallbackRequest.phone.in_(phones), CallbackRequest.state == "OPEN",
            talked_with(CallbackRequest.phone, CallbackRequest.asked_at),
        )
        .values(state="REACHED", done_at=at, last_result="REACHED")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
