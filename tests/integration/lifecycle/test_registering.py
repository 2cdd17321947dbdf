"""Many hands register at once: every report gets its number, none twice, none missing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text

from app import audit, lifecycle
from app.cases import is_sound
from app.core.errors import Conflict
from app.core.ids import new_id


@pytest.mark.feature("W14")
def test_eight_hands_no_number_twice_none_missing_though_some_fail(desk) -> None:
    """Every third registration fails after its numbers were given, just before the write."""
    turns = {"left": 0}
    counting = threading.Lock()

    def fail_every_third(session, on, steps, elements) -> None:
        with counting:
            turns["left"] += 1
            if turns["left"] % 3 == 0:
                raise RuntimeError("the power went out")

    desk.runtime.on_steps(fail_every_third)
    agent, start = desk.person("agent"), threading.Barrier(8)

    def work(hand: int) -> list[str]:
        start.wait()
        got = []
        for _ in range(5):
            with suppress(Conflict):
                got.append(lifecycle.register(desk.runtime, desk.report, actor=agent).acceptance_no)
        return got

    with ThreadPoolExecutor(8) as pool:
        taken = [number for got in pool.map(work, range(8)) for number in got]
    assert 0 < len(taken) < 40
    assert sorted(int(number[8:13]) for number in taken) == list(range(1, len(taken) + 1))
    assert all(is_sound(number) for number in taken)
    with desk.session() as session:
        stored = set(session.execute(text("select acceptance_no from registration")).scalars())
        assert stored == set(taken)
        assert audit.verify(session) == []


def test_the_same_command_from_two_hands_registers_once(desk) -> None:
    agent, key, start = desk.person("agent"), new_id(), threading.Barrier(2)

    def work(_: int) -> lifecycle.Registered:
        start.wait()
        return lifecycle.register(desk.runtime, desk.report, actor=agent, command_id=key)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(work, range(2))
    assert one.acceptance_no == other.acceptance_no
    assert {one.repeated, other.repeated} == {False, True}
    with pytest.raises(Conflict):
        lifecycle.register(desk.runtime, {**desk.report, "address": "elsewhere"}, actor=agent, command_id=key)
    with desk.session() as session:
        assert session.execute(text("select count(*) from registration")).scalar() == 1
