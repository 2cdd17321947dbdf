"""Which way a call takes out of the house, and how many calls a way carries."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.contacts import TrunkPlan
from telephony.calls import OUTSIDE, Call, Leg, Stage
from telephony.trunks import carried, is_full, way_out

NAMES = ("pri", "provider", "xicheng")
TRUNKS = st.lists(
    st.builds(TrunkPlan, st.sampled_from(NAMES), outward=st.booleans(), lines=st.integers(0, 3)),
    unique_by=lambda trunk: trunk.name,
)
WAYS = st.sampled_from([*NAMES, None])


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    """Calls by any way, with numbers outside that are rung by any way; some are over."""
    found = []
    for came, rung, stage in draw(st.lists(st.tuples(WAYS, st.lists(WAYS, max_size=2), st.sampled_from(Stage)))):
        legs = [Leg(uuid4().hex, OUTSIDE, trunk=way) for way in rung]
        call = Call(uuid4(), "IN", "1", "2", "channel", datetime(2026, 1, 1, tzinfo=UTC), trunk=came, stage=stage)
        found.append(replace(call, legs={leg.id: leg for leg in legs}))
    return found


@given(TRUNKS, calls(), st.sets(st.sampled_from(NAMES)))
def test_the_way_out_is_open_has_a_free_line_and_answers_if_any_does(
    trunks: list[TrunkPlan], now: list[Call], away: set[str]
) -> None:
    fit = [trunk for trunk in trunks if trunk.outward and (trunk.lines == 0 or carried(now, trunk.name) < trunk.lines)]
    chosen = way_out(trunks, now, away)
    assert (chosen is None) == (not fit)
    if chosen is not None:
        assert chosen in fit
        assert chosen.name not in away or all(trunk.name in away for trunk in fit)


@given(calls())
def test_every_live_call_takes_its_lines_and_no_other(now: list[Call]) -> None:
    live = [call for call in now if call.stage is not Stage.ENDED]
    ways = [call.trunk for call in live] + [leg.trunk for call in live for leg in call.legs.values()]
    for name in NAMES:
        assert carried(now, name) == ways.count(name)
        assert not is_full(TrunkPlan(name, outward=True), now), "as many as come"
