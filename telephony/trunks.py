"""Ways to the outside: how many calls each carries now, and which takes one more. Pure."""

from collections.abc import Collection, Iterable

from app.contacts import TrunkPlan
from telephony.calls import Call, Stage


def carried(calls: Iterable[Call], trunk: str) -> int:
    """Lines of the trunk in use: citizens who came by it, and numbers outside that are rung or talked to by it."""
    live = (call for call in calls if call.stage is not Stage.ENDED)
    return sum((call.trunk == trunk) + sum(leg.trunk == trunk for leg in call.legs.values()) for call in live)


def is_full(trunk: TrunkPlan, calls: Iterable[Call]) -> bool:
    """`lines` 0: as many calls as come."""
    return bool(trunk.lines) and carried(calls, trunk.name) >= trunk.lines


def way_out(trunks: Iterable[TrunkPlan], calls: Collection[Call], away: Collection[str]) -> TrunkPlan | None:
    """The first by name that has a free line; one that does not answer (`away`) only when no other is left."""
    free = [trunk for trunk in trunks if trunk.outward and not is_full(trunk, calls)]
    return min(free, key=lambda trunk: trunk.name in away, default=None)
