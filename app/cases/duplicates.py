"""Is this report of something already known? Hints while it is being written (Q04).

Candidates come by the caller's number, by the place's words and by matter and district, each from an index and bounded;
what they share with the report is then weighed here. Three statements, whatever the number of cases."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from app.cases.listing import CaseLine, identifiable, lines_of, readable
from app.cases.models import CaseFile, CaseSearch, Registration
from app.cases.search import plain
from app.citizens import normalise_phone
from app.identity import Actor

WITHIN = timedelta(days=30)
"""What was reported longer ago is another matter."""
EACH_WAY = 40
"""Candidates by each way."""
LEAST = 0.35
"""Of 1: below that a likeness is chance."""
SHOWN = 5
_DIGITS = 7
_Way = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Sketch:
    """A report as far as it is written."""

    phone: str = ""
    category: str = ""
    sub_category: str = ""
    district: str = ""
    address: str = ""
    words: str = ""
    """Summary and content."""


@dataclass(frozen=True, slots=True)
class Similar:
    line: CaseLine
    likeness: float
    """0 to 1."""
    same_caller: bool
    same_place: bool
    same_matter: bool


def similar_cases(session: Session, sketch: Sketch, *, actor: Actor, now: datetime) -> list[Similar]:
    """The likeliest first; of recent cases that this person may read."""
    since = now - WITHIN
    asked = (_by_caller(sketch, actor, since), _by_place(sketch, since), _by_matter(sketch, since))
    ways = [query for query in asked if query is not None]
    if not ways:
        return []
    found = union_all(*ways).subquery("found")
    grouped = select(found.c.id, func.bool_or(found.c.caller)).group_by(found.c.id).limit(3 * EACH_WAY)
    by_caller: dict[UUID, bool] = dict(iter(session.execute(grouped)))
    page = select(CaseFile.id).where(CaseFile.id.in_(list(by_caller)), readable(actor))
    similar = [_weigh(line, sketch, by_caller[line.id], now) for line in lines_of(session, page)]
    similar.sort(key=lambda one: (-one.likeness, -one.line.registered_at.timestamp()))
    return [one for one in similar if one.likeness >= LEAST][:SHOWN]


def _by_caller(sketch: Sketch, actor: Actor, since: datetime) -> _Way | None:
    digits = normalise_phone(sketch.phone).lstrip("+")
    if len(digits) < _DIGITS:
        return None
    tail = func.phone_tail(Registration.caller_phone).like(f"{digits[::-1]}%")
    return (
        select(CaseFile.id, literal_column("true").label("caller"))
        .join(Registration, Registration.case_id == CaseFile.id)
        .where(tail, CaseFile.registered_at > since, identifiable(actor))
        .order_by(CaseFile.registered_at.desc()).limit(EACH_WAY)
    )  # fmt: skip


def _by_place(sketch: Sketch, since: datetime) -> _Way | None:
    place = _street(sketch.address)
    if place is None:
        return None
    return (
        select(CaseSearch.case_id.label("id"), literal_column("false").label("caller"))
        .where(CaseSearch.registered_at > since, func.strpos(CaseSearch.address, place) > 0)
        .order_by(CaseSearch.registered_at.desc()).limit(EACH_WAY)  # one index has the newest with their places
    )  # fmt: skip


def _by_matter(sketch: Sketch, since: datetime) -> _Way | None:
    if not (sketch.sub_category and sketch.district):
        return None
    same = and_(CaseFile.category == sketch.category, CaseFile.sub_category == sketch.sub_category)
    return (
        select(CaseFile.id, literal_column("false").label("caller"))
        .where(same, CaseFile.registered_at > since, CaseFile.district.like(f"{sketch.district}%"))
        .order_by(CaseFile.registered_at.desc()).limit(EACH_WAY)
    )  # fmt: skip


def _street(address: str) -> str | None:
    """The longest run of the place's words without house numbers: 书院路 88 号 → 书院路."""
    words = [word for word in re.split(r"[\s\d]+", plain(address)) if len(word) >= 2]
    return max(words, key=len) if words else None


def _weigh(line: CaseLine, sketch: Sketch, same_caller: bool, now: datetime) -> Similar:
    """Place and words weigh most, the matter and the caller next, and all of it less with time."""
    place = likeness(plain(sketch.address), plain(line.address))
    words = likeness(plain(sketch.words), plain(line.incident_summary))
    matter = 1.0 if sketch.sub_category and sketch.sub_category == line.sub_category else (
        0.5 if sketch.category and sketch.category == line.category else 0.0)  # fmt: skip
    age = (now - line.registered_at) / WITHIN
    whole = (0.4 * place + 0.25 * words + 0.2 * matter + 0.15 * same_caller) * (1 - 0.3 * max(0.0, min(1.0, age)))
    return Similar(line, round(whole, 2), same_caller, place >= 0.7, matter == 1.0)


def likeness(one: str, other: str) -> float:
    """How much of the shorter one's pairs of characters the other has too: 0 to 1; 0 where one of them is empty."""
    first, second = set(_pairs(one)), set(_pairs(other))
    return len(first & second) / min(len(first), len(second)) if first and second else 0.0


def _pairs(text: str) -> Iterable[str]:
    return (a + b for a, b in pairwise(text.replace(" ", "")))
