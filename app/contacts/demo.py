"""The demo city's telephone: groups, seats, agents and their areas."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.citizens import normalise_phone
from app.contacts.actions import add_agent
from app.contacts.models import NumberMark, PhoneArea, Seat, SkillGroup, TrunkRow
from app.core.ids import new_id
from app.identity import Actor, user_by_name


def load_demo_telephone(session: Session, actor: Actor, now: datetime) -> bool:
    """Once; the demo users must be there. False when there is a telephone already."""
    if session.scalar(select(SkillGroup.code).limit(1)) is not None:
        return False
    plan: dict[str, Any] = json.loads((Path(__file__).parent / "demo.json").read_text(encoding="utf-8"))
    for group in plan["groups"]:
        session.add(SkillGroup(**group))
        session.flush()
    for seat in plan["seats"]:
        session.add(Seat(id=new_id(), created_at=now, codecs=["opus", "alaw", "ulaw"], **seat))
    for agent in plan["agents"]:
        wishes = dict(agent)
        user = user_by_name(session, wishes.pop("username"))
        add_agent(session, user.id, wishes.pop("work_no"), wishes.pop("extension"), actor=actor, now=now, **wishes)
    session.add_all(PhoneArea(prefix=prefix, district=district) for prefix, district in plan["areas"].items())
    session.add_all(TrunkRow(**trunk) for trunk in plan["trunks"])
    for mark in plan["marks"]:
        phone = normalise_phone(mark["phone"])
        session.add(NumberMark(id=new_id(), marked_at=now, marked_by=actor.id, **mark | {"phone": phone}))
    session.flush()
    return True
