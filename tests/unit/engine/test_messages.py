"""Messages go to one receiver, by name and key."""

import pytest

from app.workflow.engine import Fault, NotOpen
from tests.unit.engine.writing import (
    Story,
    catch,
    end,
    gateway,
    mapping,
    message,
    on_message,
    one,
    receive,
    start,
    sub,
    user,
)

M = message("m", "=k")


def test_a_message_goes_to_exactly_one_waiting_catch_of_its_name_and_key() -> None:
    """Stock satisfies every catch of that name."""
    text = one(
        start(),
        gateway("g", "parallel"),
        sub("A", start("as"), catch("ca", on_message("m")), end("ae"), flows="as > ca > ae"),
        receive("cb", "m", mapping({"k": "other"})),
        catch("cc", on_message("m")),
        gateway("h", "parallel"),
        end(),
        flows="s > g; g > A > h; g > cb > h; g > cc > h; h > e",
        top=M,
    )
    story = Story(text).start({"k": "case-1"})
    assert story.waits == [("m", "case-1"), ("m", "case-1"), ("m", "other")]
    with pytest.raises(NotOpen):
        story.deliver("m", "nobody")
    with pytest.raises(NotOpen):
        story.deliver("another", "case-1")
    story.deliver("m", "case-1", a=1)
    assert len(story.waits) == 2
    story.deliver("m", "case-1", b=2).deliver("m", "other")
    assert story.over


def test_a_number_as_correlation_key_matches_its_text() -> None:
    story = Story(one(start(), receive("r", "m"), end(), flows="s > r > e", top=M)).start({"k": 42})
    assert story.waits == [("m", "42")]
    assert story.deliver("m", "42").over


def test_a_correlation_key_that_is_null_is_a_fault() -> None:
    with pytest.raises(Fault, match="correlation key") as caught:
        Story(one(start(), receive("r", "m"), end(), flows="s > r > e", top=M)).start()
    assert caught.value.element == "r"


def test_a_message_start_tells_its_name_and_starts_where_it_is_drawn() -> None:
    text = one(
        start(),
        start("by_message", on_message("m")),
        user("a"),
        user("b"),
        end(),
        flows="s > a > e; by_message > b > e",
        top=message("m"),
    )
    story = Story(text)
    assert story.compiled.message_starts() == {"m": ("p", "by_message")}
    assert story.start().open == ["a"]
    story.start(at="by_message")
    assert story.open == ["b"]
    assert story.moved.steps[0].cause == "m"
