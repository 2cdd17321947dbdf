"""Queries over cases that people save (F07), and the fields that administrators add to them (F09)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, tuple_
from sqlalchemy.orm import Session

from app import audit
from app.cases.conditions import Day, Tree, condition_of
from app.cases.fields import Shape, known_fields
from app.cases.listing import NEWEST_FIRST, After, CaseLine, lines_of, readable
from app.cases.models import CaseField, CaseFile, SavedQuery
from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import derived_id, new_id
from app.identity import Actor, require

LONGEST_NAME = 60
ADDABLE = (Shape.TEXT, Shape.CHOICE, Shape.NUMBER, Shape.FLAG)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class QueryView:
    id: UUID
    name: str
    conditions: Tree
    shared: bool
    mine: bool


def matching(session: Session, actor: Actor, tree: Tree, day: Day) -> Select[Any]:
    """Ids of the cases that hold and that this person may read, unsorted: for lists, exports and counts alike.
    Raises Invalid."""
    held = condition_of(tree, known_fields(session), day)
    return select(CaseFile.id).where(readable(actor), held)


def run(
    session: Session, actor: Actor, tree: Tree, day: Day, *, after: After | None = None, limit: int = 50
) -> list[CaseLine]:
    """A page of the cases that hold, the newest first. Raises Invalid."""
    page = matching(session, actor, tree, day)
    if after is not None:
        page = page.where(tuple_(CaseFile.registered_at, CaseFile.id) < tuple_(*after))
    return lines_of(session, page.order_by(*NEWEST_FIRST).limit(limit))


def save(
    session: Session, name: str, tree: Tree, *, actor: Actor, day: Day, shared: bool = False,
    query_id: UUID | None = None,
) -> QueryView:  # fmt: skip
    """Keep a query under a name, for oneself or for everybody who reads cases. Raises Invalid, Forbidden."""
    require(actor, "case.read")
    if shared:
        require(actor, "query.share")
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid("cases.values_wrong", {"name": ("cases.query_name", {"most": LONGEST_NAME})})
    condition_of(tree, known_fields(session), day)
    row = SavedQuery(
        id=query_id or new_id(), owner=actor.id, name=name, conditions=dict(tree), shared=shared, created_at=day.now
    )
    session.add(row)
    session.flush()
    if shared:
        changes = {"name": {"old": None, "new": name}, "conditions": {"old": None, "new": dict(tree)}}
        audit.record(session, row.id, "query.shared", actor=actor, now=day.now, changes=changes, stream_kind="query")
    return _view(row, actor)


def queries_of(session: Session, actor: Actor) -> list[QueryView]:
    """One's own and the shared ones, by name."""
    query = select(SavedQuery).where(SavedQuery.deleted_at.is_(None))
    query = query.where(or_(SavedQuery.owner == actor.id, SavedQuery.shared)).order_by(SavedQuery.name, SavedQuery.id)
    return [_view(row, actor) for row in session.scalars(query)]


def query_by_id(session: Session, query_id: UUID, actor: Actor) -> QueryView:
    """Raises NotFound, for another's private one too."""
    row = session.get(SavedQuery, query_id)
    if row is None or row.deleted_at is not None or not (row.shared or row.owner == actor.id):
        raise NotFound("cases.query_unknown")
    return _view(row, actor)


def forget(session: Session, query_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Remove a query of one's own. Raises NotFound, Forbidden."""
    known = query_by_id(session, query_id, actor)
    if not known.mine:
        require(actor, "query.share")
    session.get_one(SavedQuery, query_id).deleted_at = now
    if known.shared:
        audit.record(session, query_id, "query.removed", actor=actor, now=now, stream_kind="query")


def add_field(
    session: Session, key: str, names: Mapping[str, str], shape: Shape, choices: Sequence[str] = (), *, actor: Actor,
    now: datetime,
) -> None:  # fmt: skip
    """Let conditions and exports name a key that forms write to `case.custom` (F09). Raises Forbidden, Invalid,
    Conflict when it is there already."""
    require(actor, "field.manage")
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    if not _KEY.fullmatch(key):
        wrong["key"] = "cases.field_key", {}
    if any(not 1 <= len(names.get(language, "").strip()) <= LONGEST_NAME for language in ("en", "zh-CN")):
        wrong["names"] = "cases.field_names", {"most": LONGEST_NAME}
    if shape not in ADDABLE:
        wrong["shape"] = "cases.not_in_list", {"value": shape}
    if wrong:
        raise Invalid("cases.values_wrong", wrong)
    row = session.get(CaseField, key)
    if row is not None and row.deleted_at is None:
        raise Conflict("cases.field_there", field=key)
    row = row or CaseField(key=key)
    row.names, row.shape, row.choices = {k: v.strip() for k, v in names.items()}, shape.value, list(choices)
    row.added_at, row.deleted_at = now, None
    session.add(row)
    session.flush()
    changes = {"field": {"old": None, "new": {"key": key, "names": row.names, "shape": row.shape}}}
    audit.record(
        session, derived_id("case_field", key), "field.added", actor=actor, now=now, changes=changes,
        stream_kind="case_field", stream_name=key,
    )  # fmt: skip


def remove_field(session: Session, key: str, *, actor: Actor, now: datetime) -> None:
    """Conditions may name it no more; the cases keep their values. Raises Forbidden, NotFound."""
    require(actor, "field.manage")
    row = session.get(CaseField, key)
    if row is None or row.deleted_at is not None:
        raise NotFound("cases.field_unknown", field=key)
    row.deleted_at = now
    audit.record(
        session, derived_id("case_field", key), "field.removed", actor=actor, now=now, stream_kind="case_field",
        stream_name=key,
    )  # fmt: skip


def _view(row: SavedQuery, actor: Actor) -> QueryView:
    return QueryView(row.id, row.name, row.conditions, row.shared, row.owner == actor.id)
