"""Hot spots are made known (V10): to the public and the media, and to leaders, duty monitors and departments' heads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app import audit, city
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import derived_id
from app.identity import Actor, Role, can, users_with
from app.identity.permissions import district_prefixes
from app.messaging import Channel, Message, person, send
from app.reports.figures import Span
from app.reports.hot_spots import LEAST, Spot, SpotKind, hot_spots
from app.reports.models import HotSpotBulletin

KIND = "BULLETIN"
LONGEST = 2000
PAGE = 20
_TOLD = (Role.LEADER, Role.SHIFT_SUPERVISOR, Role.DEPARTMENT_HEAD)
Key = tuple[str, str]
"""(topic, district) of a spot."""


def publishable(session: Session, actor: Actor, span: Span, kind: SpotKind = SpotKind.HOT) -> list[Spot]:
    """Spots of which enough is not confidential to be counted in public."""
    return [spot for spot in hot_spots(session, actor, span, kind=kind) if spot.public >= LEAST]


def publish(
    session: Session, span: Span, keys: Sequence[Key], text: str, *, actor: Actor, now: datetime, command_id: UUID
) -> HotSpotBulletin:
    """Make these spots public as they are counted now; the same command again is the same bulletin.

    Raises Forbidden (not the whole city's leader), Invalid (no spot, no words)."""
    _require(actor)
    bulletin_id = derived_id("bulletin", command_id)
    if (made := session.get(HotSpotBulletin, bulletin_id)) is not None:
        return made
    words = text.strip()
    if not 2 <= len(words) <= LONGEST:
        raise Invalid("reports.bulletin.text", {"text": ("reports.bulletin.text", {})})
    known = {(spot.topic, spot.district): spot for kind in SpotKind for spot in publishable(session, actor, span, kind)}
    chosen = [known[key] for key in dict.fromkeys(keys) if key in known]
    if not chosen:
        raise Invalid("reports.bulletin.spots")
    bulletin = HotSpotBulletin(
        id=bulletin_id, first_day=span.first, last_day=span.last, text=words, entries=_entries(session, chosen),
        published_at=now, published_by=actor.id, published_by_name=actor.name,
    )  # fmt: skip
    session.add(bulletin)
    session.flush()
    _record(session, bulletin, "bulletin.published", actor, now, {"spots": len(chosen)}, command_id)
    _tell(session, bulletin, now)
    return bulletin


def withdraw(session: Session, bulletin_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Take it out of the public's sight; it stays in the house. Raises Forbidden, NotFound, Conflict."""
    _require(actor)
    bulletin = session.get(HotSpotBulletin, bulletin_id, with_for_update=True)
    if bulletin is None:
        raise NotFound("reports.unknown")
    if bulletin.withdrawn_at is not None:
        raise Conflict("reports.bulletin.withdrawn")
    bulletin.withdrawn_at, bulletin.withdrawn_by, bulletin.withdrawn_by_name = now, actor.id, actor.name
    _record(session, bulletin, "bulletin.withdrawn", actor, now, {})


def public_bulletins(
    session: Session, *, after: tuple[datetime, UUID] | None = None, limit: int = PAGE
) -> list[HotSpotBulletin]:
    """What anybody may read, the newest first."""
    newest = select(HotSpotBulletin).where(HotSpotBulletin.withdrawn_at.is_(None))
    return _page(session, newest, after, limit)


def all_bulletins(
    session: Session, *, after: tuple[datetime, UUID] | None = None, limit: int = PAGE
) -> list[HotSpotBulletin]:
    """Those taken back, too."""
    return _page(session, select(HotSpotBulletin), after, limit)


def _page(session: Session, query: Any, after: tuple[datetime, UUID] | None, limit: int) -> list[HotSpotBulletin]:
    if after is not None:
        query = query.where(tuple_(HotSpotBulletin.published_at, HotSpotBulletin.id) < tuple_(*after))
    rows = query.order_by(HotSpotBulletin.published_at.desc(), HotSpotBulletin.id.desc()).limit(limit)
    return list(session.scalars(rows))


def _require(actor: Actor) -> None:
    """What is made public speaks for the whole city, so a grant for a part of it is not enough."""
    if not can(actor, "hotspots.publish") or district_prefixes(actor) is not None:
        raise Forbidden("identity.refused.hotspots.publish")


def _entries(session: Session, spots: Sequence[Spot]) -> list[dict[str, Any]]:
    """Only what may be known by everybody: names and counts, without what is confidential."""
    topics = {each.code: dict(each.names) for each in city.categories(session)}
    places: dict[str, Mapping[str, str]] = {}
    for each in city.districts(session):
        places[each.code] = each.names
        places |= {street["code"]: street["names"] for street in each.streets}
    return [
        {
            "topic": spot.topic, "district": spot.district, "names": topics.get(spot.topic, {}),
            "place": _place(spot.district, places), "count": spot.public, "before": spot.public_before,
            "kinds": [kind.value for kind in spot.kinds()],
        }
        for spot in spots
    ]  # fmt: skip


def _place(path: str, places: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The district and the street in it, by language."""
    parts = path.split("/")
    steps = [places.get("/".join(parts[:depth]), {}) for depth in range(2, len(parts) + 1)] or [places.get(path, {})]
    return {
        language: gap.join(names.get(language) or names.get("en", "") for names in steps).strip()
        for language, gap in (("en", " · "), ("zh-CN", ""))
    }


def _record(
    session: Session, bulletin: HotSpotBulletin, kind: str, actor: Actor, now: datetime, result: Mapping[str, Any],
    command_id: UUID | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, bulletin.id, kind, actor=actor, now=now, command_id=command_id, result=dict(result),
        stream_kind="bulletin", stream_name=f"{bulletin.first_day} – {bulletin.last_day}",
    )  # fmt: skip


def _tell(session: Session, bulletin: HotSpotBulletin, now: datetime) -> None:
    """Leaders and offices hear of it, once."""
    people = {user.id: user for role in _TOLD for user in users_with(session, role) if user.id != bulletin.published_by}
    params = {
        "first": bulletin.first_day.isoformat(), "last": bulletin.last_day.isoformat(), "n": len(bulletin.entries),
    }  # fmt: skip
    message = Message(KIND, "bulletin", bulletin.id, "reports.notice.bulletin", params)
    send(session, message, map(person, people.values()), (Channel.LIVE,), occasion=f"bulletin:{bulletin.id}", now=now)
