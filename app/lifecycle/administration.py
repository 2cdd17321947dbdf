"""What an administrator changes beyond one feature: rights with a notice to those who watch, departments with their
open orders."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import city, identity, messaging
from app.cases.models import WorkOrder
from app.core.errors import Conflict
from app.identity import ACTIONS, Actor, Grant, Role


def set_grants(session: Session, user_id: UUID, grants: Iterable[Grant], *, actor: Actor, now: datetime) -> None:
    """Replace what a person may do. Who gives rights over cases to themself is told of to every auditor and every other
    administrator, beside the row in the person's history. Raises what `identity.set_grants` raises, Invalid for codes
    the city has not."""
    wanted = tuple(grants)
    city.check_grants(session, wanted)
    added = set(wanted) - set(actor.grants)
    identity.set_grants(session, user_id, wanted, actor=actor, now=now)
    if user_id == actor.id and any(grant.role in ACTIONS["case.read"] for grant in added):
        _tell_watchers(session, actor, sorted(identity.format_grant(grant) for grant in added), now)


def change_department(
    session: Session, code: str, names: dict[str, str], *, parent: str | None, process_id: str | None, active: bool,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    """As `city.change_department`; one with open work orders is not retired. Raises Conflict."""
    if not active:
        open_order = select(WorkOrder.order_no).where(WorkOrder.department == code, WorkOrder.ended_at.is_(None))
        if (order_no := session.scalar(open_order.limit(1))) is not None:
            raise Conflict("lifecycle.department_busy", order_no=order_no)
    city.change_department(
        session, code, names, parent=parent, process_id=process_id, active=active, actor=actor, now=now
    )


def _tell_watchers(session: Session, actor: Actor, given: list[str], now: datetime) -> None:
    watchers = identity.users_with(session, Role.AUDITOR) + identity.users_with(session, Role.ADMINISTRATOR)
    messaging.send_notice(
        session, {user.id for user in watchers} - {actor.id}, kind="ADMINISTRATION", subject_kind="user",
        subject_id=actor.id, text_key="lifecycle.notice.own_rights",
        params={"name": actor.name, "rights": ", ".join(given)}, dedupe=f"own-rights|{actor.id}|{now.isoformat()}",
        now=now,
    )  # fmt: skip
