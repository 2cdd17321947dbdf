"""Called processes: variables of their own, chosen by expression, from the same bundle."""

import pytest

from app.workflow.engine import Fault
from tests.unit.engine.writing import (
    Story,
    call,
    diagram,
    end,
    mapping,
    one,
    process,
    start,
    user,
)


def test_a_called_process_has_variables_of_its_own() -> None:
    io = mapping({"q": "=1"}, {"r": "=got"})
    outer = diagram(
        process(
            "p", start(), call("c", '="proc_" + kind', io, propagateAllChildVariables="false"), end(), flows="s > c > e"
        )
    )
    inner = [diagram(process(f"proc_{k}", start(), user(f"u{k}"), end(), flows=f"s > u{k} > e")) for k in "AB"]
    story = Story(outer, *inner).start({"kind": "B"})
    assert story.open == ["uB"]
    assert story.seen_from("uB") == {"kind": "B", "q": 1}
    story.done("uB", got=5, inner=1)
    assert story.over
    assert story.written == {"r": 5}


def test_without_mappings_a_called_process_hands_everything_back_and_forth() -> None:
    outer = diagram(process("p", start(), call("c", "q"), user("after"), end(), flows="s > c > after > e"))
    inner = diagram(process("q", start(), user("u"), end(), flows="s > u > e"))
    story = Story(outer, inner).start({"a": 1})
    assert story.seen_from("u") == {"a": 1}
    story.done("u", a=2, b=3)
    assert story.variables == {"a": 2, "b": 3}


def test_only_what_the_mapping_says_goes_in_when_asked() -> None:
    outer = diagram(
        process(
            "p",
            start(),
            call("c", "q", mapping({"x": "=a"}), propagateAllParentVariables="false"),
            end(),
            flows="s > c > e",
        )
    )
    inner = diagram(process("q", start(), user("u"), end(), flows="s > u > e"))
    assert Story(outer, inner).start({"a": 1, "b": 2}).seen_from("u") == {"x": 1}


def test_a_called_process_that_is_not_there_is_a_fault() -> None:
    story = Story(one(start(), call("c", "=which"), end(), flows="s > c > e"))
    with pytest.raises(Fault, match="proc_Z"):
        story.start({"which": "proc_Z"})


def test_a_process_that_calls_itself_for_ever_is_stopped() -> None:
    story = Story(one(start(), call("c", "p"), end(), flows="s > c > e"))
    with pytest.raises(Fault, match="inside each other"):
        story.start()
