"""Joins, splits and loops. Several of these go wrong in stock SpiffWorkflow 3.2.0; the names say how."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.workflow.engine import CompleteTask, Fault
from tests.unit.engine.writing import Story, element, end, gateway, one, script, start, user

REWORK = one(
    start(),
    user("i"),
    gateway("g", "parallel"),
    user("a"),
    user("b"),
    user("c"),
    gateway("h", "parallel"),
    gateway("x", default="p_x_i"),
    end(),
    flows="s > i > g; g > a > h; g > b > h; g > c > h; h > x; x > e [=ok = true]; x > i",
)


def test_a_join_in_a_rework_loop_waits_for_every_branch_in_every_round() -> None:
    """Stock fires early in round 2 when the branches finish in another order."""
    story = Story(REWORK).start()
    for order in ("abc", "bca", "cab", "cba"):
        story.done("i")
        for done, branch in enumerate(order):
            assert story.open == sorted(set("abc") - set(order[:done]))
            story.done(branch)
    assert story.open == ["i"]


def test_thousands_of_rounds_cost_no_more_than_the_first() -> None:
    """Stock: RecursionError near round 110, silent loss of tasks at depth 1001."""
    story = Story(REWORK).start()
    sizes = set()
    for _ in range(500):
        for task in "ibac":
            story.done(task)
        assert story.moved.state is not None
        sizes.add(len(story.moved.state))
    assert len(sizes) == 1
    for task in "ib":
        story.done(task)
    story.done("c").done("a", ok=True)
    assert story.over


def test_a_loop_of_thousands_of_rounds_within_one_step() -> None:
    text = one(
        start(),
        script("c", "=n + 1", "n"),
        gateway("x", default="p_x_c"),
        user("u"),
        end(),
        flows="s > c > x; x > u [=n >= 5000]; x > c; u > e",
    )
    assert Story(text).start({"n": 0}).variables == {"n": 5000}


def test_a_loop_without_end_is_a_fault_and_does_not_hang() -> None:
    text = one(
        start(), script("c", "=1", "n"), gateway("x", default="p_x_c"), end(), flows="s > c > x; x > e [=n > 1]; x > c"
    )
    with pytest.raises(Fault, match="loop without end"):
        Story(text).start()


def test_a_join_counts_tokens_by_flow_and_keeps_what_is_too_much() -> None:
    """`a` may finish twice before `b` does once: the join fires once a pair."""
    text = one(
        start(),
        gateway("g", "parallel"),
        user("a"),
        gateway("again", default="p_again_h1"),
        gateway("h1", "parallel"),
        user("b"),
        gateway("h", "parallel"),
        user("z"),
        end(),
        flows="s > g; g > a > again; again > h1; h1 > a; h1 > h; g > b > h; h > z > e",
    )
    story = Story(text).start().done("a").done("a")
    assert story.open == ["a", "b"]
    story.done("b")
    assert story.open == ["a", "z"]


def test_two_branches_write_the_same_variables_and_nothing_is_merged_element_by_element() -> None:
    text = one(
        start(),
        gateway("g", "parallel"),
        user("a"),
        user("b"),
        gateway("h", "parallel"),
        user("z"),
        end(),
        flows="s > g; g > a > h; g > b > h; h > z > e",
    )
    story = Story(text).start({"rows": [{"id": 1, "state": "new"}, {"id": 2, "state": "new"}]})
    story.done("b", rows=[{"id": 2, "state": "done"}], x="b")
    assert story.seen_from("a")["x"] == "b"
    story.done("a", x="a")
    assert story.variables == {"rows": [{"id": 2, "state": "done"}], "x": "a"}


def test_an_exclusive_gateway_takes_the_first_true_condition_and_null_counts_as_false() -> None:
    text = one(
        start(),
        gateway("g", default="p_g_d"),
        user("a"),
        user("b"),
        user("c"),
        user("d"),
        end(),
        flows="s > g; g > a [=missing > 3]; g > b [=x = 1]; g > c [=true]; g > d; a > e; b > e; c > e; d > e",
    )
    assert Story(text).start({"x": 1}).open == ["b"]
    assert Story(text).start({"x": 2}).open == ["c"]


def test_the_default_flow_is_taken_last_wherever_it_is_drawn() -> None:
    text = one(
        start(),
        gateway("g", default="p_g_d"),
        user("d"),
        user("a"),
        end(),
        flows="s > g; g > d; g > a [=x = 1]; a > e; d > e",
    )
    assert Story(text).start({"x": 1}).open == ["a"]
    assert Story(text).start({"x": 2}).open == ["d"]


def test_a_condition_that_is_neither_true_nor_false_is_a_fault_of_its_flow() -> None:
    text = one(
        start(),
        gateway("g", default="p_g_b"),
        user("a"),
        user("b"),
        end(),
        flows="s > g; g > a [=x]; g > b; a > e; b > e",
    )
    with pytest.raises(Fault) as caught:
        Story(text).start({"x": "yes"})
    assert caught.value.element == "p_g_a"


def test_several_flows_out_of_a_task_are_a_parallel_split() -> None:
    text = one(start(), user("a"), user("b"), user("c"), end(), flows="s > a; a > b > e; a > c > e")
    story = Story(text).start().done("a")
    assert story.open == ["b", "c"]
    story.done("b")
    assert not story.over
    assert story.done("c").over


def test_flows_that_meet_without_a_gateway_go_on_one_by_one() -> None:
    text = one(
        start(),
        gateway("g", "parallel"),
        user("a"),
        user("b"),
        user("z"),
        end(),
        flows="s > g; g > a > z; g > b > z; z > e",
    )
    story = Story(text).start().done("a").done("b")
    assert story.open == ["z", "z"]
    assert story.done("z").done("z").over


def test_a_process_without_an_end_event_ends() -> None:
    """Stock never completes."""
    assert Story(one(start(), user("a"), flows="s > a")).start().done("a").over


def test_an_instance_that_nothing_can_move_any_more_is_a_fault() -> None:
    text = one(
        start(),
        gateway("g", default="p_g_b"),
        user("a"),
        user("b"),
        gateway("h", "parallel"),
        end(),
        flows="s > g; g > a [=x = 1]; g > b; a > h; b > h; h > e",
    )
    story = Story(text).start({"x": 1})
    with pytest.raises(Fault, match="tokens stand at h"):
        story.done("a")


def test_a_diagram_of_a_thousand_elements_in_a_row() -> None:
    """Stock parses by recursion, and tasks below depth 1000 vanish."""
    tasks = [element("task", f"t{n}") for n in range(1000)]
    text = one(start(), *tasks, end(), flows=" > ".join(["s", *(f"t{n}" for n in range(1000)), "e"]))
    story = Story(text).start()
    assert story.over
    assert len(story.trace("completed")) == 1002


def test_one_bundle_serves_many_threads() -> None:
    story = Story(REWORK)

    def whole(n: int) -> int:
        moved = story.compiled.start("p", {"n": n}, story.context())
        for name in "iabcibca":
            assert moved.state is not None
            task = next(t.task_id for t in moved.after.tasks.values() if t.element == name)
            moved = story.compiled.move(moved.state, CompleteTask(task, {"ok": False, "n": n}), story.context())
        assert moved.state is not None
        return int(story.compiled.variables(moved.state)["n"])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(whole, range(64))) == list(range(64))
