"""Event-based gateways: the first event decides, every branch is a wait of its own."""

from app.workflow.engine import Modify, Reschedule
from tests.unit.engine.writing import (
    T0,
    Story,
    catch,
    end,
    gateway,
    mapping,
    message,
    on_message,
    on_timer,
    one,
    start,
    sub,
    user,
)

NODES = (
    gateway("g", "eventBased"),
    catch("t1", on_timer("PT1H")),
    catch("t2", on_timer("PT2H")),
    catch("m1", on_message("m"), mapping(None, {"z": "=v"})),
    catch("m2", on_message("n")),
    *(user(task) for task in ("a", "b", "c", "d")),
)
FLOWS = "g > t1 > a > e; g > t2 > b > e; g > m1 > c > e; g > m2 > d > e"
TOP = message("m", "=k") + message("n", "=k")


def waiting() -> Story:
    return Story(one(start(), *NODES, end(), flows="s > g; " + FLOWS, top=TOP)).start({"k": "k"})


def test_every_branch_is_a_wait_of_its_own() -> None:
    story = waiting()
    assert story.waits == [("m", "k"), ("n", "k")]
    assert sorted(story.timers) == ["t1", "t2"]
    assert [wait.element for wait in story.surface.waits.values()] == ["m1", "m2"]


def test_the_earlier_of_two_timers_that_are_both_due_decides() -> None:
    story = waiting().after(hours=3)
    assert story.open == ["a"]
    assert story.waits == []
    assert story.timers == {}
    assert story.trace("fired", "cancelled") == ["fired t1", "cancelled t2", "cancelled m1", "cancelled m2"]
    assert {s.cause for s in story.moved.steps if s.state == "cancelled"} == {"t1"}


def test_a_message_decides_and_brings_its_variables() -> None:
    story = waiting().deliver("m", v=7)
    assert story.open == ["c"]
    assert story.waits == []
    assert story.timers == {}
    assert story.variables == {"k": "k", "z": 7}


def test_a_timer_behind_the_gateway_can_be_rescheduled() -> None:
    story = waiting()
    timer = next(t.timer_id for t in story.surface.timers.values() if t.element == "t1")
    story.move(Reschedule({timer: T0.replace(hour=23)}))
    assert story.after(hours=2).open == ["b"]


def test_each_round_of_a_loop_races_anew() -> None:
    flows = "s > x > g; g > m1 > c > x; g > m2 > e"
    nodes = (gateway("x"), gateway("g", "eventBased"), catch("m1", on_message("m")), catch("m2", on_message("n")))
    story = Story(one(start(), *nodes, user("c"), end(), flows=flows, top=TOP)).start({"k": "k"})
    for _ in range(5):
        assert story.waits == [("m", "k"), ("n", "k")]
        assert story.deliver("m").waits == []
        story.done("c")
    assert story.deliver("n").over


def test_two_visits_at_once_do_not_end_each_other() -> None:
    flows = "s > f; f > g; f > u > g; g > m1 > c > e; g > m2 > d > e"
    nodes = (
        gateway("f", "parallel"), user("u"), gateway("g", "eventBased"), catch("m1", on_message("m")),
        catch("m2", on_message("n")), user("c"), user("d"),
    )  # fmt: skip
    story = Story(one(start(), *nodes, end(), flows=flows, top=TOP)).start({"k": "k"}).done("u")
    assert len(story.waits) == 4
    story.deliver("m")
    assert story.waits == [("m", "k"), ("n", "k")]
    assert story.deliver("n").open == ["c", "d"]


def test_a_scope_that_is_interrupted_takes_its_race_along() -> None:
    inner = sub("A", start("as"), *NODES, end("e"), flows="as > g; " + FLOWS)
    story = Story(one(start(), inner, end("pe"), flows="s > A > pe", top=TOP)).start({"k": "k"})
    story.move(Modify(cancel_tokens=(next(s.token for s in story.steps if s.element == "A"),)))
    assert story.over
