"""Finding cases: by any number, a telephone or its last digits, a person, a place, or words of the report.

Every way is backed by an index (migration 0008) and narrowed to what the asker may read; the newest comes first."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, cast, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from app.cases.listing import NEWEST_FIRST, After, CaseLine, identifiable, lines_of, readable
from app.cases.models import CaseFile, CaseSearch, ProcessingForm, Registration
from app.cases.queries import find_case_id
from app.citizens import masked_name, masked_phone, normalise_phone
from app.identity import Actor

GLANCE = 600
"""The newest texts that are looked through first. How many of them have the words says which way is shorter: on through
the newest, for words that many cases have, or by the index of characters, for words that few have."""
MOST_LOOKED = 40_000
"""Texts that are looked through at most."""
LEAST_DIGITS = 4
LONGEST = 200
EXCERPT = 60

_Rows = Select[*tuple[Any, ...]]
_BETWEEN = re.compile("[\\s!-/:-@\\[-`{-~\u00b7\u2010-\u2027\u3000-\u303f]+")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()\-]*")


class Kind(StrEnum):
    """What a case was found by."""

    NUMBER = "NUMBER"
    TELEPHONE = "TELEPHONE"
    PERSON = "PERSON"
    ADDRESS = "ADDRESS"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class Hit:
    """A case that was found. The caller's name and number are masked here for everybody."""

    line: CaseLine
    kind: Kind
    caller_name: str | None
    caller_phone: str | None
    excerpt: str
    """Of the report, around the first word that was asked for."""


@dataclass(frozen=True, slots=True)
class Found:
    hits: Sequence[Hit]
    after: After | None
    """Key of the next page; None at the end."""


def search(
    session: Session, actor: Actor, asked: str, *, today: date, kind: Kind | None = None, after: After | None = None,
    limit: int = 50,
) -> Found:  # fmt: skip
    """What `asked` means is guessed unless `kind` says it: a number leads to its one case, digits are a telephone (and
    words), all else a person or words. Several words must all be there, in any order."""
    asked = unicodedata.normalize("NFKC", asked).strip()[:LONGEST]
    keys: dict[After, Kind] = {}
    for each in (kind,) if kind else _guessed(asked):
        for key in _keys(session, actor, each, asked, today, after, limit):
            keys.setdefault(key, each)
        if keys and each is Kind.NUMBER:
            break
    page = dict(sorted(keys.items(), reverse=True)[:limit])
    return Found(_hits(session, page, asked), min(page) if len(page) == limit else None)


def plain(written: str) -> str:
    """The written form that words are compared in; `search_plain` in the database is its twin."""
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", written).lower()).strip()


def _guessed(asked: str) -> tuple[Kind, ...]:
    if _TELEPHONE.fullmatch(asked):
        return Kind.NUMBER, Kind.TELEPHONE, Kind.TEXT
    return Kind.NUMBER, Kind.PERSON, Kind.TEXT


def _keys(
    session: Session, actor: Actor, kind: Kind, asked: str, today: date, after: After | None, limit: int
) -> list[After]:
    match kind:
        case Kind.NUMBER:
            return _by_number(session, actor, asked, today, after)
        case Kind.TELEPHONE:
            digits = re.sub(r"\D", "", normalise_phone(asked))
            if len(digits) < LEAST_DIGITS:
                return []
            tail = func.phone_tail(Registration.caller_phone).like(f"{digits[::-1]}%")
            return _by_caller(session, actor, tail, after, limit)
        case Kind.PERSON:
            name = plain(asked)
            if len(name) < 2:
                return []
            written = func.search_plain(Registration.caller_name)
            has = and_(Registration.caller_name.is_not(None), grams_within(written, name), holds_word(written, name))
            return _by_caller(session, actor, has, after, limit)
        case _:
            place = kind is Kind.ADDRESS
            return _by_words(session, actor, plain(asked).split(), after, limit, in_address=place)


def _by_number(session: Session, actor: Actor, asked: str, today: date, after: After | None) -> list[After]:
    case_id = find_case_id(session, asked, today) if after is None else None
    if case_id is None and after is None and asked[:2].isascii() and asked[:2].isalpha():
        series = select(ProcessingForm.case_id).where(ProcessingForm.processing_no == asked.upper())
        case_id = session.scalar(series)
    if case_id is None:
        return []
    return _run(session, _cases(actor, None, 1).where(CaseFile.id == case_id))


def _by_caller(
    session: Session, actor: Actor, condition: ColumnElement[bool], after: After | None, limit: int
) -> list[After]:
    """Only where the asker may know the citizen: finding a case by a number would tell whose it is."""
    called = select(Registration.case_id).where(condition).distinct().cte("called")
    called = called.prefix_with("materialized", dialect="postgresql")  # else every case is asked for its caller
    query = _cases(actor, after, limit).join(called, called.c.case_id == CaseFile.id).where(identifiable(actor))
    return _run(session, query)


def _by_words(
    session: Session, actor: Actor, words: Sequence[str], after: After | None, limit: int, *, in_address: bool
) -> list[After]:
    """Among the newest where they will do; else by the index."""
    if not words:
        return []
    column = CaseSearch.address if in_address else CaseSearch.body
    has = and_(*(holds_word(column, word) for word in words))
    newest = _older(select(CaseSearch.registered_at, CaseSearch.case_id, has.label("has")).order_by(*_NEWEST), after)
    seen = session.execute(_glance(newest.limit(GLANCE), actor)).all()
    found = [(row.registered_at, row.case_id) for row in seen if row.may]
    if len(found) >= limit:
        return found[:limit]
    by_index_read = seen[0].texts * len(seen) / GLANCE if seen else 0
    looked = GLANCE
    while (rows := _worth_looking_through(len(found), looked, by_index_read, limit)) is not None:
        found, looked = _run(session, _among(newest.limit(rows), actor, limit, probed=True)), rows
        if len(found) == limit:
            return found
    by_index = select(CaseSearch.registered_at, CaseSearch.case_id)
    by_index = by_index.where(*(grams_within(CaseSearch.body, word) for word in words)).order_by(*_NEWEST)
    if in_address or any(len(word) > 2 for word in words):
        by_index = by_index.where(has)  # else the index alone is exact
    return _run(session, _among(_older(by_index, after), actor, limit, probed=False))


def _glance(newest: _Rows, actor: Actor) -> _Rows:
    """Those of these texts that have the words, whether the asker may read each, and how many texts there are."""
    inner = newest.offset(literal_column("0")).subquery("texts")
    size: ColumnElement[float] = literal_column("(select reltuples from pg_class where oid = 'case_search'::regclass)")
    query = select(inner.c.registered_at, inner.c.case_id, readable(actor).label("may"), size.label("texts"))
    query = query.join(CaseFile, CaseFile.id == inner.c.case_id).where(inner.c.has)
    return query.order_by(inner.c.registered_at.desc(), inner.c.case_id.desc())


def _worth_looking_through(mine: int, looked: int, by_index: float, limit: int) -> int | None:
    """How many of the newest texts will hold a page, since `mine` of those `looked` through belong to it; None where
    the index, which would read `by_index` of them, is the shorter way."""
    needed = round(1.5 * looked * limit / max(mine, 0.5))
    return needed if looked < needed <= min(MOST_LOOKED, by_index) else None


_NEWEST = (CaseSearch.registered_at.desc(), CaseSearch.case_id.desc())


def _among(texts: _Rows, actor: Actor, limit: int, *, probed: bool) -> _Rows:
    """Of these texts' cases, sorted by time, the first that may be read. `offset 0` keeps the order of work."""
    inner = texts.offset(literal_column("0")).subquery("texts")
    query = select(inner.c.registered_at, inner.c.case_id).join(CaseFile, CaseFile.id == inner.c.case_id)
    if probed:
        query = query.where(inner.c.has)
    query = query.where(readable(actor))
    return query.order_by(inner.c.registered_at.desc(), inner.c.case_id.desc()).limit(limit)


def _older(query: _Rows, after: After | None) -> _Rows:
    return (
        query if after is None else query.where(tuple_(CaseSearch.registered_at, CaseSearch.case_id) < tuple_(*after))
    )


def _cases(actor: Actor, after: After | None, limit: int) -> _Rows:
    query = select(CaseFile.registered_at, CaseFile.id).where(readable(actor)).order_by(*NEWEST_FIRST).limit(limit)
    return query if after is None else query.where(tuple_(CaseFile.registered_at, CaseFile.id) < tuple_(*after))


def _run(session: Session, query: _Rows) -> list[After]:
    return [(row[0], row[1]) for row in session.execute(query)]


def holds_word(column: Any, word: str) -> ColumnElement[bool]:
    """Is it really there, its characters side by side? `strpos` is thrice as quick as LIKE here."""
    return func.strpos(column, word) > 0


def grams_within(column: Any, word: str) -> ColumnElement[bool]:
    """The index's condition: all of the word's pairs of characters, or its one character."""
    grams = [word] if len(word) == 1 else sorted({a + b for a, b in pairwise(word)})
    return func.search_grams(column, type_=ARRAY(Text)).contains(cast(grams, ARRAY(Text)))


def _hits(session: Session, page: dict[After, Kind], asked: str) -> list[Hit]:
    kinds: dict[UUID, Kind] = {key[1]: kind for key, kind in page.items()}
    if not kinds:
        return []
    words = plain(asked).split()
    beside = _beside(session, kinds)
    hits = []
    for line in lines_of(session, select(CaseFile.id).where(CaseFile.id.in_(kinds))):
        content, callers = beside.get(line.id, ("", []))
        name, phone = _caller(callers, words, asked)
        excerpt = excerpt_of(content, words)
        hits.append(Hit(line, kinds[line.id], masked_name(name), masked_phone(phone), excerpt))
    return hits


_Caller = tuple[str | None, str | None]


def _beside(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[str, list[_Caller]]]:
    query = (
        select(CaseFile.id, CaseFile.detailed_content, Registration.caller_name, Registration.caller_phone)
        .join(Registration, Registration.case_id == CaseFile.id)
        .where(CaseFile.id.in_(list(ids)))
        .order_by(Registration.created_at)
    )
    beside: dict[UUID, tuple[str, list[_Caller]]] = {}
    for case_id, content, name, phone in session.execute(query):
        beside.setdefault(case_id, (content, []))[1].append((name, phone))
    return beside


def _caller(callers: Sequence[_Caller], words: Sequence[str], asked: str) -> _Caller:
    """Of several callers merged into a case the one who was asked for, else the first."""
    digits = re.sub(r"\D", "", asked)
    for name, phone in callers:
        if (words and plain(name or "").find(" ".join(words)) >= 0) or (
            len(digits) >= LEAST_DIGITS and re.sub(r"\D", "", phone or "").endswith(digits)
        ):
            return name, phone
    return callers[0] if callers else (None, None)


def excerpt_of(content: str, words: Sequence[str]) -> str:
    """Up to `EXCERPT` characters around the first word that stands in the content, with … where more is."""
    at = max(0, next((i for word in words if (i := content.lower().find(word)) >= 0), 0) - 12)
    piece = content[at : at + EXCERPT]
    return ("…" if at else "") + piece + ("…" if at + EXCERPT < len(content) else "")
