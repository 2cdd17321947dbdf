"""Event sub-processes, interrupting or not, nested, by message and timer."""

from datetime import timedelta

from tests.unit.engine.writing import (
    T0,
    Story,
    boundary,
    call,
    diagram,
    end,
    event_sub,
    mapping,
    message,
    on_message,
    on_timer,
    one,
    process,
    start,
    sub,
    user,
)

M = message("m", "=k")


def test_event_sub_processes_interrupt_only_when_they_should() -> None:
    """Stock ignores isInterrupting, and fires once."""
    text = one(
        start(),
        user("a"),
        end(),
        event_sub("R", on_message("remind"), user("r"), end("re"), flows="R_start > r > re", interrupting=False),
        event_sub("K", on_message("kill"), user("kt"), end("ke"), flows="K_start > kt > ke"),
        flows="s > a > e",
        top=message("remind", "=k") + message("kill", "=k"),
    )
    story = Story(text).start({"k": "k"}).deliver("remind", n=1).deliver("remind")
    assert story.open == ["a", "r", "r"]
    story.done("r").done("a")
    assert story.open == ["r"]
    assert story.done("r").over
    story.start({"k": "k"}).deliver("remind").deliver("kill")
    assert (story.open, story.waits) == (["kt"], [])
    assert story.done("kt").over


def test_event_sub_processes_work_inside_sub_processes() -> None:
    """Stock never starts nested message ones."""
    inner = event_sub("R", on_message("m"), user("r"), end("re"), flows="R_start > r > re", interrupting=False)
    text = one(
        start(),
        sub("A", start("as"), user("a"), end("ae"), inner, flows="as > a > ae"),
        end(),
        flows="s > A > e",
        top=M,
    )
    story = Story(text).start({"k": "k"}).deliver("m")
    assert story.open == ["a", "r"]
    assert story.done("r").done("a").over


def test_event_sub_processes_by_timer() -> None:
    nag = event_sub(
        "R", on_timer("R/P1D", "timeCycle"), user("nag"), end("re"), flows="R_start > nag > re", interrupting=False
    )
    late = event_sub("D", on_timer("=deadline_at", "timeDate"), user("late"), end("de"), flows="D_start > late > de")
    text = one(
        start(),
        sub("A", start("as"), user("a"), end("ae"), late, nag, flows="as > a > ae"),
        user("z"),
        end(),
        flows="s > A > z > e",
    )
    story = Story(text).start({"deadline_at": T0 + timedelta(days=3)})
    story.after(days=1, minutes=1).after(days=1)
    assert story.open == ["a", "nag", "nag"]
    story.after(days=2)
    assert (story.open, story.timers) == (["late"], {})
    assert story.done("late").open == ["z"]


def test_the_payload_of_an_event_sub_process_goes_through_its_start_events_mapping() -> None:
    more = mapping(None, {"reason": "=why"})
    text = one(
        start(),
        user("a"),
        end(),
        event_sub("K", on_message("m"), user("u"), end("ke"), flows="K_start > u > ke", more=more),
        flows="s > a > e",
        top=M,
    )
    assert Story(text).start({"k": "k"}).deliver("m", why="late", junk=1).variables == {"k": "k", "reason": "late"}


def test_a_called_process_hears_its_own_messages_and_falls_with_its_caller() -> None:
    outer = diagram(
        M,
        process(
            "p",
            start(),
            call("c", "q"),
            boundary("b", "c", on_timer("PT1H")),
            user("h"),
            end(),
            flows="s > c > e; b > h > e",
        ),
    )
    inner = diagram(
        M,
        process(
            "q",
            start(),
            user("u"),
            end(),
            event_sub("R", on_message("m"), user("r"), end("re"), flows="R_start > r > re", interrupting=False),
            flows="s > u > e",
        ),
    )
    story = Story(outer, inner).start({"k": "k"}).deliver("m")
    assert story.open == ["r", "u"]
    story.after(hours=2)
    assert (story.open, story.waits) == (["h"], [])
