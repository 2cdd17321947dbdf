"""Cases as a table (W18): read by a cursor on the server, written row by row."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, lateral, select, true
from sqlalchemy.orm import Session

from app import city
from app.cases.conditions import Day, Tree
from app.cases.fields import ADDED, Field, known_fields
from app.cases.listing import NEWEST_FIRST, identifiable
from app.cases.models import CaseFile, Registration
from app.cases.saved_queries import matching
from app.citizens import masked_name, masked_phone
from app.core.i18n import has_text, text
from app.identity import Actor
from app.reports.tables import Cell, table

BATCH = 1000

_FIRST = lateral(
    select(
        Registration.acceptance_no, Registration.caller_name, Registration.caller_phone, Registration.channel,
        Registration.incident_source, Registration.processing_result,
    )
    .where(Registration.case_id == CaseFile.id)
    .order_by(Registration.created_at)
    .limit(1),
    name="first_registration",
)  # fmt: skip
_COLUMNS: tuple[tuple[str, Any, str | None], ...] = (
    ("case_no", CaseFile.case_no, None), ("acceptance_no", _FIRST.c.acceptance_no, None),
    ("registered_at", CaseFile.registered_at, None), ("status", CaseFile.status, "CaseStatus"),
    ("stage", CaseFile.stage, "CaseStage"), ("origin", CaseFile.origin, "Origin"),
    ("channel", _FIRST.c.channel, "Channel"), ("incident_source", _FIRST.c.incident_source, "IncidentSource"),
    ("category", CaseFile.category, "city"), ("sub_category", CaseFile.sub_category, "city"),
    ("service_type", CaseFile.service_type, "ServiceType"), ("appeal_type", CaseFile.appeal_type, "AppealType"),
    ("urgency", CaseFile.urgency, "Urgency"), ("district", CaseFile.district, "city"),
    ("address", CaseFile.address, None), ("incident_summary", CaseFile.incident_summary, None),
    ("detailed_content", CaseFile.detailed_content, None), ("caller_name", _FIRST.c.caller_name, None),
    ("caller_phone", _FIRST.c.caller_phone, None), ("lead_department", CaseFile.lead_department, "city"),
    ("rework_count", CaseFile.rework_count, None), ("filed_at", CaseFile.filed_at, None),
    ("ended_at", CaseFile.ended_at, None), ("outcome", CaseFile.outcome, "Outcome"),
    ("processing_result", _FIRST.c.processing_result, "ProcessingResult"),
)  # fmt: skip
_MASKED: Mapping[str, Callable[[str | None], str | None]] = {"caller_name": masked_name, "caller_phone": masked_phone}


def count(session: Session, tree: Tree, actor: Actor, day: Day) -> int:
    ids = matching(session, actor, tree, day).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def write(
    session: Session, tree: Tree, path: Path, form: str, *, actor: Actor, language: str, day: Day,
    progress: Callable[[int], None],
) -> int:  # fmt: skip
    """The table with a heading in `language`; returns the number of cases. Callers are masked where this person may
    not read them. `progress` is told how many are done after each batch."""
    added = [field for field in known_fields(session).values() if field.key.startswith(ADDED)]
    names = city.labels(session)
    done = 0
    with table(path, form) as append:
        append([text(f"cases.field.{key}", language) for key, _, _ in _COLUMNS] + [_named(f, language) for f in added])
        for row in _rows(session, tree, actor, day, added):
            append(_cells(row, names, language, day))
            done += 1
            if done % BATCH == 0:
                progress(done)
    return done


def _rows(session: Session, tree: Tree, actor: Actor, day: Day, added: list[Field]) -> Iterator[Any]:
    query: Select[*tuple[Any, ...]] = matching(session, actor, tree, day).with_only_columns(
        identifiable(actor).label("may"), *(column.label(key) for key, column, _ in _COLUMNS),
        *(field.column.label(field.key) for field in added),
    )  # fmt: skip
    query = query.outerjoin(_FIRST, true()).order_by(*NEWEST_FIRST).execution_options(yield_per=BATCH)
    yield from session.execute(query)


def _cells(row: Any, names: Mapping[str, Mapping[str, str]], language: str, day: Day) -> list[Cell]:
    may, cells = row[0], []
    for (key, _, words), value in zip(_COLUMNS, row[1:], strict=False):
        if key in _MASKED and not may:
            value = _MASKED[key](value)
        cells.append(_shown(value, words, names, language, day))
    return cells + [_shown(value, None, names, language, day) for value in row[1 + len(_COLUMNS) :]]


def _shown(value: Any, words: str | None, names: Mapping[str, Mapping[str, str]], language: str, day: Day) -> Cell:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(day.zone).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return str(value)
    if words == "city":
        return names.get(str(value), {}).get(language, str(value))
    if words and has_text(key := f"enum.{words}.{value}"):
        return text(key, language)
    return value


def _named(field: Field, language: str) -> str:
    return (field.names or {}).get(language, field.key)
