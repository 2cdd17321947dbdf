"""Writing calls and seat states from the facts that telephony hands over. Nothing here commits."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit, workflow
from app.citizens import normalise_phone
from app.contacts.facts import SEAT_STATE, CallKind, Fact, Outcome
from app.contacts.models import Agent, Call, CallbackRequest, CallEvent, CallLeg, Recording, SeatState
from app.contacts.store import Kept
from app.core.ids import derived_id
from app.identity import Actor

TELEPHONE = Actor(UUID(int=5), "telephone", system=True)
"""Who acts where no person does: the voice menu, the queue."""

Keep = Callable[[UUID, Path, str], Kept | None]
"""Put a recording's file into the store and check it against its hash; None when it is not there."""


def take_facts(session: Session, facts: Sequence[Fact], now: datetime, keep: Keep, folder: Path) -> None:
    """Facts in the order they happened. What was taken in before is passed over, so a repeat changes nothing.

    `folder` holds the files of recordings that facts name."""
    about_seats = [fact for fact in facts if fact.kind == SEAT_STATE]
    about_calls = [fact for fact in facts if fact.kind != SEAT_STATE]
    for fact in about_seats:
        _seat_state(session, fact)
    fresh = _new_events(session, about_calls)
    if not fresh:
        return
    known = select(Call).where(Call.id.in_({fact.subject for fact in fresh})).with_for_update()
    calls = {call.id: call for call in session.scalars(known.order_by(Call.id))}
    for fact in fresh:
        call = calls.get(fact.subject)
        if call is None:
            call = calls[fact.subject] = _new_call(fact)
            session.add(call)
            session.flush()
        call.last_no = max(call.last_no, fact.no)
        _apply(session, call, fact, keep, folder)
        _tell(session, call, fact, now)
    for call_id in dict.fromkeys(fact.subject for fact in fresh):
        for fact in fresh:
            if fact.subject == call_id and fact.kind == CallKind.VOICE_RUN:
                record_voice_run(session, calls[call_id], fact, now)


def _new_events(session: Session, facts: Sequence[Fact]) -> list[Fact]:
    if not facts:
        return []
    rows = [
        {"id": fact.id, "call_id": fact.subject, "no": fact.no, "kind": fact.kind, "at": fact.at, "body": _kept(fact)}
        for fact in facts
    ]
    taken = set(session.scalars(insert(CallEvent).values(rows).on_conflict_do_nothing().returning(CallEvent.id)))
    return [fact for fact in facts if fact.id in taken]


def _kept(fact: Fact) -> Mapping[str, Any]:
    """A voice run is kept in the call's history, what a caller said to the machine with the case."""
    left_out = ("steps", "variables", "values")
    return {key: value for key, value in fact.body.items() if key not in left_out}


def _new_call(fact: Fact) -> Call:
    body = fact.body
    return Call(
        id=fact.subject, direction=body.get("direction", "IN"), caller=normalise_phone(body.get("caller", "")),
        called=body.get("called", ""), trunk=body.get("trunk"), mark=body.get("mark"), district=body.get("district"),
        priority=body.get("priority", 0), began_at=fact.at, agent=_uuid(body.get("agent")), last_no=0, automatic=False,
    )  # fmt: skip


def _apply(session: Session, call: Call, fact: Fact, keep: Keep, folder: Path) -> None:
    body, at = fact.body, fact.at
    match fact.kind:
        case CallKind.QUEUED:
            call.queued_at = call.queued_at or at
            call.skill_group, call.priority = body["group"], body.get("priority", 0)
        case CallKind.RANG:
            _add_leg(session, call, fact)
        case CallKind.LEG_ENDED:
            ended = update(CallLeg).where(CallLeg.id == body["leg"]).values(ended_at=at, cause=body.get("cause"))
            session.execute(ended)
        case CallKind.ANSWERED | CallKind.JOINED:
            session.execute(update(CallLeg).where(CallLeg.id == body["leg"]).values(answered_at=at))
            if fact.kind == CallKind.ANSWERED:
                call.answered_at = call.answered_at or at
                call.agent = _uuid(body.get("agent")) or call.agent
        case CallKind.LANGUAGE:
            call.language = body["language"]
        case CallKind.RECORDING:
            new = {"id": UUID(body["recording"]), "call_id": call.id, "kind": body["kind"], "began_at": at}
            session.execute(insert(Recording).values(new).on_conflict_do_nothing())
        case CallKind.RECORDED:
            _recorded(session, call, fact, keep, folder)
        case CallKind.CALLBACK:
            ask_callback(session, call, body["phone"], body["reason"], at)
        case CallKind.COMPLAINT:
            call.automatic = True
        case CallKind.ENDED:
            _end(session, call, fact)


def _add_leg(session: Session, call: Call, fact: Fact) -> None:
    body = fact.body
    leg = {"id": body["leg"], "call_id": call.id, "kind": body["kind"], "agent": _uuid(body.get("agent")),
           "number": body.get("number", ""), "rung_at": fact.at}  # fmt: skip
    session.execute(insert(CallLeg).values(leg).on_conflict_do_nothing())


def _recorded(session: Session, call: Call, fact: Fact, keep: Keep, folder: Path) -> None:
    body = fact.body
    values: dict[str, Any] = {"ended_at": fact.at, "seconds": body.get("seconds")}
    kept = keep(UUID(body["recording"]), folder / body["file"], body["sha256"]) if body.get("file") else None
    if kept is None:
        values["lost_at"] = fact.at
    else:
        values |= {"storage_key": kept.key, "sha256": kept.sha256, "bytes": kept.bytes}
    row = {"id": UUID(body["recording"]), "call_id": call.id, "kind": body["kind"], "began_at": call.began_at}
    session.execute(insert(Recording).values(row | values).on_conflict_do_update(index_elements=["id"], set_=values))


def _end(session: Session, call: Call, fact: Fact) -> None:
    call.ended_at, call.outcome, call.cause = fact.at, fact.body["outcome"], fact.body.get("cause")
    open_legs = update(CallLeg).where(CallLeg.call_id == call.id, CallLeg.ended_at.is_(None))
    session.execute(open_legs.values(ended_at=fact.at))
    if call.direction == "IN" and call.outcome in (Outcome.ABANDONED, Outcome.MISSED):
        ask_callback(session, call, call.caller, str(call.outcome), fact.at)


def ask_callback(session: Session, call: Call, phone: str, reason: str, at: datetime) -> None:
    """Somebody is to be called back (Q06). A later wish of the same call replaces the earlier one's reason."""
    number = normalise_phone(phone)
    if len(number.lstrip("+")) < 3:
        return  # withheld: nobody can be called
    row = {"id": derived_id("callback", call.id), "call_id": call.id, "phone": number, "reason": reason,
           "skill_group": call.skill_group, "asked_at": at, "state": "OPEN", "attempts": 0}  # fmt: skip
    made = insert(CallbackRequest).values(row)
    changed = {"phone": number, "reason": reason}
    asked = made.on_conflict_do_update(
        index_elements=["call_id"], set_=changed, where=CallbackRequest.reason != "ASKED"
    )
    session.execute(asked)


def _tell(session: Session, call: Call, fact: Fact, now: datetime) -> None:
    """Facts that may start or go on in a diagram are posted as messages: a machine-made registration for what a caller
    said to the machine, and every end of a call for whoever waits for it."""
    if fact.kind == CallKind.COMPLAINT:
        values = dict(fact.body.get("values", {}))
        values |= {"contact_id": str(call.id), "automatic": True, "channel": "PHONE"}
        workflow.post(session, "contact_arrived", None, values, dedupe=f"contact:{call.id}", now=now)
    elif fact.kind == CallKind.ENDED and call.outcome == Outcome.VOICEMAIL:
        values = {"contact_id": str(call.id), "channel": "VOICEMAIL", "caller_phone": call.caller,
                  "reported_at": call.began_at.isoformat()}  # fmt: skip
        if call.district:
            values["district"] = call.district
        workflow.post(session, "contact_arrived", None, values, dedupe=f"contact:{call.id}", now=now)
    if fact.kind in (CallKind.ANSWERED, CallKind.TRANSFERRED, CallKind.ENDED):
        about = {"call_id": str(call.id), "outcome": call.outcome, "caller": call.caller, "group": call.skill_group}
        workflow.post_if_awaited(session, f"call_{fact.kind}", str(call.id), about, dedupe=f"fact:{fact.id}", now=now)


def record_voice_run(session: Session, call: Call, fact: Fact, now: datetime) -> None:
    """A call's way through a voice diagram, as one row of the call's own stream of history."""
    body = fact.body
    audit.record(
        session, call.id, "voice_run", actor=TELEPHONE, now=now, occurred_at=fact.at, stream_kind="call",
        stream_name=None, command_id=fact.id, bundle=_uuid(body.get("bundle")), steps=body.get("steps", []),
        result={"process": body["process"], "end": body.get("end")}, personal={"variables": body.get("variables", {})},
    )  # fmt: skip


def _seat_state(session: Session, fact: Fact) -> None:
    body = fact.body
    known = session.get(SeatState, fact.id)
    if known is not None:
        return
    left = update(SeatState).where(SeatState.user_id == fact.subject, SeatState.until.is_(None))
    session.execute(left.values(until=fact.at))
    session.add(
        SeatState(
            id=fact.id, user_id=fact.subject, seat=body.get("seat"), state=body["state"], reason=body.get("reason"),
            call_id=_uuid(body.get("call")), since=fact.at,
        )
    )  # fmt: skip
    session.flush()


def link_case(session: Session, call_id: UUID, case_id: UUID) -> None:
    """The call led to this case: its record and recordings show there."""
    session.execute(update(Call).where(Call.id == call_id).values(case_id=case_id))


def add_agent(session: Session, user_id: UUID, work_no: str, extension: str, *, actor: Actor, now: datetime,
              skills: Mapping[str, int], **wishes: Any) -> Agent:  # fmt: skip
    """Make somebody an agent. `wishes` are Agent's other columns."""
    from app.contacts.models import AgentSkill

    agent = Agent(user_id=user_id, work_no=work_no, extension=extension, added_at=now, **wishes)
    session.add(agent)
    session.flush()
    session.add_all(AgentSkill(user_id=user_id, skill_group=group, level=level) for group, level in skills.items())
    audit.record(
        session, user_id, "agent.added", actor=actor, now=now, stream_kind="user",
        changes={"work_no": {"old": None, "new": work_no}, "skills": {"old": None, "new": dict(skills)}},
    )  # fmt: skip
    session.flush()
    return agent


def _uuid(text: object) -> UUID | None:
    return UUID(str(text)) if text else None
