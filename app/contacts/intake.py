"""Taking in the facts that telephony hands over: a batch is read, applied in memory and written by the kind of row, so
that the number of statements does not grow with the facts. Nothing here commits."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit, workflow
from app.citizens import normalise_phone
from app.contacts.callbacks import settle_attempt, settle_talked
from app.contacts.facts import SEAT_STATE, CallKind, Fact, Outcome
from app.contacts.guard import TELEPHONE
from app.contacts.models import Call, CallbackRequest, CallEvent, CallLeg, CallSurvey, Recording
from app.contacts.seat_intake import take_seat_states
from app.contacts.store import Kept
from app.contacts.surveys import hand_over_answers
from app.core.ids import derived_id

Keep = Callable[[UUID, Path, str], Kept | None]
"""Put a recording's file into the store and check it against its hash; None when it is not there."""

OF_LEGS = (CallKind.RANG, CallKind.LEG_ENDED, CallKind.ANSWERED, CallKind.JOINED, CallKind.ENDED)
OF_RECORDINGS = (CallKind.RECORDING, CallKind.RECORDED)
OF_CALLBACKS = (CallKind.CALLBACK, CallKind.ENDED)
OF_SURVEYS = (CallKind.ASKED, CallKind.RATED)
TOLD = (CallKind.ANSWERED, CallKind.TRANSFERRED, CallKind.ENDED)


def take_facts(session: Session, facts: Sequence[Fact], now: datetime, keep: Keep, folder: Path) -> None:
    """Facts in the order they happened. What was taken in before is passed over, so a repeat changes nothing.

    `folder` holds the files of recordings that facts name."""
    take_seat_states(session, [fact for fact in facts if fact.kind == SEAT_STATE])
    fresh = _new_events(session, [fact for fact in facts if fact.kind != SEAT_STATE])
    if not fresh:
        return
    known = _known(session, fresh)
    for fact in fresh:
        _apply(known, fact, keep, folder)
    session.flush()
    ended = [known.calls[fact.subject] for fact in fresh if fact.kind == CallKind.ENDED]
    settle_talked(session, ended)
    about_cases = [call.id for call in ended if call.case_id is not None and call.direction == "OUT"]
    hand_over_answers(session, about_cases, now)
    _tell(session, known, fresh, now)
    for fact in fresh:
        if fact.kind == CallKind.VOICE_RUN:
            record_voice_run(session, known.calls[fact.subject], fact, now)


def _new_events(session: Session, facts: Sequence[Fact]) -> list[Fact]:
    if not facts:
        return []
    rows = [
        {"id": fact.id, "call_id": fact.subject, "no": fact.no, "kind": fact.kind, "at": fact.at, "body": _kept(fact)}
        for fact in facts
    ]
    taking = insert(CallEvent).on_conflict_do_nothing().returning(CallEvent.id)
    taken = set(session.scalars(taking, rows))
    return [fact for fact, row in zip(facts, rows, strict=True) if row["id"] in taken]


def _kept(fact: Fact) -> Mapping[str, Any]:
    """A voice run is kept in the call's history, what a caller said to the machine with the case."""
    left_out = ("steps", "variables", "values")
    return {key: value for key, value in fact.body.items() if key not in left_out}


@dataclass(slots=True)
class Known:
    """The rows that a batch may change, as they stand; what is added goes through `session`."""

    session: Session
    calls: dict[UUID, Call]
    legs: dict[str, CallLeg]
    recordings: dict[UUID, Recording]
    callbacks: dict[UUID, CallbackRequest]
    """By call."""
    surveys: dict[UUID, CallSurvey]

    def add(self, row: Call | CallLeg | Recording | CallbackRequest | CallSurvey) -> None:
        self.session.add(row)
        match row:
            case Call():
                self.calls[row.id] = row
            case CallLeg():
                self.legs[row.id] = row
            case Recording():
                self.recordings[row.id] = row
            case CallbackRequest():
                self.callbacks[row.call_id] = row
            case CallSurvey():
                self.surveys[row.call_id] = row


def _known(session: Session, facts: Sequence[Fact]) -> Known:
    """Calls are locked, in the order of their ids; what hangs on a call is read only where a fact may touch it."""
    subjects: dict[str, set[UUID]] = defaultdict(set)
    for fact in facts:
        subjects[fact.kind].add(fact.subject)
    everyone = {fact.subject for fact in facts}
    locked = select(Call).where(Call.id.in_(everyone)).order_by(Call.id).with_for_update()
    calls = {call.id: call for call in session.scalars(locked)}

    def of(kinds: Sequence[CallKind]) -> set[UUID]:
        return calls.keys() & {call for kind in kinds for call in subjects.get(kind, ())}

    def rows(model: type[Any], ids: set[UUID]) -> list[Any]:
        return list(session.scalars(select(model).where(model.call_id.in_(ids)))) if ids else []

    return Known(
        session, calls,
        {leg.id: leg for leg in rows(CallLeg, of(OF_LEGS))},
        {recording.id: recording for recording in rows(Recording, of(OF_RECORDINGS))},
        _callbacks(session, facts, of(OF_CALLBACKS)),
        {survey.call_id: survey for survey in rows(CallSurvey, of(OF_SURVEYS))},
    )  # fmt: skip


def _callbacks(session: Session, facts: Sequence[Fact], calls: set[UUID]) -> dict[UUID, CallbackRequest]:
    """Those the calls left behind, and those that they were attempts at."""
    attempts = [
        fact.body["callback"]["id"] for fact in facts if fact.kind == CallKind.ENDED and fact.body.get("callback")
    ]
    if not calls and not attempts:
        return {}
    wanted = or_(CallbackRequest.call_id.in_(calls), CallbackRequest.id.in_(attempts))
    return {row.call_id: row for row in session.scalars(select(CallbackRequest).where(wanted))}


def _apply(known: Known, fact: Fact, keep: Keep, folder: Path) -> None:
    body, at = fact.body, fact.at
    call = known.calls.get(fact.subject)
    if call is None:
        known.add(call := _new_call(fact))
    call.last_no = max(call.last_no, fact.no)
    match fact.kind:
        case CallKind.QUEUED:
            call.queued_at = call.queued_at or at
            call.skill_group, call.priority = body["group"], body.get("priority", 0)
        case CallKind.RANG:
            if body["leg"] not in known.legs:
                known.add(_new_leg(fact))
        case CallKind.LEG_ENDED:
            if (leg := known.legs.get(body["leg"])) is not None:
                leg.ended_at, leg.cause = at, body.get("cause")
        case CallKind.ANSWERED | CallKind.JOINED:
            if (leg := known.legs.get(body["leg"])) is not None:
                leg.answered_at = at
            if fact.kind == CallKind.ANSWERED:
                call.answered_at = call.answered_at or at
                call.agent = _uuid(body.get("agent")) or call.agent
        case CallKind.AREA:
            call.district = call.district or body["district"]
        case CallKind.CONSULTING:
            call.asking = _uuid(body["by"]) if body["on"] else None
        case CallKind.MARKED:
            call.mark, call.priority = body["mark"], body["priority"]
        case CallKind.LANGUAGE:
            call.language = body["language"]
        case CallKind.RECORDING:
            _recording(known, fact, began_at=at)
        case CallKind.RECORDED:
            _recorded(known, call, fact, keep, folder)
        case CallKind.CALLBACK:
            _ask_callback(known, call, body["phone"], body["reason"], at)
        case CallKind.ASKED:
            call.talked_until = call.talked_until or at
            _survey(known, call, at)
        case CallKind.RATED:
            _rate(_survey(known, call, at), body, at)
        case CallKind.COMPLAINT:
            call.automatic = True
        case CallKind.ENDED:
            _end(known, call, fact)


def _new_call(fact: Fact) -> Call:
    body = fact.body
    return Call(
        id=fact.subject, direction=body.get("direction", "IN"), caller=normalise_phone(body.get("caller", "")),
        called=body.get("called", ""), trunk=body.get("trunk"), mark=body.get("mark"), district=body.get("district"),
        priority=body.get("priority", 0), began_at=fact.at, agent=_uuid(body.get("agent")), last_no=0, automatic=False,
        case_id=_uuid(body.get("case")), callback_of=_uuid(body.get("callback")), skill_group=body.get("group"),
    )  # fmt: skip


def _new_leg(fact: Fact) -> CallLeg:
    body = fact.body
    return CallLeg(
        id=body["leg"], call_id=fact.subject, kind=body["kind"], agent=_uuid(body.get("agent")),
        number=body.get("number", ""), rung_at=fact.at,
    )  # fmt: skip


def _survey(known: Known, call: Call, at: datetime) -> CallSurvey:
    if call.id not in known.surveys:
        known.add(CallSurvey(call_id=call.id, agent=call.agent, asked_at=at))
    return known.surveys[call.id]


def _rate(survey: CallSurvey, body: Mapping[str, Any], at: datetime) -> None:
    survey.rated_at = survey.rated_at or at
    survey.satisfaction = body.get("satisfaction") or survey.satisfaction
    survey.resolved = body.get("resolved") or survey.resolved


def _recording(known: Known, fact: Fact, *, began_at: datetime) -> Recording:
    id_ = UUID(fact.body["recording"])
    if id_ not in known.recordings:
        known.add(Recording(id=id_, call_id=fact.subject, kind=fact.body["kind"], began_at=began_at))
    return known.recordings[id_]


def _recorded(known: Known, call: Call, fact: Fact, keep: Keep, folder: Path) -> None:
    body = fact.body
    recording = _recording(known, fact, began_at=call.began_at)
    recording.ended_at, recording.seconds = fact.at, body.get("seconds")
    kept = keep(recording.id, folder / body["file"], body["sha256"]) if body.get("file") else None
    if kept is None:
        recording.lost_at = fact.at
    else:
        recording.storage_key, recording.sha256, recording.bytes = kept.key, kept.sha256, kept.bytes


def _end(known: Known, call: Call, fact: Fact) -> None:
    call.asking = None
    call.ended_at, call.outcome, call.cause = fact.at, fact.body["outcome"], fact.body.get("cause")
    for leg in known.legs.values():
        if leg.call_id == call.id and leg.ended_at is None:
            leg.ended_at = fact.at
    if told := fact.body.get("callback"):
        request = next((each for each in known.callbacks.values() if str(each.id) == told["id"]), None)
        if request is not None and request.calling == call.id:
            settle_attempt(request, told, call.agent, fact.at)
    if call.direction == "IN" and call.outcome in (Outcome.ABANDONED, Outcome.MISSED):
        _ask_callback(known, call, call.caller, str(call.outcome), fact.at)


def _ask_callback(known: Known, call: Call, phone: str, reason: str, at: datetime) -> None:
    """Somebody is to be called back (Q06): once a call. Who asked for it is not counted as missed afterwards."""
    number = normalise_phone(phone)
    if len(number.lstrip("+")) < 3:
        return  # withheld: nobody can be called
    asked = known.callbacks.get(call.id)
    if asked is None:
        known.add(
            CallbackRequest(
                id=derived_id("callback", call.id), call_id=call.id, phone=number, reason=reason,
                skill_group=call.skill_group, asked_at=at, next_at=at, state="OPEN", attempts=0,
            )
        )  # fmt: skip
    elif asked.reason != "ASKED":
        asked.phone, asked.reason = number, reason


def _tell(session: Session, known: Known, facts: Sequence[Fact], now: datetime) -> None:
    """Facts that may start or go on in a diagram are posted as messages: a machine-made registration for what a caller
    said to the machine, and every end of a call for whoever waits for it."""
    news = []
    for fact in facts:
        call = known.calls[fact.subject]
        if fact.kind == CallKind.COMPLAINT:
            values = dict(fact.body.get("values", {}))
            values |= {"contact_id": str(call.id), "automatic": True, "channel": "PHONE"}
            workflow.post(session, "contact_arrived", None, values, dedupe=f"contact:{call.id}", now=now)
        elif fact.kind == CallKind.ENDED and fact.body["outcome"] in (Outcome.VOICEMAIL, Outcome.FAX):
            values = {"contact_id": str(call.id), "channel": fact.body["outcome"], "caller_phone": call.caller,
                      "reported_at": call.began_at.isoformat()}  # fmt: skip
            if call.district:
                values["district"] = call.district
            workflow.post(session, "contact_arrived", None, values, dedupe=f"contact:{call.id}", now=now)
        if fact.kind in TOLD:
            about = {"call_id": str(call.id), "outcome": fact.body.get("outcome"), "caller": call.caller,
                     "group": call.skill_group}  # fmt: skip
            news.append(workflow.Post(f"call_{fact.kind}", str(call.id), about, f"fact:{fact.id}"))
    workflow.post_awaited(session, news, now=now)


def record_voice_run(session: Session, call: Call, fact: Fact, now: datetime) -> None:
    """A call's way through a voice diagram, as one row of the call's own stream of history."""
    body = fact.body
    audit.record(
        session, call.id, "voice_run", actor=TELEPHONE, now=now, occurred_at=fact.at, stream_kind="call",
        stream_name=None, command_id=fact.id, bundle=_uuid(body.get("bundle")), steps=body.get("steps", []),
        result={"process": body["process"], "end": body.get("end")}, personal={"variables": body.get("variables", {})},
    )  # fmt: skip


def _uuid(text: object) -> UUID | None:
    return UUID(str(text)) if text else None
