"""Messages, timers, boundary events, event sub-processes, errors, termination."""

from datetime import UTC, datetime, timedelta

import pytest

from app.workflow.engine import Cancel, Fault, FireTimers, NotOpen, Reschedule, Status
from tests.unit.engine.writing import (
    T0,
    TERMINATE,
    Story,
    boundary,
    call,
    catch,
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
    receive,
    script,
    service,
    start,
    sub,
    user,
)

M = message("m", "=k")


# ------------------------------------------------------------------ messages
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


# ------------------------------------------------------------------ timers
def test_a_due_time_is_computed_once_and_fires_when_it_comes() -> None:
    text = one(start(), catch("t", on_timer("=duration(d)")), user("u"), end(), flows="s > t > u > e")
    story = Story(text).start({"d": "PT2H"})
    assert story.timers == {"t": T0 + timedelta(hours=2)}
    story.after(hours=1, minutes=59)
    assert story.open == []
    story.after(minutes=1)
    assert story.open == ["u"]
    assert story.moved.result == {"fired": ["t"]}


def test_a_due_time_may_be_a_date_or_a_text_or_a_duration_of_months() -> None:
    story = Story(one(start(), catch("t", on_timer("=due", "timeDate")), end(), flows="s > t > e"))
    assert story.start({"due": datetime(2026, 2, 1, 8, tzinfo=UTC)}).timers["t"] == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert story.start({"due": "2026-02-01T08:00:00+08:00"}).timers["t"] == datetime(2026, 2, 1, tzinfo=UTC)
    months = Story(one(start(), catch("t", on_timer("P1M")), end(), flows="s > t > e")).start()
    assert months.timers["t"] == datetime(2026, 2, 5, 9, tzinfo=UTC)


def test_a_timer_without_a_time_is_a_fault() -> None:
    story = Story(one(start(), catch("t", on_timer("=due", "timeDate")), end(), flows="s > t > e"))
    for wrong in (None, 7, "soon"):
        with pytest.raises(Fault) as caught:
            story.start({"due": wrong})
        assert caught.value.element == "t"


def test_reminders_repeat_and_the_task_can_be_interrupted_or_rescheduled() -> None:
    text = one(
        start(),
        user("a", mapping({"d": '="P" + string(days) + "D"'})),
        boundary("limit", "a", on_timer("=duration(d)")),
        boundary("remind", "a", on_timer("R3/P2D", "timeCycle"), False),
        user("reminder"),
        user("late"),
        end(),
        flows="s > a > e; limit > late > e; remind > reminder > e",
    )
    story = Story(text).start({"days": 10})
    assert story.timers == {"limit": T0 + timedelta(days=10), "remind": T0 + timedelta(days=2)}
    for _ in range(5):
        story.after(days=1, hours=12)
    assert story.open == ["a", "reminder", "reminder", "reminder"]
    limit = next(t.timer_id for t in story.surface.timers.values() if t.element == "limit")
    later = T0 + timedelta(days=27)
    story.move(Reschedule({limit: later}))
    assert story.timers == {"limit": later}
    story.after(days=10)
    assert "late" not in story.open
    story.after(days=10)
    assert story.open == ["late", "reminder", "reminder", "reminder"]


def test_a_clock_that_slept_catches_up_in_the_order_of_due_times() -> None:
    text = one(
        start(),
        sub("A", start("as"), user("a"), end("ae"), flows="as > a > ae"),
        boundary("two", "A", on_timer("PT2H"), False),
        boundary("nag", "A", on_timer("R/PT1H", "timeCycle"), False),
        boundary("end_it", "A", on_timer("PT3H30M")),
        user("n"),
        user("t"),
        user("x"),
        end(),
        flows="s > A > e; two > t > e; nag > n > e; end_it > x > e",
    )
    story = Story(text).start().after(days=3)
    assert story.moved.result == {"fired": ["nag", "two", "nag", "nag", "end_it"]}
    assert story.open == ["n", "n", "n", "t", "x"]
    assert story.timers == {}


def test_a_cycle_that_stands_still_is_a_fault() -> None:
    text = one(
        start(),
        user("a"),
        boundary("b", "a", on_timer("=c", "timeCycle"), False),
        user("n"),
        end(),
        flows="s > a > e; b > n > e",
    )
    for cycle in ("R/PT0S", "R/", "PT1H", "Rx/PT1H"):
        with pytest.raises(Fault):
            Story(text).start({"c": cycle})


def test_firing_with_nothing_due_changes_nothing() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e")).start()
    before = story.moved.state
    story.move(FireTimers())
    assert (story.moved.state, story.moved.steps, story.moved.result) == (before, (), {"fired": []})


def test_a_timer_start_says_when_it_comes_next() -> None:
    text = one(start("s", on_timer("R2/P1D", "timeCycle")), user("a"), end(), flows="s > a > e")
    compiled = Story(text).compiled
    assert compiled.timer_starts() == {"p": ("s",)}
    first = compiled.next_start("p", "s", T0, {})
    assert first == T0 + timedelta(days=1)
    assert compiled.next_start("p", "s", T0, {}, last=first, count=1) == T0 + timedelta(days=2)
    assert compiled.next_start("p", "s", T0, {}, last=first, count=2) is None


# ------------------------------------------------------------------ boundary events
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


# ------------------------------------------------------------------ event sub-processes
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


# ------------------------------------------------------------------ errors
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


# ------------------------------------------------------------------ ends
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
