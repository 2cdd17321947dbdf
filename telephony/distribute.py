"""Who gets the call. Pure: the waiting, the agents and the rules in, offers out.

A call is offered by priority, then by how long it waits. Among the agents of its group those of the caller's area come
first, and for `area_seconds` they are the only ones (T28, T29); then anybody of the group (T30); after
`overflow_seconds` the group's overflow too. A wish (a VIP's own agent, S16) comes before all that. Within a class
the group's strategy decides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.contacts import AgentPlan, GroupPlan

WISH_SECONDS = 20
"""How long a call waits for the one agent it was meant for, while that agent is there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call in the queue."""

    call: UUID
    group: str
    since: datetime
    priority: int = 0
    district: str | None = None
    wish: UUID | None = None
    tried: frozenset[UUID] = frozenset()
    """Agents at whom it rang in vain; they get it again when everybody else was tried."""


@dataclass(frozen=True, slots=True)
class Free:
    """An agent who can take a call now."""

    plan: AgentPlan
    idle_since: datetime
    last_offer: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Ring at these agents, all at once."""

    call: UUID
    group: str
    """The agents' group: the call's, or the one it flowed over to."""
    agents: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    offers: tuple[Offer, ...] = ()
    expired: tuple[UUID, ...] = ()
    """Calls that have waited as long as their group lets them."""
    again_at: datetime | None = None
    """When the same question has another answer though nothing happens."""


def distribute(
    waiting: Iterable[Waiting],
    free: Iterable[Free],
    groups: Mapping[str, GroupPlan],
    now: datetime,
    *,
    present: frozenset[UUID] = frozenset(),
) -> Verdict:
    """`present`: agents who are signed in, free or not: for a wish that is worth waiting for."""
    pool = {one.plan.id: one for one in free}
    offers: list[Offer] = []
    expired: list[UUID] = []
    later: list[datetime] = []
    for call in sorted(waiting, key=lambda one: (-one.priority, one.since, str(one.call))):
        rules = groups.get(call.group)
        if rules is None or now >= call.since + timedelta(seconds=rules.longest_wait_seconds):
            expired.append(call.call)
            continue
        later += [at for at in _turns(call, rules) if at > now]
        if not pool:
            continue
        offer = _offer(call, rules, list(pool.values()), now, present)
        if offer is not None:
            offers.append(offer)
            for agent in offer.agents:
                del pool[agent]
    return Verdict(tuple(offers), tuple(expired), min(later, default=None))


def _turns(call: Waiting, rules: GroupPlan) -> list[datetime]:
    """The moments at which more agents may have the call, or nobody any more."""
    seconds = {rules.area_seconds, rules.overflow_seconds, rules.longest_wait_seconds}
    if call.wish is not None:
        seconds.add(WISH_SECONDS)
    return [call.since + timedelta(seconds=each) for each in seconds]


def _offer(
    call: Waiting, rules: GroupPlan, free: Sequence[Free], now: datetime, present: frozenset[UUID]
) -> Offer | None:
    waited = (now - call.since).total_seconds()
    if call.wish is not None and call.wish not in call.tried:
        if any(one.plan.id == call.wish for one in free):
            return Offer(call.call, call.group, (call.wish,))
        if call.wish in present and waited < WISH_SECONDS:
            return None
    for group in _groups(call, rules, waited):
        able = [one for one in free if group in one.plan.skills]
        able = [one for one in able if one.plan.id not in call.tried] or able
        near = [one for one in able if one.plan.covers(call.district)]
        if near:
            able = near
        elif call.district is not None and waited < rules.area_seconds and group == call.group:
            able = [one for one in able if not one.plan.areas]
        if able:
            return Offer(call.call, group, _choose(able, group, rules.strategy))
    return None


def _groups(call: Waiting, rules: GroupPlan, waited: float) -> list[str]:
    over = rules.overflow_to is not None and waited >= rules.overflow_seconds
    return [call.group, rules.overflow_to] if over and rules.overflow_to else [call.group]


def _choose(able: Sequence[Free], group: str, strategy: str) -> tuple[UUID, ...]:
    """RING_ALL takes everybody. The others take one: LONGEST_IDLE by idle time, ROUND_ROBIN by the last offer, SKILL
    by level and then idle time."""
    if strategy == "RING_ALL":
        return tuple(one.plan.id for one in sorted(able, key=lambda one: one.idle_since))

    def rank(one: Free) -> tuple[float, float, str]:
        idle = one.idle_since.timestamp()
        match strategy:
            case "ROUND_ROBIN":
                return (one.last_offer.timestamp() if one.last_offer else 0.0, idle, str(one.plan.id))
            case "SKILL":
                return (one.plan.skills[group], idle, str(one.plan.id))
            case _:
                return (idle, 0.0, str(one.plan.id))

    return (min(able, key=rank).plan.id,)


def place_of(call: UUID, waiting: Iterable[Waiting]) -> int:
    """How many are served before it, and itself: 1 is next."""
    order = sorted(waiting, key=lambda one: (-one.priority, one.since, str(one.call)))
    return next((n for n, one in enumerate(order, 1) if one.call == call), 0)


def rings(plan: AgentPlan, seat: str | None) -> list[tuple[str, ...]]:
    """Where it rings for an agent, round after round (S24-S28): the seat and the follow-me numbers at once (ALL), or
    one after another (ROUND_ROBIN). Extensions and outside numbers alike, as they were written."""
    numbers = ([seat] if seat else []) + [number for number in plan.follow_me if number != seat]
    if plan.follow_strategy == "ALL":
        return [tuple(numbers)] if numbers else []
    return [(number,) for number in numbers]
