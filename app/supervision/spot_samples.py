"""Samples of closed orders for spot checks (V11): drawn by lot within each department, recorded with seed and
population, so that anybody can draw them again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import audit
from app.cases.models import WorkOrder
from app.core.errors import Conflict, Invalid
from app.core.ids import derived_id
from app.identity import Actor, Scope, require
from app.identity.permissions import district_prefixes
from app.supervision.models import SpotCheck, SpotSample
from app.supervision.sampling import draw, fingerprint

STREAM = "spot_check"
MOST = 500
"""Orders in one sample."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw from: orders reported back on these days of the city, of one department or all."""

    first_day: date
    last_day: date
    size: int
    department: str | None = None
    district: str | None = None


def draw_sample(
    session: Session, wanted: Draw, *, actor: Actor, now: datetime, zone: tzinfo, command_id: UUID, seed: str = ""
) -> SpotSample:
    """Draw and record a sample; the same command again draws nothing. Raises Forbidden, Invalid, Conflict."""
    require(actor, "spotcheck.draw", Scope(wanted.district))
    sample_id = derived_id("spot_sample", command_id)
    if (known := session.get(SpotSample, sample_id)) is not None:
        return known
    _sound(wanted, now.astimezone(zone).date())
    population = population_of(session, wanted, now, zone)
    if not any(population.values()):
        raise Conflict("supervision.check.nothing_closed")
    seed = seed or token_hex(8)
    drawn = draw(population, wanted.size, seed)
    strata = [{"department": code, "population": len(population[code]), "drawn": len(drawn[code])}
              for code in sorted(population)]  # fmt: skip
    sample = SpotSample(
        id=sample_id, department=wanted.department, district=wanted.district, first_day=wanted.first_day,
        last_day=wanted.last_day, size=wanted.size, seed=seed, population=sum(map(len, population.values())),
        population_hash=fingerprint(population), strata=strata, drawn_at=now, drawn_by=actor.id,
        drawn_by_name=actor.name,
    )  # fmt: skip
    session.add(sample)
    session.flush()
    chosen = [order_id for ids in drawn.values() for order_id in ids]
    for order in session.scalars(select(WorkOrder).where(WorkOrder.id.in_(chosen))):
        session.add(SpotCheck(
            id=derived_id("spot_check", sample_id, order.id), sample_id=sample_id, order_id=order.id,
            case_id=order.case_id, department=order.department, district=order.district, state="OPEN", findings=[],
            note="",
        ))  # fmt: skip
    session.flush()
    told = {"seed": seed, "size": wanted.size, "population": sample.population, "strata": strata,
            "population_hash": sample.population_hash.hex()}  # fmt: skip
    record(session, sample_id, "spot_sample.drawn", told, actor, now, command_id)
    return sample


def redraw(session: Session, sample: SpotSample, zone: tzinfo) -> bool:
    """Does drawing again give the same orders from the same population? What a doubter asks."""
    wanted = Draw(sample.first_day, sample.last_day, sample.size, sample.department, sample.district)
    population = population_of(session, wanted, sample.drawn_at, zone)
    drawn = {each for ids in draw(population, sample.size, sample.seed).values() for each in ids}
    kept = set(session.scalars(select(SpotCheck.order_id).where(SpotCheck.sample_id == sample.id)))
    return drawn == kept and fingerprint(population) == sample.population_hash


def population_of(session: Session, wanted: Draw, at: datetime, zone: tzinfo) -> dict[str, list[UUID]]:
    """Ids by department of what had been reported back, and not been drawn, by that moment."""
    start, stop = (datetime.combine(day, time(), zone)
                   for day in (wanted.first_day, wanted.last_day + timedelta(days=1)))  # fmt: skip
    drawn = exists().where(
        SpotCheck.order_id == WorkOrder.id, SpotSample.id == SpotCheck.sample_id, SpotSample.drawn_at < at
    )
    query = select(WorkOrder.id, WorkOrder.department).where(
        WorkOrder.outcome == "REPORTED_BACK", WorkOrder.ended_at >= start, WorkOrder.ended_at < min(stop, at), ~drawn
    )
    if wanted.department:
        query = query.where(WorkOrder.department == wanted.department)
    if wanted.district:
        inside = WorkOrder.district.startswith(f"{wanted.district}/", autoescape=True)
        query = query.where((WorkOrder.district == wanted.district) | inside)
    found: dict[str, list[UUID]] = {}
    for order_id, department in session.execute(query):
        found.setdefault(department, []).append(order_id)
    return found


def _sound(wanted: Draw, today: date) -> None:
    if not wanted.first_day <= wanted.last_day <= today:
        raise Invalid("supervision.check.days", {"last_day": ("supervision.check.days", {})})
    if not 1 <= wanted.size <= MOST:
        raise Invalid("supervision.check.size", {"size": ("supervision.check.size", {"most": MOST})}, most=MOST)


def district_of(actor: Actor) -> str | None:
    """Where a supervisor draws: the whole city, or their own first district."""
    prefixes = district_prefixes(actor)
    return None if prefixes is None else next(iter(prefixes), "-")


def record(
    session: Session, stream: UUID, kind: str, told: Mapping[str, Any], actor: Actor, now: datetime, command_id: UUID,
    **personal: str,
) -> None:  # fmt: skip
    """A row in the stream of a sample or a check; what people wrote stays erasable."""
    changes = {name: {"old": None, "new": value} for name, value in told.items()}
    audit.record(
        session, stream, kind, actor=actor, now=now, command_id=command_id, changes=changes, stream_kind=STREAM,
        personal={name: {"old": None, "new": words} for name, words in personal.items() if words},
    )  # fmt: skip
