"""Who gets the call, as mathematics: for any queue, any agents and any rules."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts import AgentPlan, GroupPlan
from telephony.distribute import WISH_SECONDS, Free, Verdict, Waiting, distribute, place_of, rings

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
GROUPS = ("GENERAL", "REPAIR", "ENGLISH")
AREAS = ("jz/dongcheng", "jz/xicheng", "jz/nanhu")

ids = st.uuids(version=4)
seconds = st.integers(0, 400)
rules = st.builds(
    GroupPlan,
    st.just(""),
    st.just({}),
    strategy=st.sampled_from(("LONGEST_IDLE", "ROUND_ROBIN", "RING_ALL", "SKILL")),
    area_seconds=st.integers(0, 60),
    overflow_to=st.sampled_from((None, *GROUPS)),
    overflow_seconds=st.integers(0, 90),
    longest_wait_seconds=st.integers(100, 300),
)
groups = st.fixed_dictionaries(dict.fromkeys(GROUPS, rules))
waiting = st.lists(
    st.builds(
        lambda call, group, waited, priority, district: Waiting(
            call, group, NOW - timedelta(seconds=waited), priority, district
        ),
        ids, st.sampled_from(GROUPS), seconds, st.integers(0, 10), st.sampled_from((None, *AREAS)),
    ),
    max_size=12, unique_by=lambda one: one.call,
)  # fmt: skip
free = st.lists(
    st.builds(
        lambda agent, skills, areas, idle: Free(
            AgentPlan(agent, "", "", "", skills, tuple(areas)), NOW - timedelta(seconds=idle)
        ),
        ids, st.dictionaries(st.sampled_from(GROUPS), st.integers(1, 9)),
        st.lists(st.sampled_from(AREAS), max_size=2, unique=True), seconds,
    ),
    max_size=8, unique_by=lambda one: one.plan.id,
)  # fmt: skip


def able(call: Waiting, agent: Free, rules: GroupPlan) -> bool:
    """By the words of the rules, written another way than the code: may this agent have this call at NOW?"""
    waited = (NOW - call.since).total_seconds()
    if waited >= rules.overflow_seconds and rules.overflow_to in agent.plan.skills and rules.overflow_to != call.group:
        return True
    if call.group not in agent.plan.skills:
        return False
    far = call.district is not None and bool(agent.plan.areas) and call.district not in agent.plan.areas
    return not far or waited >= rules.area_seconds


@pytest.mark.feature("T10", "T30")
@given(waiting, free, groups)
def test_every_offer_keeps_the_rules(calls: list[Waiting], agents: list[Free], plan: dict[str, GroupPlan]) -> None:
    verdict = distribute(calls, agents, plan, NOW)
    by_call, by_agent = {one.call: one for one in calls}, {one.plan.id: one for one in agents}
    offered = [agent for offer in verdict.offers for agent in offer.agents]
    assert len(offered) == len(set(offered)), "nobody rings for two"
    assert len({offer.call for offer in verdict.offers}) == len(verdict.offers)
    for offer in verdict.offers:
        call = by_call[offer.call]
        assert offer.call not in verdict.expired
        assert all(offer.group in by_agent[agent].plan.skills for agent in offer.agents)
        assert all(able(call, by_agent[agent], plan[call.group]) for agent in offer.agents)
        if plan[call.group].strategy != "RING_ALL":
            assert len(offer.agents) == 1


@given(waiting, free, groups)
def test_nobody_able_is_idle_while_somebody_waits(
    calls: list[Waiting], agents: list[Free], plan: dict[str, GroupPlan]
) -> None:
    verdict = distribute(calls, agents, plan, NOW)
    offered = {agent for offer in verdict.offers for agent in offer.agents}
    served = {offer.call for offer in verdict.offers} | set(verdict.expired)
    left = [agent for agent in agents if agent.plan.id not in offered]
    for call in calls:
        if call.call not in served:
            assert not any(able(call, agent, plan[call.group]) for agent in left)


@given(waiting, free, groups)
def test_a_call_is_not_passed_over_for_one_behind_it(
    calls: list[Waiting], agents: list[Free], plan: dict[str, GroupPlan]
) -> None:
    """Whoever is offered to a later call was not able to take an earlier one that got nothing."""
    verdict = distribute(calls, agents, plan, NOW)
    by_agent = {one.plan.id: one for one in agents}
    offers = {offer.call: offer for offer in verdict.offers}
    order = sorted(calls, key=lambda one: (-one.priority, one.since, str(one.call)))
    for n, call in enumerate(order):
        if call.call in offers or call.call in verdict.expired:
            continue
        for later in order[n + 1 :]:
            for agent in offers[later.call].agents if later.call in offers else ():
                assert not able(call, by_agent[agent], plan[call.group])


@given(waiting, free, groups)
def test_calls_expire_on_time_and_the_next_look_is_not_missed(
    calls: list[Waiting], agents: list[Free], plan: dict[str, GroupPlan]
) -> None:
    verdict = distribute(calls, agents, plan, NOW)
    late = {c.call for c in calls if (NOW - c.since).total_seconds() >= plan[c.group].longest_wait_seconds}
    assert set(verdict.expired) == late
    if verdict.again_at is None:
        return
    assert verdict.again_at > NOW
    before = verdict.again_at - timedelta(milliseconds=1)
    rest = [c for c in calls if c.call not in {o.call for o in verdict.offers} | late]
    taken = {agent for offer in verdict.offers for agent in offer.agents}
    idle = [agent for agent in agents if agent.plan.id not in taken]
    between = distribute(rest, idle, plan, before)
    assert (between.offers, between.expired) == ((), ()), "nothing changes before the time it named"


def agent(number: int, areas: tuple[str, ...] = (), idle: int = 10, level: int = 1, last: int | None = None) -> Free:
    plan = AgentPlan(UUID(int=number), "", "", "", {"GENERAL": level}, areas)
    return Free(plan, NOW - timedelta(seconds=idle), None if last is None else NOW - timedelta(seconds=last))


def call(waited: int = 0, **values: object) -> Waiting:
    return Waiting(UUID(int=99), "GENERAL", NOW - timedelta(seconds=waited), **values)  # type: ignore[arg-type]


def taker(verdict: Verdict) -> list[int]:
    return [one.int for offer in verdict.offers for one in offer.agents]


PLAN = {"GENERAL": GroupPlan("GENERAL", {}, area_seconds=10, longest_wait_seconds=100)}


@pytest.mark.feature("T28", "T29")
def test_the_callers_area_comes_first_and_then_anybody() -> None:
    near, far = agent(1, ("jz/dongcheng",), idle=1), agent(2, ("jz/xicheng",), idle=500)
    here = call(district="jz/dongcheng/xinhe")
    assert taker(distribute([here], [near, far], PLAN, NOW)) == [1]
    assert taker(distribute([here], [far], PLAN, NOW)) == []
    assert taker(distribute([call(11, district="jz/dongcheng")], [far], PLAN, NOW)) == [2]
    assert distribute([here], [far], PLAN, NOW).again_at == NOW + timedelta(seconds=10)


@pytest.mark.feature("S16")
def test_a_wish_waits_for_the_one_it_means() -> None:
    meant, other = agent(1), agent(2, idle=900)
    wish = call(5, wish=UUID(int=1))
    assert taker(distribute([wish], [meant, other], PLAN, NOW)) == [1]
    present = frozenset({UUID(int=1)})
    assert taker(distribute([wish], [other], PLAN, NOW, present=present)) == []
    assert taker(distribute([wish], [other], PLAN, NOW)) == [2]
    assert taker(distribute([call(WISH_SECONDS, wish=UUID(int=1))], [other], PLAN, NOW, present=present)) == [2]


@pytest.mark.feature("S26", "S27")
@pytest.mark.parametrize(
    ("strategy", "takers"), [("LONGEST_IDLE", [2]), ("ROUND_ROBIN", [3]), ("SKILL", [1]), ("RING_ALL", [2, 3, 1])]
)
def test_strategies(strategy: str, takers: list[int]) -> None:
    plan = {"GENERAL": GroupPlan("GENERAL", {}, strategy=strategy)}
    agents = [agent(1, idle=5, level=1, last=60), agent(2, idle=50, level=2, last=30), agent(3, idle=20, level=3)]
    assert taker(distribute([call()], agents, plan, NOW)) == takers


def test_who_did_not_lift_is_asked_again_only_after_everybody_else() -> None:
    tried = call(tried=frozenset({UUID(int=2)}))
    assert taker(distribute([tried], [agent(1, idle=1), agent(2, idle=99)], PLAN, NOW)) == [1]
    assert taker(distribute([tried], [agent(2)], PLAN, NOW)) == [2]


def test_the_place_in_the_queue_counts_those_before() -> None:
    first = Waiting(UUID(int=1), "GENERAL", NOW - timedelta(seconds=9))
    urgent = Waiting(UUID(int=2), "GENERAL", NOW, priority=5)
    assert [place_of(one.call, [first, urgent]) for one in (urgent, first)] == [1, 2]
    assert place_of(UUID(int=3), [first]) == 0


@pytest.mark.feature("S24", "S25", "S26", "S27", "S28")
def test_follow_me_rings_at_once_or_one_after_another() -> None:
    numbers = ("8002", "13900000000")
    at_once = AgentPlan(UUID(int=1), "", "", "", follow_me=numbers)
    in_turn = AgentPlan(UUID(int=1), "", "", "", follow_me=numbers, follow_strategy="ROUND_ROBIN")
    assert rings(at_once, "8001") == [("8001", "8002", "13900000000")]
    assert rings(in_turn, "8001") == [("8001",), ("8002",), ("13900000000",)]
    assert rings(at_once, None) == [numbers]
    assert rings(AgentPlan(UUID(int=1), "", "", ""), None) == []
