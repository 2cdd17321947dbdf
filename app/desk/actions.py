"""Bulletins are published and withdrawn, plans made and done; and whoever planned something is reminded at its time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.desk.models import AGENDA_KINDS, BULLETIN_KINDS, AgendaItem, Bulletin
from app.identity import Actor, require
from app.messaging import send_notice

LONGEST_TITLE, LONGEST_BODY, LONGEST_PLAN = 60, 2000, 200
FURTHEST = timedelta(days=366)
NOTICE = "DESK"
"""Kind of the notices that tell of both."""
AT_ONCE = 500


def publish(
    session: Session, kind: str, title: str, body: str, *, shown_from: datetime | None, shown_until: datetime | None,
    readers: Iterable[UUID], actor: Actor, now: datetime,
) -> Bulletin:  # fmt: skip
    """For every seat, from now or a later time on; `readers` are told when it is shown at once. Raises Forbidden,
    Invalid (a sentence for each field)."""
    require(actor, "bulletin.publish")
    title, body, begin = title.strip(), body.strip(), max(shown_from or now, now)
    wrong: dict[str, tuple[str, dict[str, object]]] = {}
    if kind not in BULLETIN_KINDS:
        wrong["kind"] = ("desk.bulletin.kind", {})
    if not 0 < len(title) <= LONGEST_TITLE:
        wrong["title"] = ("desk.bulletin.title", {"most": LONGEST_TITLE})
    if not 0 < len(body) <= LONGEST_BODY:
        wrong["body"] = ("desk.bulletin.body", {"most": LONGEST_BODY})
    if shown_until is not None and shown_until <= begin:
        wrong["shown_until"] = ("desk.bulletin.until", {})
    if wrong:
        raise Invalid("desk.wrong", wrong)
    made = Bulletin(
        id=new_id(), kind=kind, title=title, body=body, shown_from=begin, shown_until=shown_until, published_at=now,
        published_by=actor.id, published_by_name=actor.name,
    )  # fmt: skip
    session.add(made)
    told = {"kind": kind, "title": title, "body": body}
    audit.record(session, made.id, "bulletin.published", actor=actor, now=now, result=told, stream_kind="bulletin")
    if begin <= now:
        send_notice(session, readers, kind=NOTICE, subject_kind="desk_bulletin", subject_id=made.id,
                    text_key="desk.notice.bulletin", params={"title": title}, dedupe=f"bulletin:{made.id}",
                    now=now)  # fmt: skip
    return made


def withdraw(session: Session, bulletin_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Raises Forbidden, NotFound; again is the same as once."""
    require(actor, "bulletin.publish")
    found = session.get(Bulletin, bulletin_id, with_for_update=True)
    if found is None:
        raise NotFound("desk.bulletin.unknown")
    if found.withdrawn_at is None:
        found.withdrawn_at = now
        audit.record(session, found.id, "bulletin.withdrawn", actor=actor, now=now, stream_kind="bulletin")


def plan(session: Session, kind: str, at: datetime | None, said: str, *, actor: Actor, now: datetime) -> AgendaItem:
    """Something to do at a time to come. Raises Invalid (a sentence for each field)."""
    said = said.strip()
    wrong: dict[str, tuple[str, dict[str, object]]] = {}
    if kind not in AGENDA_KINDS:
        wrong["kind"] = ("desk.agenda.kind", {})
    if at is None or not now < at < now + FURTHEST:
        wrong["at"] = ("desk.agenda.at", {})
    if not 0 < len(said) <= LONGEST_PLAN:
        wrong["said"] = ("desk.agenda.said", {"most": LONGEST_PLAN})
    if wrong or at is None:
        raise Invalid("desk.wrong", wrong)
    made = AgendaItem(id=new_id(), person=actor.id, kind=kind, at=at, said=said, made_at=now)
    session.add(made)
    return made


def finish(session: Session, item_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Done, or no longer wanted; only one's own. Raises NotFound."""
    found = session.get(AgendaItem, item_id, with_for_update=True)
    if found is None or found.person != actor.id:
        raise NotFound("desk.agenda.unknown")
    found.done_at = found.done_at or now


def remind(session: Session, now: datetime) -> int:
    """Whoever planned something for by now is told, once, on whatever page of theirs is open. Returns how many were."""
    due = select(AgendaItem).where(AgendaItem.at <= now, AgendaItem.told_at.is_(None), AgendaItem.done_at.is_(None))
    told = 0
    for item in session.scalars(due.order_by(AgendaItem.at).limit(AT_ONCE).with_for_update(skip_locked=True)):
        item.told_at = now
        told += send_notice(
            session, [item.person], kind=NOTICE, subject_kind="agenda_item", subject_id=item.id,
            text_key=f"desk.notice.{item.kind}", params={"said": item.said}, dedupe=f"agenda:{item.id}", now=now,
        )  # fmt: skip
    return told
