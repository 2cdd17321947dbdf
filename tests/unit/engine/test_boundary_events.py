"""Boundary events, interrupting or not."""

from tests.unit.engine.writing import (
    Story,
    boundary,
    end,
    error,
    gateway,
    mapping,
    message,
    on_error,
    on_message,
    on_timer,
    one,
    service,
    start,
    sub,
    user,
)

M = message("m", "=k")


def test_a_non_interrupting_boundary_event_fires_as_often_as_it_is_hit() -> None:
    """Stock: once."""
    text = one(
        start(),
        user("a"),
        boundary("b", "a", on_message("m"), False),
        user("h"),
        end(),
        flows="s > a > e; b > h > e",
        top=M,
    )
    story = Story(text).start({"k": "k"})
    for times in (1, 2, 3):
        story.deliver("m")
        assert story.open == ["a"] + ["h"] * times
    story.done("a")
    assert story.waits == []
    assert story.done("h").done("h").done("h").over


def test_the_boundary_event_sees_the_input_mapping_of_its_activity() -> None:
    text = one(
        start(),
        user("a", mapping({"mine": '="x" + k'})),
        boundary("b", "a", on_message("m"), False),
        user("h"),
        end(),
        flows="s > a > e; b > h > e",
        top=message("m", "=mine"),
    )
    assert Story(text).start({"k": "1"}).waits == [("m", "x1")]


def test_an_interrupted_sub_process_leaves_nothing_behind_and_may_start_again() -> None:
    text = one(
        start(),
        sub(
            "A",
            start("as"),
            gateway("f", "parallel"),
            user("u1"),
            user("u2"),
            sub(
                "N",
                start("ns"),
                user("n"),
                boundary("nb", "n", on_timer("PT5H")),
                end("ne"),
                flows="ns > n > ne; nb > ne",
            ),
            end("ae"),
            flows="as > f; f > u1 > ae; f > u2 > ae; f > N > ae",
        ),
        boundary("b", "A", on_message("m")),
        user("fix"),
        end(),
        flows="s > A > e; b > fix > A",
        top=M,
    )
    story = Story(text).start({"k": "k"})
    for why in range(3):
        assert story.open == ["n", "u1", "u2"]
        story.done("u1").deliver("m", why=why)
        assert (story.open, story.waits, story.timers) == (["fix"], [], {})
        assert {s.cause for s in story.moved.steps if s.state == "cancelled"} == {"b"}
        story.done("fix")
    assert story.done("u1").done("u2").done("n").over


def test_an_interrupting_event_cancels_what_was_ready_within_the_same_step() -> None:
    """Stock runs a list made beforehand: the cancelled task's operation would be called all the same."""
    text = one(
        start(),
        sub(
            "A",
            start("as"),
            gateway("f", "parallel"),
            end("boom", on_error("E")),
            service("op"),
            end("ae"),
            flows="as > f; f > boom; f > op > ae",
        ),
        boundary("b", "A", on_error("E")),
        user("h"),
        end(),
        flows="s > A > e; b > h > e",
        top=error("E", "x"),
    )
    story = Story(text).start()
    assert story.open == ["h"]
    assert story.calls == []
