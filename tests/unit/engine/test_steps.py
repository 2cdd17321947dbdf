"""What comes out of a command: steps that replay every second, variable changes, repairs by hand."""

from datetime import timedelta

import pytest

from app.workflow.engine import Fault, Modify, NotOpen, SetVariables, VariableChange
from app.workflow.replay import play
from tests.unit.engine.test_codec import many_more
from tests.unit.engine.writing import (
    T0,
    Story,
    boundary,
    call,
    diagram,
    end,
    flow,
    mapping,
    on_timer,
    one,
    process,
    start,
    sub,
    user,
    zeebe,
)


def test_history_replays_the_newer_elements_to_the_tokens_that_live() -> None:
    """The product's own replay, over rows as they are stored."""
    story = many_more()
    rows = [(T0, [{"token": s.token, "state": s.state, "element": s.element, "process": s.process, "scope": s.scope}
                  for s in story.steps])]  # fmt: skip
    tokens, _ = play(rows, "p")
    assert story.moved.state is not None
    live = [t for run in story.compiled._read(story.moved.state).runs() for t in run.tasks.values()]
    assert {(t.id, t.element) for t in tokens} == {(t.id, t.element) for t in live}
    assert {t.scope for t in tokens} - {None} <= {t.id for t in live}


def test_steps_tell_what_happened_in_order_with_cause_scope_and_due() -> None:
    schedule = zeebe("taskSchedule", dueDate='=now() + duration("PT8H")')
    text = one(
        start(),
        sub("A", start("as"), user("a", schedule), end("ae"), flows="as > a > ae"),
        boundary("b", "A", on_timer("PT1H")),
        user("late"),
        end(),
        flows="s > A > e; b > late > e",
    )
    story = Story(text).start()
    assert story.trace() == [
        "entered s", "completed s", "entered A", "waiting b", "entered as", "completed as", "entered a", "waiting a",
    ]  # fmt: skip
    by_element = {s.element: s for s in story.moved.steps}
    scope = by_element["A"].token
    assert by_element["A"].scope is None
    assert by_element["a"].scope == scope
    assert by_element["a"].due == T0 + timedelta(hours=8)
    assert by_element["b"].due == T0 + timedelta(hours=1)
    assert next(s for s in story.moved.steps if s.element == "a").cause == flow("as", "a", "A")

    story.after(hours=1)
    assert [(s.state, s.element, s.cause) for s in story.moved.steps] == [
        ("fired", "b", None),
        ("cancelled", "a", "b"),
        ("cancelled", "A", "b"),
        ("completed", "b", None),
        ("entered", "late", flow("b", "late")),
        ("waiting", "late", None),
    ]


def test_steps_of_a_called_process_name_the_process_they_are_drawn_in() -> None:
    outer = diagram(process("p", start(), call("c", "q"), end(), flows="s > c > e"))
    inner = diagram(process("q", start("qs"), user("u"), end("qe"), flows="qs > u > qe"))
    story = Story(outer, inner).start()
    assert {s.element: s.process for s in story.moved.steps} == {"s": "p", "c": "p", "qs": "q", "u": "q"}


def test_changes_tell_old_and_new_of_the_scopes_that_live() -> None:
    text = one(
        start(),
        user("a", mapping({"local": "=n"}, {"n": "=n + 1"})),
        user("b", mapping({"local": "=n"})),
        end(),
        flows="s > a > b > e",
    )
    story = Story(text).start({"n": 1})
    assert story.moved.changes == (
        VariableChange(None, "n", None, 1),
        VariableChange(story.task("a"), "local", None, 1),
    )
    story.done("a")
    assert story.moved.changes == (VariableChange(None, "n", 1, 2), VariableChange(story.task("b"), "local", None, 2))


def test_variables_can_be_set_by_hand() -> None:
    story = (
        Story(one(start(), user("a"), end(), flows="s > a > e")).start({"n": 1}).move(SetVariables({"n": 2, "m": 3}))
    )
    assert story.moved.changes == (VariableChange(None, "n", 1, 2), VariableChange(None, "m", None, 3))


def test_modify_moves_a_token_elsewhere_and_opens_the_scopes_in_between() -> None:
    text = one(
        start(),
        user("a"),
        sub("A", start("as"), user("x"), user("y"), end("ae"), flows="as > x > y > ae"),
        user("z"),
        end(),
        flows="s > a > A > z > e",
    )
    story = Story(text).start()
    story.move(Modify(cancel_tokens=(story.task("a"),), start_before=("y",)))
    assert story.open == ["y"]
    assert story.done("y").open == ["z"]
    story.move(Modify(start_before=("a",)))
    assert story.open == ["a", "z"]
    with pytest.raises(Fault, match="no running scope"):
        story.move(Modify(start_before=("nowhere",)))
    with pytest.raises(NotOpen):
        story.move(Modify(cancel_tokens=("0" * 32,)))


def test_modify_that_cancels_the_last_token_ends_the_instance() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e")).start()
    assert story.move(Modify(cancel_tokens=(story.task("a"),))).over


def test_ids_are_hex_of_uuids() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e")).start()
    task_id = story.task("a")
    assert len(task_id) == 32
    assert int(task_id, 16)
