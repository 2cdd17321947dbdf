"""Reading the city. Small tables: lists are read whole, in the order people expect."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.city.geometry import holds
from app.city.models import Category, ComponentClass, Department, District, Term
from app.core.errors import NotFound
from app.identity import ACTIONS

DEFAULT_PROCESS = "department_default"


@dataclass(frozen=True, slots=True)
class Place:
    """A district, or a part of one."""

    code: str
    names: Mapping[str, str]
    outer: bool
    polygon: Mapping[str, Any] | None = field(repr=False)
    streets: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def parent(self) -> str | None:
        return self.code.rpartition("/")[0] or None

    @property
    def depth(self) -> int:
        """0 is the whole city."""
        return self.code.count("/")


@dataclass(frozen=True, slots=True)
class Responsible:
    """A department."""

    code: str
    names: Mapping[str, str]
    process_id: str
    categories: tuple[str, ...]
    """Problem categories it is usually responsible for."""
    parent: str | None = None
    active: bool = True
    """False: it gets nothing new."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A problem category, or a sub-category: `parent` is its category."""

    code: str
    parent: str | None
    names: Mapping[str, str]
    department: str | None
    kind: str | None
    sector: str | None
    emergency: bool
    active: bool = True
    """False: no new case may have it."""
    own_department: str | None = None
    """The one it names itself; `department` may be its category's."""


@dataclass(frozen=True, slots=True)
class Word:
    """A coded word: a component class (with its usual owner), a sector, a topic."""

    code: str
    names: Mapping[str, str]
    owner: str | None = None


def districts(session: Session, depth: int | None = None) -> list[Place]:
    """The city's parts, each after what it lies in; `depth` 1 are the districts, 2 their parts."""
    rows = session.scalars(select(District).order_by(District.position, District.code))
    places = [Place(row.code, row.names, row.outer, row.polygon, tuple(row.streets)) for row in rows]
    return places if depth is None else [place for place in places if place.depth == depth]


def district(session: Session, code: str) -> Place:
    """Raises NotFound."""
    row = session.get(District, code)
    if row is None:
        raise NotFound("city.no_district", code=code)
    return Place(row.code, row.names, row.outer, row.polygon, tuple(row.streets))


def district_at(session: Session, longitude: float, latitude: float) -> str | None:
    """The path of the smallest part that holds this point; None outside the city."""
    found = [place for place in districts(session) if place.polygon and holds(place.polygon, longitude, latitude)]
    return max(found, key=lambda place: place.depth).code if found else None


def departments(session: Session) -> list[Responsible]:
    """All departments, with the categories that name them."""
    of: dict[str, list[str]] = {}
    categories = select(Category.department, Category.code).where(
        Category.parent.is_(None), Category.department.is_not(None)
    )
    for department, code in session.execute(categories.order_by(Category.position)):
        of.setdefault(department or "", []).append(code)
    rows = session.scalars(select(Department).order_by(Department.position, Department.code))
    return [
        Responsible(
            r.code, r.names, r.process_id or DEFAULT_PROCESS, tuple(of.get(r.code, ())), r.parent, r.retired_at is None
        )
        for r in rows
    ]  # fmt: skip


def department_processes(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Ids of the diagrams that these departments' work orders run. Raises NotFound."""
    query = select(Department.code, Department.process_id).where(Department.code.in_(codes))
    with session.no_autoflush:
        found = {row.code: row.process_id or DEFAULT_PROCESS for row in session.execute(query)}
    if unknown := sorted(set(codes) - set(found)):
        raise NotFound("city.no_department", code=", ".join(unknown))
    return found


def categories(session: Session) -> list[Matter]:
    """Categories and sub-categories in order. A sub-category without a department or sector has its category's."""
    rows = list(session.scalars(select(Category).order_by(Category.position, Category.code)))
    by_code = {row.code: row for row in rows}
    found = []
    for row in rows:
        above = by_code[row.parent] if row.parent else row
        department, sector = row.department or above.department, row.sector or above.sector
        found.append(Matter(row.code, row.parent, row.names, department, row.kind, sector, row.emergency,
                            row.retired_at is None and above.retired_at is None, row.department))  # fmt: skip
    return found


def component_classes(session: Session) -> list[Word]:
    rows = session.scalars(select(ComponentClass).order_by(ComponentClass.position, ComponentClass.code))
    return [Word(row.code, row.names, row.owner) for row in rows]


def terms(session: Session, kind: str) -> list[Word]:
    """The coded words of one kind: SECTOR, SUBMISSION, CONSULTATION_TOPIC."""
    rows = session.scalars(select(Term).where(Term.kind == kind).order_by(Term.position, Term.code))
    return [Word(row.code, row.names) for row in rows]


def labels(session: Session) -> dict[str, Mapping[str, str]]:
    """Every code of the city with its names by language: districts, streets, departments, categories, components.

    One dictionary for showing codes to people; read it once a request or keep it for some seconds.
    """
    found: dict[str, Mapping[str, str]] = {}
    for model in (District, Department, Category, ComponentClass):
        found |= {row.code: row.names for row in session.execute(select(model.code, model.names))}
    for streets in session.scalars(select(District.streets)):
        found |= {street["code"]: street["names"] for street in streets}
    return found


def known_groups(session: Session) -> frozenset[str]:
    """What diagrams may name as candidate groups: departments, and roles that may read a case (`Registry.groups`).
    Who draws diagrams must not give citizens' cases to themselves."""
    return frozenset(role.value for role in ACTIONS["case.read"]) | frozenset(session.scalars(select(Department.code)))
