"""Reading the telephone's tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import workflow
from app.cases.models import CaseFile, Registration
from app.cases.queries import find_case_id, reports_of
from app.citizens import normalise_phone
from app.contacts.models import (
    Agent,
    AgentSkill,
    Call,
    CallLeg,
    NumberMark,
    PhoneArea,
    Recording,
    RoutingVersion,
    Seat,
    SeatState,
    SkillGroup,
    TrunkRow,
)
from app.contacts.snapshot import AgentPlan, GroupPlan, Mark, RoutingSnapshot, SeatPlan, TrunkPlan
from app.core.errors import NotFound
from app.identity import UserRef, all_users

VOICE = ("processes/voice/", "processes/decisions/call_routing.dmn", "processes/decisions/callback.dmn")
"""What of a bundle telephony runs."""


def routing_version(session: Session) -> int:
    """Changes whenever the snapshot would."""
    return session.scalars(select(RoutingVersion.version)).one()


def routing_snapshot(session: Session, zone: ZoneInfo, language: str) -> RoutingSnapshot:
    """Everything that leads calls, as it is now."""
    version = routing_version(session)
    bundle = workflow.current_bundle(session)
    files = workflow.files_of(session, bundle.id) if bundle else {}
    groups, marks = _groups(session), _marks(session)
    return RoutingSnapshot(
        version=version,
        zone=zone.key,
        language=language,
        groups=groups,
        agents=_agents(session, groups),
        seats={
            row.number: SeatPlan(row.number, row.kind, row.contact, row.secret_md5, tuple(row.codecs))
            for row in session.scalars(select(Seat).where(Seat.closed_at.is_(None)))
        },
        marks=marks["CALLER"],
        called_marks=marks["CALLED"],
        members=marks["IDENTITY"],
        areas=dict(session.execute(select(PhoneArea.prefix, PhoneArea.district)).tuples().all()),
        trunks=tuple(
            TrunkPlan(
                row.name,
                row.host,
                row.port,
                row.transport,
                tuple(row.codecs),
                row.username,
                row.password,
                row.lines,
                row.outward,
                row.caller_id,
                row.ask_every,
            )
            for row in session.scalars(select(TrunkRow).where(TrunkRow.closed_at.is_(None)).order_by(TrunkRow.name))
        ),
        bundle=bundle.id if bundle else None,
        files={name: body for name, body in files.items() if name.startswith(VOICE)},
    )


def _groups(session: Session) -> dict[str, GroupPlan]:
    rows = session.scalars(select(SkillGroup).where(SkillGroup.retired_at.is_(None)).order_by(SkillGroup.code))
    return {row.code: _group(row) for row in rows}


def _group(row: SkillGroup) -> GroupPlan:
    plain: dict[str, Any] = {name: getattr(row, name) for name in GroupPlan.__slots__}
    return GroupPlan(**plain | {"service_types": tuple(row.service_types)})


def _marks(session: Session) -> dict[str, dict[str, Mark]]:
    """What the number is → number → mark; a number on both lists is blacklisted."""
    found: dict[str, dict[str, Mark]] = {"CALLER": {}, "CALLED": {}, "IDENTITY": {}}
    rows = session.scalars(select(NumberMark).where(NumberMark.lifted_at.is_(None)).order_by(NumberMark.kind.desc()))
    for row in rows:
        found[row.about][row.phone] = Mark(row.kind, row.level, row.seat_of, row.flow, row.until, row.code_hash)
    return found


def _agents(session: Session, groups: Mapping[str, GroupPlan]) -> dict[UUID, AgentPlan]:
    skills: dict[UUID, dict[str, int]] = {}
    for skill in session.scalars(select(AgentSkill).where(AgentSkill.skill_group.in_(groups))):
        skills.setdefault(skill.user_id, {})[skill.skill_group] = skill.level
    users: dict[UUID, UserRef] = {user.id: user for user in all_users(session) if user.deactivated_at is None}
    return {
        row.user_id: AgentPlan(
            row.user_id, users[row.user_id].name, row.work_no, row.extension, skills.get(row.user_id, {}),
            tuple(row.areas), row.announce_work_no, row.record, row.dialling, tuple(row.follow_me),
            row.follow_strategy, users[row.user_id].grants,
        )
        for row in session.scalars(select(Agent).where(Agent.left_at.is_(None)))
        if row.user_id in users
    }  # fmt: skip


# ------------------------------------------------------------------ calls
def call_by_id(session: Session, call_id: UUID) -> Call:
    """Raises NotFound."""
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound("contacts.unknown_call")
    return call


def legs_of(session: Session, call_id: UUID) -> Sequence[CallLeg]:
    return session.scalars(select(CallLeg).where(CallLeg.call_id == call_id).order_by(CallLeg.rung_at)).all()


def recordings_of(session: Session, call_id: UUID) -> Sequence[Recording]:
    return session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.began_at)).all()


def open_calls(session: Session) -> Sequence[Call]:
    """Whoever is on the line now, the longest first."""
    return session.scalars(select(Call).where(Call.ended_at.is_(None)).order_by(Call.began_at)).all()


def earlier_calls(session: Session, phone: str, limit: int = 10) -> Sequence[Call]:
    """Calls of and to this number, the newest first."""
    number = normalise_phone(phone)
    query = select(Call).where(Call.caller == number).order_by(Call.began_at.desc()).limit(limit)
    return session.scalars(query).all()


def seats_now(session: Session) -> Sequence[SeatState]:
    """The state each agent is in."""
    return session.scalars(select(SeatState).where(SeatState.until.is_(None)).order_by(SeatState.since)).all()


def area_of_caller(session: Session, phone: str, since: datetime) -> str | None:
    """The district of the newest report that came from this number since then; confidential cases tell nothing."""
    number = normalise_phone(phone)
    newest = (
        select(CaseFile.district)
        .join(Registration, Registration.case_id == CaseFile.id)
        .where(
            Registration.caller_phone == number, Registration.created_at >= since, ~CaseFile.confidential,
        )
        .order_by(Registration.created_at.desc())
        .limit(1)
    )  # fmt: skip
    return session.scalar(newest)


# ------------------------------------------------------------------ what a caller may hear (F01)
def state_by_number(session: Session, typed: str, caller: str, today: date) -> dict[str, Any]:
    """What a caller who typed an acceptance number may hear: `found`, and then `stage`, `status` and `ended` alone;
    `own` is whether the caller's number made the report. Nothing of a confidential case: as if it were unknown."""
    case_id = find_case_id(session, typed, today)
    case = session.get(CaseFile, case_id) if case_id else None
    if case is None or case.confidential:
        return {"found": False}
    number = normalise_phone(caller)
    own = (
        session.scalar(
            select(func.count())
            .select_from(Registration)
            .where(Registration.id.in_(reports_of(case.id)), Registration.caller_phone == number)
        )
        if number
        else 0
    )
    ended = case.ended_at is not None
    return {"found": True, "stage": case.stage, "status": case.status, "ended": ended, "own": bool(own)}
