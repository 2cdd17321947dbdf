"""The fields that conditions may name: the case's own, its reports', and those that administrators add (F09)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Numeric, case, exists, func, select
from sqlalchemy.orm import Session

from app.cases import enums
from app.cases.models import CaseField, CaseFile, Registration


class Shape(StrEnum):
    """What a field holds, and so what it may be compared with."""

    CHOICE = "CHOICE"
    MEMBERS = "MEMBERS"
    PLACE = "PLACE"
    WORDS = "WORDS"
    TEXT = "TEXT"
    DAY = "DAY"
    NUMBER = "NUMBER"
    FLAG = "FLAG"


COMPARISONS: Mapping[Shape, tuple[str, ...]] = {
    Shape.CHOICE: ("is", "is_not", "any_of", "empty", "filled"),
    Shape.MEMBERS: ("is", "is_not", "empty", "filled"),
    Shape.PLACE: ("within", "is", "is_not"),
    Shape.WORDS: ("contains",),
    Shape.TEXT: ("contains", "is", "is_not", "empty", "filled"),
    Shape.DAY: ("on", "from", "before", "last_days", "empty", "filled"),
    Shape.NUMBER: ("is", "is_not", "less", "more", "empty", "filled"),
    Shape.FLAG: ("is",),
}
WITHOUT_VALUE = frozenset({"empty", "filled"})


@dataclass(frozen=True, slots=True)
class Field:
    key: str
    shape: Shape
    column: ColumnElement[Any]
    values: tuple[str, ...] = ()
    """A closed list; empty where the city decides (categories, departments)."""
    enum: str | None = None
    """Whose words the values have."""
    names: Mapping[str, str] | None = None
    """By language, of an administrator's field; the product's own are texts `cases.field.<key>`."""
    of_report: bool = False
    """Belongs to the registration: some report of the case must hold."""

    def holds(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        if not self.of_report:
            return condition
        return exists(select(Registration.id).where(Registration.case_id == CaseFile.id, condition))


def _choice(key: str, enum: type[StrEnum] | None = None, of_report: bool = False) -> Field:
    column = getattr(Registration if of_report else CaseFile, key)
    values = tuple(member.value for member in enum) if enum else ()
    return Field(key, Shape.CHOICE, column, values, enum.__name__ if enum else None, of_report=of_report)


def _plain(key: str, shape: Shape) -> Field:
    return Field(key, shape, getattr(CaseFile, key))


_OWN = (
    _choice("status", enums.CaseStatus), _choice("stage", enums.CaseStage), _choice("origin", enums.Origin),
    _choice("kind", enums.MatterKind), _choice("category"), _choice("sub_category"),
    _choice("service_type", enums.ServiceType), _choice("appeal_type", enums.AppealType),
    _choice("urgency", enums.Urgency), _choice("supervision_level", enums.SupervisionLevel),
    _choice("outcome", enums.Outcome), _choice("component_class"), _choice("lead_department"),
    _plain("departments", Shape.MEMBERS), _plain("district", Shape.PLACE), _plain("component_owner", Shape.TEXT),
    Field("words", Shape.WORDS, CaseFile.id.expression), Field("place_words", Shape.WORDS, CaseFile.id.expression),
    _plain("incident_summary", Shape.TEXT), _plain("registered_at", Shape.DAY), _plain("filed_at", Shape.DAY),
    _plain("ended_at", Shape.DAY), _plain("rework_count", Shape.NUMBER), _plain("round", Shape.NUMBER),
    _plain("confidential", Shape.FLAG), _plain("machine_made", Shape.FLAG),
    Field("open", Shape.FLAG, CaseFile.ended_at.is_(None)), _choice("channel", enums.Channel, True),
    _choice("incident_source", enums.IncidentSource, True), _choice("reply_wish", enums.ReplyWish, True),
    _choice("processing_result", enums.ProcessingResult, True),
    Field("duty_staff_name", Shape.TEXT, Registration.duty_staff_name.expression, of_report=True),
)  # fmt: skip
OWN: Mapping[str, Field] = {field.key: field for field in _OWN}
ADDED = "custom."
"""An administrator's field is named by this and its key in `case.custom`."""


def known_fields(session: Session) -> dict[str, Field]:
    """All fields, the product's own first."""
    query = select(CaseField).where(CaseField.deleted_at.is_(None)).order_by(CaseField.key)
    return {**OWN, **{field.key: field for field in map(_added, session.scalars(query))}}


def _added(row: CaseField) -> Field:
    shape, value = Shape(row.shape), CaseFile.custom[row.key]
    column: ColumnElement[Any] = value.astext
    kind = func.jsonb_typeof(value)
    if shape is Shape.NUMBER:
        column = case((kind == "number", value.astext.cast(Numeric)))
    elif shape is Shape.FLAG:
        column = case((kind == "boolean", value.as_boolean()))
    return Field(f"{ADDED}{row.key}", shape, column, tuple(row.choices), names=row.names)
