"""Errors walk outward from where they are thrown. Ends of scopes: terminate, cancel."""

import pytest

from app.workflow.engine import Cancel, Fault, Status
from tests.unit.engine.writing import (
    TERMINATE,
    Story,
    boundary,
    call,
    diagram,
    end,
    error,
    event_sub,
    gateway,
    mapping,
    message,
    on_error,
    on_message,
    on_timer,
    one,
    process,
    script,
    service,
    start,
    sub,
    user,
)

M = message("m", "=k")


def failing(name: str) -> str:
    return sub(
        name,
        start(f"{name}s"),
        gateway(f"{name}p", "parallel"),
        user(f"{name}u"),
        user(f"{name}w"),
        end(f"{name}e", on_error("E")),
        end(f"{name}f"),
        flows=f"{name}s > {name}p; {name}p > {name}u > {name}e; {name}p > {name}w > {name}f",
    )


def test_an_error_is_caught_by_its_own_handler_not_by_its_neighbours() -> None:
    """Stock triggers both."""
    text = one(
        start(),
        gateway("g", "parallel"),
        failing("A"),
        failing("B"),
        boundary("bA", "A", on_error("E")),
        boundary("bB", "B", on_error("E")),
        user("hA"),
        user("hB"),
        end(),
        flows="s > g; g > A > e; g > B > e; bA > hA > e; bB > hB > e",
        top=error("E", "x1"),
    )
    story = Story(text).start().done("Au")
    assert story.open == ["Bu", "Bw", "hA"]
    assert [s.cause for s in story.moved.steps if s.state == "fired"] == ["Ae"]


def test_an_error_walks_outward_and_prefers_its_own_code() -> None:
    text = one(
        start(),
        sub(
            "A",
            start("as"),
            sub("B", start("bs"), service("j", "outside"), end("be"), flows="bs > j > be"),
            end("ae"),
            flows="as > B > ae",
        ),
        boundary("any", "A", on_error()),
        boundary("x", "A", on_error("X")),
        user("h_any"),
        user("h_x"),
        end(),
        flows="s > A > e; any > h_any > e; x > h_x > e",
        top=error("X", "x"),
    )
    assert Story(text).start().job_failed("j", "x", why="no").open == ["h_x"]
    story = Story(text).start().job_failed("j", "y")
    assert story.open == ["h_any"]


def test_an_error_event_sub_process_takes_what_its_scope_throws_but_not_its_own() -> None:
    handler = event_sub("H", on_error("E"), user("h"), end("he", on_error("E")), flows="H_start > h > he")
    text = one(
        start(),
        sub("A", start("as"), service("j", "outside"), end("ae"), handler, flows="as > j > ae"),
        boundary("b", "A", on_error("E")),
        user("outer"),
        end(),
        flows="s > A > e; b > outer > e",
        top=error("E", "x"),
    )
    story = Story(text).start().job_failed("j", "x")
    assert story.open == ["h"]
    assert story.done("h").open == ["outer"]


def test_an_error_leaves_a_called_process() -> None:
    outer = diagram(
        error("E", "x"),
        process(
            "p",
            start(),
            call("c", "q"),
            boundary("b", "c", on_error("E")),
            user("h"),
            end(),
            flows="s > c > e; b > h > e",
        ),
    )
    inner = diagram(error("E", "x"), process("q", start(), user("u"), end("e", on_error("E")), flows="s > u > e"))
    assert Story(outer, inner).start().done("u").open == ["h"]


def test_an_error_nobody_catches_is_a_fault() -> None:
    story = Story(one(start(), service("j", "outside"), end(), flows="s > j > e")).start()
    with pytest.raises(Fault, match="not caught") as caught:
        story.job_failed("j", "other")
    assert caught.value.element == "j"


def test_terminate_ends_its_scope_at_once() -> None:
    text = one(
        start(),
        sub(
            "A",
            start("as"),
            gateway("g", "parallel"),
            user("u"),
            user("v"),
            end("stop", TERMINATE),
            end("ae"),
            flows="as > g; g > u > stop; g > v > ae",
        ),
        user("z"),
        end(),
        flows="s > A > z > e",
    )
    story = Story(text).start().done("u")
    assert story.open == ["z"]
    assert [(s.element, s.cause) for s in story.moved.steps if s.state == "cancelled"] == [("v", "stop")]


def test_cancelling_ends_everything() -> None:
    text = one(
        start(),
        gateway("g", "parallel"),
        sub("A", start("as"), user("u"), end("ae"), flows="as > u > ae"),
        boundary("b", "A", on_timer("PT1H")),
        boundary("c", "A", on_message("m"), False),
        service("j", "outside"),
        end(),
        flows="s > g; g > A > e; g > j > e; b > e; c > e",
        top=M,
    )
    story = Story(text).start({"k": "k"}).move(Cancel())
    assert story.moved.status is Status.CANCELLED
    assert story.moved.state is None
    assert sorted(s.element for s in story.moved.steps) == ["A", "b", "c", "j", "u"]


def test_variables_of_a_script_inside_a_sub_process_stay_local_when_declared_there() -> None:
    text = one(
        start(),
        sub(
            "A",
            start("as"),
            script("c", "=n + 1", "n"),
            user("u"),
            end("ae"),
            flows="as > c > u > ae",
            more=mapping({"n": "=10"}),
        ),
        user("z"),
        end(),
        flows="s > A > z > e",
    )
    story = Story(text).start({"n": 1})
    assert story.seen_from("u")["n"] == 11
    assert story.done("u").variables == {"n": 1}
