"""Reading people's views and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.identity import Actor, group_labels
from app.worklist.models import Draft, FollowUp, SavedView, Setting

COLUMNS = ("seal", "district", "category", "task", "department", "assignee", "since")
"""Those a person may hide; limit, number and summary always stand."""
USUAL = ("seal", "district", "task", "department", "assignee")
DENSITIES = ("compact", "normal", "relaxed")
MOST_DRAFTS = 20
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class View:
    id: UUID
    name: str
    conditions: Mapping[str, str]
    shared_with: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class ListSetting:
    density: str = "normal"
    columns: tuple[str, ...] = USUAL
    theme: str | None = None


def views_of(session: Session, actor: Actor) -> list[View]:
    """One's own and those shared with one's role or department, by name."""
    shared = SavedView.shared_with.in_(sorted(group_labels(actor)))
    query = select(SavedView).where(SavedView.deleted_at.is_(None), or_(SavedView.owner == actor.id, shared))
    return [_view(row, actor) for row in session.scalars(query.order_by(SavedView.name, SavedView.id).limit(50))]


def view_of(session: Session, actor: Actor, view_id: UUID) -> View:
    """Raises NotFound, also for a view that is somebody else's and not shared."""
    row = session.get(SavedView, view_id)
    if row is None or row.deleted_at is not None:
        raise NotFound("worklist.no_view")
    if row.owner != actor.id and row.shared_with not in group_labels(actor):
        raise NotFound("worklist.no_view")
    return _view(row, actor)


def setting_of(session: Session, person: UUID) -> ListSetting:
    row = session.get(Setting, person)
    return ListSetting() if row is None else ListSetting(row.density, tuple(row.columns), row.theme)


def follow_ups(session: Session, person: UUID, task_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When this person wants to look at these tasks again."""
    mine = select(FollowUp.task_id, FollowUp.at).where(FollowUp.person == person, FollowUp.task_id.in_(task_ids))
    return {row.task_id: row.at for row in session.execute(mine)}


def draft_of(session: Session, actor: Actor, key: str) -> Mapping[str, Any] | None:
    """One's own unfinished form, as `keep_draft` took it."""
    row = session.get(Draft, (actor.id, key))
    return None if row is None else row.content


def drafts_of(session: Session, actor: Actor, key: str) -> list[Mapping[str, Any]]:
    """One's own unfinished forms of a kind, as `keep_one_of` took them: {values, command_id, at}, the newest first."""
    several = or_(Draft.key == key, Draft.key.startswith(f"{key}#", autoescape=True))
    query = select(Draft).where(Draft.person == actor.id, several).order_by(Draft.at.desc(), Draft.key)
    return [{**row.content, "at": row.at} for row in session.scalars(query.limit(MOST_DRAFTS))]


def _view(row: SavedView, actor: Actor) -> View:
    return View(row.id, row.name, row.conditions, row.shared_with, row.owner == actor.id)
