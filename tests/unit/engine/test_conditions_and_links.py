"""Conditional events fire when their condition becomes true; links are sequence flows drawn apart."""

import pytest

from app.workflow.engine import Fault, SetVariables
from tests.unit.engine.marks import on_condition, on_link, throw
from tests.unit.engine.writing import (
    Story,
    boundary,
    catch,
    end,
    event_sub,
    gateway,
    mapping,
    on_timer,
    one,
    start,
    sub,
    user,
)

BIG = on_condition("=amount > 100")


def test_a_condition_is_waited_for() -> None:
    text = one(start(), gateway("f", "parallel"), user("u"), gateway("m"), gateway("x", default="p_x_e"),
               catch("c", BIG), user("z"), end(),
               flows="s > f; f > m > u > x; x > m [=amount < 1000]; x > e; f > c > z > e")  # fmt: skip
    story = Story(text).start({"amount": 1})
    assert story.done("u", amount=50).open == ["u"]
    assert story.done("u", amount=500).open == ["u", "z"]
    assert Story(text).start({"amount": 101}).open == ["u", "z"]
    assert Story(text).start().open == ["u"]


def test_an_interrupting_boundary_condition_sees_its_host_s_variables() -> None:
    inner = sub("A", start("as"), user("u"), user("v"), end("ae"), flows="as > u > v > ae",
                more=mapping({"limit": "=100"}))  # fmt: skip
    edge = boundary("b", "A", on_condition("=amount > limit"))
    text = one(start(), inner, edge, user("h"), end(), flows="s > A > e; b > h > e")
    assert Story(text).start({"amount": 1}).done("u", amount=101).open == ["h"]
    assert Story(text).start({"amount": 1}).done("u", amount=100).open == ["v"]
    assert Story(text).start({"amount": 200}).open == ["h"]


def test_one_that_does_not_interrupt_fires_each_time_it_becomes_true() -> None:
    text = one(start(), gateway("m"), user("u"), gateway("x", default="p_x_e"), end(), user("h"),
               event_sub("L", BIG, user("lt"), end("le"), flows="L_start > lt > le", interrupting=False),
               boundary("b", "u", BIG, False), end("he"),
               flows="s > m > u > x; x > m [=amount < 9000]; x > e; b > h > he")  # fmt: skip
    story = Story(text).start({"amount": 1})
    assert story.done("u", amount=500).open == ["h", "lt", "u"]
    assert story.move(SetVariables({"amount": 600})).open == ["h", "lt", "u"]
    assert story.move(SetVariables({"amount": 5})).open == ["h", "lt", "u"]
    assert story.move(SetVariables({"amount": 700})).open == ["h", "h", "lt", "lt", "u"]


def test_an_instance_may_wait_for_a_condition_alone() -> None:
    story = Story(one(start(), catch("c", BIG), user("z"), end(), flows="s > c > z > e")).start({"amount": 1})
    assert story.surface.waits == {}
    assert story.move(SetVariables({"amount": 101})).open == ["z"]
    with pytest.raises(Fault, match="not true or false"):
        Story(one(start(), catch("c", on_condition("=amount")), end(), flows="s > c > e")).start({"amount": 1})


def test_a_condition_may_race_a_timer() -> None:
    text = one(start(), gateway("g", "eventBased"), catch("c", BIG), catch("t", on_timer("PT1H")), user("a"), user("b"),
               end(), flows="s > g; g > c > a > e; g > t > b > e")  # fmt: skip
    assert Story(text).start({"amount": 500}).open == ["a"]
    story = Story(text).start({"amount": 5})
    assert story.move(SetVariables({"amount": 500})).open == ["a"]
    assert story.timers == {}


def test_links_are_flows_drawn_apart() -> None:
    text = one(
        start(), user("a"), gateway("x", default="p_x_out"), throw("back", on_link("again")),
        throw("out", on_link("on")), catch("in", on_link("on")), catch("return", on_link("again")), gateway("m"),
        user("z"), end(), flows="s > m; return > m; m > a > x; x > back [=more]; x > out; in > z > e",
    )  # fmt: skip
    story = Story(text).start().done("a", more=True)
    assert story.open == ["a"]
    assert story.done("a", more=False).open == ["z"]
    assert [s.cause for s in story.moved.steps if s.element == "in"] == ["out_link", None]


def test_several_links_may_lead_to_one_place() -> None:
    text = one(start(), gateway("f", "parallel"), throw("l1", on_link("on")), throw("l2", on_link("on")),
               catch("in", on_link("on")), user("z"), end(), flows="s > f > l1; f > l2; in > z > e")  # fmt: skip
    assert Story(text).start().open == ["z", "z"]
