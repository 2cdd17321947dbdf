"""Inclusive gateways: every true branch, and a join that waits for whatever can still come."""

import pytest

from app.workflow.engine import Fault
from tests.unit.engine.writing import (
    Story,
    boundary,
    catch,
    end,
    flow,
    gateway,
    message,
    on_message,
    on_timer,
    one,
    start,
    sub,
    user,
)

FORK = gateway("g", "inclusive", default=flow("g", "c"))
JOIN = gateway("h", "inclusive")
THREE = (FORK, user("a"), user("b"), user("c"), JOIN, user("z"))
BRANCHES = "g > a [=x > 0]; g > b [=x > 1]; g > c; a > h; b > h; c > h; h > z"


def story(x: object) -> Story:
    return Story(one(start(), *THREE, end(), flows=f"s > g; {BRANCHES}; z > e")).start({"x": x})


def test_every_true_branch_is_taken_and_the_default_only_when_none_is() -> None:
    assert story(2).open == ["a", "b"]
    assert story(1).open == ["a"]
    assert story(0).open == ["c"]
    assert story(None).open == ["c"]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_the_join_waits_for_those_taken_alone(order: str) -> None:
    asked = story(2)
    assert asked.done(order[0]).open == [order[1]]
    assert asked.done(order[1]).open == ["z"]
    assert asked.done("z").over
    assert story(1).done("a").open == ["z"]


def test_without_a_true_condition_or_default_it_is_an_incident() -> None:
    text = one(start(), gateway("g", "inclusive"), user("a"), end(), flows="s > g; g > a [=x]; g > e [=x]; a > e")
    with pytest.raises(Fault, match="no default flow"):
        Story(text).start({"x": False})
    with pytest.raises(Fault, match="not true or false"):
        Story(text).start({"x": 1})


@pytest.mark.parametrize("x", [0, 1, 2])
def test_rework_around_the_join_starts_every_round_anew(x: int) -> None:
    text = one(
        start(), gateway("i"), user("u"), *THREE, gateway("q", default=flow("q", "e")), end(),
        flows=f"s > i > u > g; {BRANCHES}; z > q; q > i [=again]; q > e",
    )  # fmt: skip
    taken = {0: "c", 1: "a", 2: "ab"}[x]
    asked = Story(text).start({"x": x})
    for n in range(4):
        asked.done("u")
        for task in taken if n % 2 else reversed(taken):
            assert "z" not in asked.open
            asked.done(task)
        assert asked.done("z", again=n < 3).over == (n == 3)


def test_a_branch_with_a_loop_of_its_own_is_waited_for() -> None:
    text = one(
        start(), FORK, user("a"), gateway("la"), gateway("lo", default=flow("lo", "h")), user("b"), user("c"), JOIN,
        user("z"), end(),
        flows="s > g; g > la [=x > 0]; la > a > lo; lo > la [=again]; lo > h; g > b [=x > 1]; g > c; b > h; c > h;"
        "h > z > e",
    )  # fmt: skip
    asked = Story(text).start({"x": 2}).done("b")
    for _ in range(3):
        assert asked.done("a", again=True).open == ["a"]
    assert asked.done("a", again=False).open == ["z"]


def test_a_branch_that_ends_elsewhere_is_waited_for_until_it_does() -> None:
    text = one(
        start(), FORK, user("a"), gateway("q", default=flow("q", "h")), end("out"), user("b"), user("c"), JOIN,
        user("z"), end(),
        flows="s > g; g > a [=x > 0]; a > q; q > h; q > out [=gone]; g > b [=x > 1]; g > c; b > h; c > h; h > z > e",
    )  # fmt: skip
    asked = Story(text).start({"x": 2}).done("b")
    assert asked.open == ["a"]
    assert asked.done("a", gone=True).open == ["z"]


def test_a_boundary_event_s_way_to_the_join_is_waited_for() -> None:
    text = one(
        start(), FORK, user("a"), boundary("late", "a", on_timer("PT1H")), user("fix"), user("b"), user("c"), JOIN,
        user("z"), end(),
        flows="s > g; g > a [=x > 0]; g > b [=x > 1]; g > c; a > h; b > h; c > h; late > fix > h; h > z > e",
    )  # fmt: skip
    asked = Story(text).start({"x": 2}).done("b")
    assert asked.open == ["a"]
    assert asked.after(hours=1).open == ["fix"]
    assert asked.done("fix").open == ["z"]
    assert Story(text).start({"x": 2}).done("b").done("a").open == ["z"]


def test_work_beside_the_block_in_the_same_loop_holds_nothing_up() -> None:
    """The task `d` leads back to the fork and so to every branch, but passes the join's own rounds only."""
    text = one(
        start(), gateway("i"), gateway("f", "parallel"), user("d"), *THREE, gateway("j", "parallel"),
        gateway("q", default=flow("q", "e")), end(),
        flows=f"s > i > f > g; f > d > j; {BRANCHES}; z > j > q; q > i [=again]; q > e",
    )  # fmt: skip
    asked = Story(text).start({"x": 1}).done("a")
    assert asked.open == ["d", "z"]
    assert asked.done("z").done("d", again=True).open == ["a", "d"]


def test_an_inclusive_gateway_may_join_and_fork_at_once() -> None:
    text = one(
        start(), gateway("f", "parallel"), user("a"), user("b"), gateway("m", "inclusive"), user("c"), user("d"), end(),
        flows="s > f; f > a > m; f > b > m; m > c [=true]; m > d [=true]; c > e; d > e",
    )  # fmt: skip
    asked = Story(text).start().done("b")
    assert asked.open == ["a"]
    assert asked.done("a").open == ["c", "d"]
    assert asked.trace("completed") == ["completed a", "completed m", "completed m"]


def test_the_join_stands_in_its_own_scope_and_goes_with_it() -> None:
    fork = gateway("g", "inclusive", default=flow("g", "c", "A"))
    inner = sub("A", start("as"), fork, *THREE[1:], end("ae"), flows=f"as > g; {BRANCHES}; z > ae")
    text = one(start(), inner, boundary("b1", "A", on_message("m")), catch("w", on_timer("PT1H")), end("pe"),
               flows="s > A > pe; b1 > w > pe", top=message("m", "=k"))  # fmt: skip
    asked = Story(text).start({"x": 2, "k": "k"}).done("a")
    assert asked.deliver("m").open == []
    assert asked.after(hours=1).over
    assert Story(text).start({"x": 2, "k": "k"}).done("b").done("a").done("z").over
