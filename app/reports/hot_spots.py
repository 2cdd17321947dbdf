"""Hot spots (热点), difficulties (难点) and focuses (焦点) of a span of days: matters and places from which many
reports come, few get solved, or suddenly more come (V10). Read from the counts by day, within everybody's own reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.identity import Actor
from app.reports.figures import Span, reach_of
from app.reports.models import DailySpot

LEAST = 5
"""Fewer reports are no hot spot, and would tell of single citizens if they were made public."""
MOST = 30
"""Spots of each kind."""
_LOOKED_AT = 1000
HARD_SHARE = 0.2
RISE = 2


class SpotKind(StrEnum):
    HOT = "HOT"
    """Most reports."""
    HARD = "HARD"
    """At least a fifth reworked, not solved, or highly supervised."""
    RISING = "RISING"
    """At least twice as many as in the span before."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A kind of matter in a place."""

    topic: str
    district: str
    """The whole path."""
    count: int
    before: int
    """In as many days just before."""
    hard: int
    public: int
    """Of `count`, those not confidential."""
    public_before: int

    @property
    def rising(self) -> bool:
        return self.count >= RISE * max(self.before, 1)

    @property
    def difficult(self) -> bool:
        return self.hard >= HARD_SHARE * self.count

    def kinds(self) -> list[SpotKind]:
        """Every one is hot; beside it what else it is."""
        return [SpotKind.HOT, *([SpotKind.HARD] if self.difficult else []), *([SpotKind.RISING] if self.rising else [])]


def hot_spots(
    session: Session, actor: Actor, span: Span, *, district: str = "", topics: Sequence[str] = (),
    kind: SpotKind = SpotKind.HOT,
) -> list[Spot]:  # fmt: skip
    """At most `MOST`: HOT by how many reports there are, HARD by how many of them are hard, RISING by how many more
    than before. `district` is a path, what lies in it counts too; `topics` are codes of categories. One statement."""
    before = span.before()
    now, earlier = DailySpot.day >= span.first, DailySpot.day < span.first
    count = func.coalesce(func.sum(DailySpot.n).filter(now), 0)
    query = (
        select(
            DailySpot.topic, DailySpot.district, count, func.coalesce(func.sum(DailySpot.n).filter(earlier), 0),
            func.coalesce(func.sum(DailySpot.hard).filter(now), 0),
            func.coalesce(func.sum(DailySpot.open_n).filter(now), 0),
            func.coalesce(func.sum(DailySpot.open_n).filter(earlier), 0),
        )
        .where(reach_of(actor, DailySpot), DailySpot.day.between(before.first, span.last))
        .group_by(DailySpot.topic, DailySpot.district)
        .having(count >= LEAST)
        .order_by(count.desc(), DailySpot.topic, DailySpot.district)
        .limit(_LOOKED_AT)
    )  # fmt: skip
    if district:
        below = DailySpot.district.startswith(f"{district}/", autoescape=True)
        query = query.where(or_(DailySpot.district == district, below))
    if topics:
        query = query.where(DailySpot.topic.in_(topics))
    spots = [Spot(*row) for row in session.execute(query)]
    return _of_kind(spots, kind)[:MOST]


def _of_kind(spots: Sequence[Spot], kind: SpotKind) -> list[Spot]:
    match kind:
        case SpotKind.HOT:
            return list(spots)
        case SpotKind.HARD:
            return sorted((spot for spot in spots if spot.difficult), key=lambda spot: -spot.hard)
        case SpotKind.RISING:
            return sorted((spot for spot in spots if spot.rising), key=lambda spot: spot.before - spot.count)
