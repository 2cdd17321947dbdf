"""Administrators' changes to agents (S24-S28, T28, T29) and skill groups (T30)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import city
from app.cases.enums import ServiceType
from app.citizens import normalise_phone
from app.contacts.dialling import MAY, may_dial
from app.contacts.models import Agent, AgentSkill, Seat, SkillGroup
from app.contacts.upkeep import LONGEST_WORDS, NUMBER, Faults, find, is_new, keep, left
from app.core.errors import NotFound
from app.core.i18n import LANGUAGES
from app.identity import Actor, UserRef, all_users, can, require
from app.identity.models import User

RIGHTS = tuple(MAY)
FOLLOWING = ("ALL", "ROUND_ROBIN")
STRATEGIES = ("LONGEST_IDLE", "ROUND_ROBIN", "RING_ALL", "SKILL")
SECONDS = {
    "ring_seconds": (5, 120), "area_seconds": (0, 600), "overflow_seconds": (0, 3600),
    "longest_wait_seconds": (10, 7200), "announce_seconds": (10, 600), "wrap_up_seconds": (0, 1800),
    "answer_within_seconds": (1, 600),
}  # fmt: skip
"""A group's times: least and most."""
MOST_FOLLOWED = 6
_WORK_NO = re.compile(r"[0-9A-Za-z]{1,12}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,29}")


@dataclass(frozen=True, slots=True)
class AgentWish:
    """What an agent's telephone is to be. `skills`: group → level, 1 first; `areas`: districts, none is the city;
    `follow_me`: extensions and outside numbers that ring with, or after, the own seat."""

    work_no: str = ""
    extension: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    areas: Sequence[str] = ()
    announce_work_no: bool = False
    record: bool = True
    dialling: str = "LOCAL"
    follow_me: Sequence[str] = ()
    follow_strategy: str = "ALL"
    active: bool = True


@dataclass(frozen=True, slots=True)
class GroupWish:
    names: Mapping[str, str] = field(default_factory=dict)
    service_types: Sequence[str] = ()
    strategy: str = "LONGEST_IDLE"
    overflow_to: str = ""
    record: bool = True
    seconds: Mapping[str, int] = field(default_factory=dict)
    """Of `SECONDS`."""
    active: bool = True
    survey: bool = True
    """Callers are asked by key how it was."""
    calls_back: bool = True
    """Its idle agents are given callbacks."""


def engage_agent(
    session: Session, user_id: UUID, wish: AgentWish, *, actor: Actor, now: datetime, command_id: UUID | None = None
) -> None:  # fmt: skip
    """Make somebody an agent. Raises Forbidden, NotFound, Invalid (they must be allowed to answer calls), and Conflict
    where they are one already; the same command again does nothing."""
    require(actor, "telephone.manage")
    user = user_by_id(session, user_id)
    if not is_new(session, session.get(Agent, user_id), "agent", str(user_id), command_id):
        return
    faults = Faults()
    answers = user.deactivated_at is None and can(Actor(user.id, user.name, user.grants), "call.answer")
    faults.unless(answers, "user_id", "no_agent_role")
    row = Agent(user_id=user_id, added_at=now)
    _keep_agent(session, row, user.name, wish, faults, actor, now, new=True, command_id=command_id)


def change_agent(session: Session, user_id: UUID, wish: AgentWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound, Invalid. Who leaves is signed out as soon as they are in no call."""
    require(actor, "telephone.manage")
    row = find(session, Agent, user_id, "agent")
    _keep_agent(session, row, user_by_id(session, user_id).name, wish, Faults(), actor, now)


def user_by_id(session: Session, user_id: UUID) -> UserRef:
    """Raises NotFound."""
    found = next((user for user in all_users(session) if user.id == user_id), None)
    if found is None:
        raise NotFound("identity.no_such_user", username=str(user_id))
    return found


def _keep_agent(
    session: Session, row: Agent, name: str, wish: AgentWish, faults: Faults, actor: Actor, now: datetime, *,
    new: bool = False, command_id: UUID | None = None,
) -> None:  # fmt: skip
    follow = list(dict.fromkeys(filter(None, map(normalise_phone, wish.follow_me))))
    _check_agent(session, row.user_id, wish, follow, faults)
    before = {} if new else skills_of(session, row.user_id)
    after = dict(sorted(wish.skills.items()))
    wanted: dict[str, Any] = {
        "work_no": wish.work_no, "extension": wish.extension, "areas": sorted(set(wish.areas)),
        "announce_work_no": wish.announce_work_no, "record": wish.record, "dialling": wish.dialling,
        "follow_me": follow, "follow_strategy": wish.follow_strategy,
        "left_at": left(row.left_at, wish.active, now),
    }  # fmt: skip
    told = {} if before == after else {"skills": {"old": before or None, "new": after}}
    keep(session, row, "agent", row.user_id, name, wanted, actor=actor, now=now, new=new, command_id=command_id,
         personal=("follow_me",), more=told)  # fmt: skip
    if told:
        session.execute(delete(AgentSkill).where(AgentSkill.user_id == row.user_id))
        session.add_all(AgentSkill(user_id=row.user_id, skill_group=group, level=level)
                        for group, level in after.items())  # fmt: skip
        session.flush()


def _check_agent(session: Session, user_id: UUID, wish: AgentWish, follow: Sequence[str], faults: Faults) -> None:
    others = select(Agent.user_id).where(Agent.user_id != user_id)
    faults.unless(_WORK_NO.fullmatch(wish.work_no), "work_no", "work_no")
    faults.unless(session.scalar(others.where(Agent.work_no == wish.work_no)) is None, "work_no", "work_no_taken")
    faults.unless(NUMBER.fullmatch(wish.extension), "extension", "number")
    taken = session.scalar(others.where(Agent.extension == wish.extension)) is not None
    faults.unless(not taken, "extension", "extension_taken")
    seat = session.scalar(select(Seat.id).where(Seat.number == wish.extension))
    faults.unless(seat is None, "extension", "extension_of_seat")
    groups = set(session.scalars(select(SkillGroup.code).where(SkillGroup.retired_at.is_(None))))
    faults.unless(set(wish.skills) <= groups | set(skills_of(session, user_id)), "skills", "choose")
    faults.unless(all(1 <= level <= 9 for level in wish.skills.values()), "skills", "level")
    districts = {each.code for each in city.districts(session)}
    faults.unless(set(wish.areas) <= districts, "areas", "choose")
    faults.one_of(wish.dialling, RIGHTS, "dialling")
    faults.one_of(wish.follow_strategy, FOLLOWING, "follow_strategy")
    faults.unless(len(follow) <= MOST_FOLLOWED, "follow_me", "most_followed", most=MOST_FOLLOWED)
    inside = _own_numbers(session) - {wish.extension}
    for number in follow:
        may = number != wish.extension and may_dial(wish.dialling, number, number in inside)
        faults.unless(may, "follow_me", "follow_me", number=number)
    faults.say()


def _own_numbers(session: Session) -> set[str]:
    """Extensions and seats of the house."""
    return {*session.scalars(select(Agent.extension)), *session.scalars(select(Seat.number))}


def skills_of(session: Session, user_id: UUID) -> dict[str, int]:
    """Group → level."""
    rows = select(AgentSkill.skill_group, AgentSkill.level).where(AgentSkill.user_id == user_id)
    return {row.skill_group: row.level for row in session.execute(rows.order_by(AgentSkill.skill_group))}


# ------------------------------------------------------------------ skill groups
def add_group(
    session: Session, code: str, wish: GroupWish, *, actor: Actor, now: datetime, command_id: UUID | None = None
) -> None:  # fmt: skip
    """Raises Forbidden, Invalid, and Conflict where the code is taken; the same command again does nothing."""
    require(actor, "telephone.manage")
    faults = Faults()
    faults.unless(_CODE.fullmatch(code), "code", "group_code")
    if is_new(session, session.get(SkillGroup, code), "group", code, command_id):
        row = SkillGroup(code=code, names={})
        _keep_group(session, row, wish, faults, actor, now, new=True, command_id=command_id)


def change_group(session: Session, code: str, wish: GroupWish, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound, Invalid; the last group stays, and one that another's calls flow over to."""
    require(actor, "telephone.manage")
    row: SkillGroup = find(session, SkillGroup, code, "group")
    faults = Faults()
    if not wish.active and row.retired_at is None:
        others = session.scalars(
            select(SkillGroup).where(SkillGroup.code != code, SkillGroup.retired_at.is_(None))
        ).all()
        faults.unless(others, "active", "last_group")
        leaning = next((each for each in others if each.overflow_to == code), None)
        named = leaning.names.get(actor.language, leaning.code) if leaning else ""
        faults.unless(leaning is None, "active", "group_leaned_on", name=named)
    _keep_group(session, row, wish, faults, actor, now)


def _keep_group(
    session: Session, row: SkillGroup, wish: GroupWish, faults: Faults, actor: Actor, now: datetime, *,
    new: bool = False, command_id: UUID | None = None,
) -> None:  # fmt: skip
    names = {language: wish.names.get(language, "").strip() for language in LANGUAGES}
    for language, name in names.items():
        faults.unless(1 <= len(name) <= LONGEST_WORDS, f"name_{language}", "name", most=LONGEST_WORDS)
    faults.unless(set(wish.service_types) <= set(ServiceType), "service_types", "choose")
    faults.one_of(wish.strategy, STRATEGIES, "strategy")
    above = session.get(SkillGroup, wish.overflow_to) if wish.overflow_to else None
    good = not wish.overflow_to or (above is not None and above.code != row.code and above.retired_at is None)
    faults.unless(good, "overflow_to", "choose")
    for field_, (least, most) in SECONDS.items():
        faults.between(wish.seconds.get(field_, least), least, most, field_)
    faults.say()
    kept = [each for each in ServiceType if each in wish.service_types]
    wanted = {
        "names": names, "service_types": [each.value for each in kept], "strategy": wish.strategy,
        "overflow_to": wish.overflow_to or None, "record": wish.record, **wish.seconds,
        "survey": wish.survey, "calls_back": wish.calls_back,
        "retired_at": left(row.retired_at, wish.active, now),
    }  # fmt: skip
    keep(session, row, "group", row.code, names[LANGUAGES[0]], wanted, actor=actor, now=now, new=new,
         command_id=command_id)  # fmt: skip


# ------------------------------------------------------------------ reading
def agents_to_keep(session: Session) -> list[tuple[Agent, str, dict[str, int]]]:
    """Every agent by work number, those who left too, with name and skills."""
    skills: dict[UUID, dict[str, int]] = {}
    for skill in session.scalars(select(AgentSkill).order_by(AgentSkill.skill_group)):
        skills.setdefault(skill.user_id, {})[skill.skill_group] = skill.level
    query = select(Agent, User.name).join(User, User.id == Agent.user_id).order_by(Agent.work_no)
    return [(row.Agent, row.name, skills.get(row.Agent.user_id, {})) for row in session.execute(query)]


def could_be_agents(session: Session) -> list[UserRef]:
    """Who may answer calls and is no agent yet."""
    agents = set(session.scalars(select(Agent.user_id)))
    return [user for user in all_users(session) if user.id not in agents and user.deactivated_at is None
            and can(Actor(user.id, user.name, user.grants), "call.answer")]  # fmt: skip
