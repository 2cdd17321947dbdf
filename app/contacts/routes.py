"""REST: the telephone's lists, for who manages it. PUT makes what is not there and changes what is; a repeat is the
same as once. The running telephone follows within seconds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.contacts.equipment import (
    SeatWish,
    TrunkWish,
    add_seat,
    add_trunk,
    change_seat,
    change_trunk,
    seats_to_keep,
    trunks_to_keep,
)
from app.contacts.marks import MarkWish, change_mark, lift_mark, mark_number, marks, shown_number
from app.contacts.models import Agent, NumberMark, Seat, SkillGroup, TrunkRow
from app.contacts.roster import (
    SECONDS,
    AgentWish,
    GroupWish,
    add_group,
    agents_to_keep,
    change_agent,
    change_group,
    engage_agent,
)
from app.contacts.schemas import (
    AgentSchema,
    AgentsSchema,
    GroupSchema,
    GroupsSchema,
    MarkSchema,
    MarksQuery,
    MarksSchema,
    SeatSchema,
    SeatsSchema,
    TrunkSchema,
    TrunksSchema,
)
from app.contacts.seats import skill_groups
from app.core.db import transaction
from app.core.http import ApiBlueprint, key_of, keyset, site
from app.identity.guard import actor, permits

blueprint = ApiBlueprint("telephone", __name__, url_prefix="/telephone", description="Seats, agents, trunks, numbers")


@blueprint.operation("/seats")
@permits("telephone.manage")
@blueprint.gives(SeatsSchema)
def list_seats() -> dict[str, Any]:
    """Every seat, by number"""
    with site().sessions() as session:
        rows = [row for row, _ in seats_to_keep(session)]
    return {"seats": [_shown(row, SeatSchema, active=row.closed_at is None) for row in rows]}


@blueprint.operation("/seats/<number>", "PUT")
@permits("telephone.manage")
@blueprint.takes(SeatSchema)
@blueprint.gives(None, 204)
def put_seat(body: dict[str, Any], number: str) -> None:
    """Make or change a seat"""
    with transaction(site().sessions) as session:
        there = session.scalar(select(Seat.id).where(Seat.number == number)) is not None
        (change_seat if there else add_seat)(session, number, SeatWish(**body), actor=actor(), now=_now())


@blueprint.operation("/trunks")
@permits("telephone.manage")
@blueprint.gives(TrunksSchema)
def list_trunks() -> dict[str, Any]:
    """Every trunk, by name; never a password"""
    with site().sessions() as session:
        rows = trunks_to_keep(session)
    return {"trunks": [_shown(row, TrunkSchema, active=row.closed_at is None) for row in rows]}


@blueprint.operation("/trunks/<name>", "PUT")
@permits("telephone.manage")
@blueprint.takes(TrunkSchema)
@blueprint.gives(None, 204)
def put_trunk(body: dict[str, Any], name: str) -> None:
    """Make or change a trunk"""
    with transaction(site().sessions) as session:
        there = session.get(TrunkRow, name) is not None
        (change_trunk if there else add_trunk)(session, name, TrunkWish(**body), actor=actor(), now=_now())


@blueprint.operation("/agents")
@permits("telephone.manage")
@blueprint.gives(AgentsSchema)
def list_agents() -> dict[str, Any]:
    """Every agent, by work number"""
    with site().sessions() as session:
        rows = agents_to_keep(session)
    return {"agents": [_shown(row, AgentSchema, name=name, skills=skills, active=row.left_at is None)
                       for row, name, skills in rows]}  # fmt: skip


@blueprint.operation("/agents/<uuid:user_id>", "PUT")
@permits("telephone.manage")
@blueprint.takes(AgentSchema)
@blueprint.gives(None, 204)
def put_agent(body: dict[str, Any], user_id: UUID) -> None:
    """Make somebody an agent, or change one"""
    with transaction(site().sessions) as session:
        there = session.get(Agent, user_id) is not None
        (change_agent if there else engage_agent)(session, user_id, AgentWish(**body), actor=actor(), now=_now())


@blueprint.operation("/groups")
@permits("telephone.manage")
@blueprint.gives(GroupsSchema)
def list_groups() -> dict[str, Any]:
    """Every skill group, by code"""
    with site().sessions() as session:
        rows = skill_groups(session, retired=True)
    return {"groups": [_shown(row, GroupSchema, active=row.retired_at is None,
                              seconds={name: getattr(row, name) for name in SECONDS}) for row in rows]}  # fmt: skip


@blueprint.operation("/groups/<code>", "PUT")
@permits("telephone.manage")
@blueprint.takes(GroupSchema)
@blueprint.gives(None, 204)
def put_group(body: dict[str, Any], code: str) -> None:
    """Make or change a skill group; times that are left out stay"""
    with transaction(site().sessions) as session:
        there = session.get(SkillGroup, code) is not None
        wish = GroupWish(**body | {"overflow_to": body["overflow_to"] or ""})
        (change_group if there else add_group)(session, code, wish, actor=actor(), now=_now())


@blueprint.operation("/numbers")
@permits("telephone.manage")
@blueprint.takes(MarksQuery, location="query")
@blueprint.gives(MarksSchema)
def list_marks(query: dict[str, Any]) -> dict[str, Any]:
    """Marked numbers, the newest first; citizens' numbers masked"""
    most = query["limit"]
    with site().sessions() as session:
        rows = marks(session, _now(), kind=query["kind"], past=query["past"], after=keyset(query["after"]), limit=most)
    following = key_of(rows[-1].marked_at, rows[-1].id) if len(rows) == most else None
    return {"marks": [_shown(row, MarkSchema, number=shown_number(row)) for row in rows], "next": following}


@blueprint.operation("/numbers/<uuid:mark_id>", "PUT")
@permits("telephone.manage")
@blueprint.takes(MarkSchema)
@blueprint.gives(None, 204)
def put_mark(body: dict[str, Any], mark_id: UUID) -> None:
    """Mark a number under an id of your own, or change a mark; what it marks stays"""
    with transaction(site().sessions) as session:
        there = session.get(NumberMark, mark_id) is not None
        wish = MarkWish(**body | {"flow": body["flow"] or ""})
        (change_mark if there else mark_number)(session, mark_id, wish, actor=actor(), now=_now())


@blueprint.operation("/numbers/<uuid:mark_id>", "DELETE")
@permits("telephone.manage")
@blueprint.gives(None, 204)
def end_mark(mark_id: UUID) -> None:
    """Lift a mark; one that is lifted is no error"""
    with transaction(site().sessions) as session:
        lift_mark(session, mark_id, actor=actor(), now=_now())


def _shown(row: Any, schema: type[Any], **more: Any) -> dict[str, Any]:
    """What the schema gives of a row: it leaves out what is only taken."""
    given = {name for name, field in schema._declared_fields.items() if not field.load_only}
    return {name: more[name] if name in more else getattr(row, name) for name in given}


def _now() -> datetime:
    return site().clock.now()
