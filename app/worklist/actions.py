"""Writing people's views, settings and drafts. They change no case, so they stand in no history."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.errors import Forbidden, Invalid, NotFound
from app.core.ids import new_id
from app.identity import Actor, group_labels
from app.worklist.models import Draft, FollowUp, SavedView, Setting
from app.worklist.queries import COLUMNS, DENSITIES, THEMES, USUAL

MOST_NAME = 60
MOST_KEY, MOST_DRAFT = 100, 64 * 1024
"""Characters."""
KEEP_DRAFTS = timedelta(days=14)
KEEP = timedelta(days=60)
"""A follow-up this old is forgotten; its task is most likely done."""


def save_view(
    session: Session, name: str, conditions: Mapping[str, str], shared_with: str | None, *, actor: Actor, now: datetime
) -> UUID:
    """Keep conditions under a name, for oneself or for one's own role or department. Raises Invalid, Forbidden."""
    name = name.strip()
    if not 0 < len(name) <= MOST_NAME:
        raise Invalid("worklist.view.name", {"name": ("worklist.view.name", {"most": MOST_NAME})}, most=MOST_NAME)
    if shared_with is not None and shared_with not in group_labels(actor):
        raise Forbidden("worklist.view.not_your_group")
    view = SavedView(
        id=new_id(), owner=actor.id, name=name, conditions=dict(conditions), shared_with=shared_with, created_at=now
    )
    session.add(view)
    return view.id


def remove_view(session: Session, view_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Only one's own. Raises NotFound."""
    view = session.get(SavedView, view_id)
    if view is None or view.owner != actor.id:
        raise NotFound("worklist.no_view")
    view.deleted_at = now


def keep_setting(session: Session, *, actor: Actor, density: str, columns: Sequence[str]) -> None:
    """Raises Invalid."""
    if density not in DENSITIES or not set(columns) <= set(COLUMNS):
        raise Invalid("worklist.setting")
    values = {"density": density, "columns": [column for column in COLUMNS if column in columns]}
    row = insert(Setting).values(person=actor.id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["person"], set_=values))


def keep_theme(session: Session, theme: str, *, actor: Actor) -> None:
    """Light or dark, on whatever machine this person signs in. Raises Invalid."""
    if theme not in THEMES:
        raise Invalid("worklist.setting")
    row = insert(Setting).values(person=actor.id, density="normal", columns=list(USUAL), theme=theme)
    session.execute(row.on_conflict_do_update(index_elements=["person"], set_={"theme": theme}))


def follow_up_on(
    session: Session, task_ids: Sequence[UUID], at: datetime | None, *, actor: Actor, now: datetime
) -> None:
    """Look at these again then; None: no more."""
    mine = FollowUp.person == actor.id
    session.execute(delete(FollowUp).where(mine, FollowUp.task_id.in_(task_ids) | (FollowUp.at < now - KEEP)))
    if at is not None and task_ids:
        rows = [{"person": actor.id, "task_id": task_id, "at": at} for task_id in dict.fromkeys(task_ids)]
        session.execute(insert(FollowUp).values(rows))


def keep_draft(
    session: Session, key: str, content: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:  # fmt: skip
    """Remember a form as it stands; what was kept before under the key goes. Raises Invalid."""
    if not 0 < len(key) <= MOST_KEY or len(json.dumps(content)) > MOST_DRAFT:
        raise Invalid("worklist.draft")
    row = insert(Draft).values(person=actor.id, key=key, content=content, at=now)
    session.execute(row.on_conflict_do_update(index_elements=["person", "key"], set_={"content": content, "at": now}))


def keep_one_of(
    session: Session, key: str, command_id: UUID, values: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    """One of several forms of a kind, by the command that will send it: each window's stands for itself."""
    forget_one_of(session, key, command_id, actor=actor)
    content = {"values": values, "command_id": str(command_id)}
    keep_draft(session, f"{key}#{command_id}", content, actor=actor, now=now)


def forget_draft(session: Session, key: str, *, actor: Actor) -> None:
    session.execute(delete(Draft).where(Draft.person == actor.id, Draft.key == key))


def forget_one_of(session: Session, key: str, command_id: UUID, *, actor: Actor) -> None:
    """Also where the version before kept it, which knew one of a kind."""
    command = Draft.content["command_id"].astext == str(command_id)
    places = Draft.key.in_((key, f"{key}#{command_id}"))
    session.execute(delete(Draft).where(Draft.person == actor.id, places, command))


def forget_old_drafts(session: Session, now: datetime) -> None:
    """What lay untouched so long is not finished any more; it may hold a citizen's words."""
    session.execute(delete(Draft).where(Draft.at < now - KEEP_DRAFTS))
