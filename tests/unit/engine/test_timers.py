"""Due times, cycles, reminders, timer starts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.workflow.engine import Fault, FireTimers, Recompute, Reschedule
from tests.unit.engine.writing import (
    T0,
    Story,
    boundary,
    catch,
    end,
    gateway,
    mapping,
    on_timer,
    one,
    start,
    sub,
    user,
    zeebe,
)


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


def test_a_cycle_that_slept_very_long_is_caught_up_in_portions() -> None:
    minutely = boundary("b", "a", on_timer("R/PT1M", "timeCycle"), False)
    text = one(start(), user("a"), minutely, end("n"), end(), flows="s > a > e; b > n")
    story = Story(text).start().after(days=1)
    assert len(story.moved.result["fired"]) == 1000
    story.after(seconds=0)
    assert len(story.moved.result["fired"]) == 440
    assert story.timers == {"b": T0 + timedelta(days=1, minutes=1)}


def test_timers_that_are_always_due_are_a_fault() -> None:
    text = one(start(), gateway("g"), catch("t", on_timer("=now()", "timeDate")), flows="s > g > t; t > g")
    with pytest.raises(Fault, match="loop without end"):
        Story(text).start().after(seconds=1)


def limited() -> Story:
    """A task with a limit held in a variable: its due date, a warning and the limit's end read it."""
    text = one(
        start(),
        user("a", zeebe("taskSchedule", dueDate="=limit.due")),
        boundary("warn", "a", on_timer("=limit.warn", "timeDate"), False),
        boundary("late", "a", on_timer("=limit.due", "timeDate"), False),
        boundary("other", "a", on_timer("PT9H"), False),
        user("warned"),
        user("told"),
        user("third"),
        end(),
        flows="s > a > e; warn > warned > e; late > told > e; other > third > e",
    )
    return Story(text).start({"limit": {"warn": T0 + timedelta(hours=4), "due": T0 + timedelta(hours=5)}})


def due_of_a(story: Story) -> datetime | None:
    return next(task.due for task in story.surface.tasks.values() if task.element == "a")


def move(story: Story, **hours: int | None) -> None:
    moved = {name: None if after is None else T0 + timedelta(hours=after) for name, after in hours.items()}
    story.move(Recompute({"limit": moved}))


@pytest.mark.feature("Q01")
def test_date_timers_and_due_dates_follow_a_limit_that_moves() -> None:
    story = limited()
    move(story, warn=6, due=8)
    assert story.timers == {
        "warn": T0 + timedelta(hours=6), "late": T0 + timedelta(hours=8), "other": T0 + timedelta(hours=9)
    }  # fmt: skip
    assert due_of_a(story) == T0 + timedelta(hours=8)
    assert set(story.moved.result["rescheduled"]) == {"warn", "late", "a"}
    move(story, warn=6, due=8)
    assert story.moved.result["rescheduled"] == [], "what stays as it was is left alone"


def test_a_limit_that_stands_still_puts_its_timers_off() -> None:
    story = limited()
    move(story, warn=None, due=None)
    story.after(hours=200)
    assert story.open == ["a", "third"]
    assert due_of_a(story) is None
    move(story, warn=202, due=203)
    story.after(hours=4)
    assert story.open == ["a", "third", "told", "warned"]


def test_a_timer_that_has_fired_waits_again_when_its_time_lies_ahead() -> None:
    story = limited()
    story.after(hours=6)
    assert story.open == ["a", "told", "warned"]
    move(story, warn=5, due=9)
    assert story.timers["late"] == T0 + timedelta(hours=9)
    assert "warn" not in story.timers, "its time is over"
    story.after(hours=4)
    assert story.open == ["a", "third", "told", "told", "warned"]
