"""Signals reach everything in the instance that waits for them; escalations walk outward like errors, and may pass."""

import pytest

from tests.unit.engine.marks import escalation, multi, on_escalation, on_signal, signal, throw
from tests.unit.engine.writing import (
    T0,
    Story,
    boundary,
    call,
    catch,
    diagram,
    end,
    event_sub,
    gateway,
    mapping,
    on_timer,
    one,
    process,
    start,
    sub,
    user,
)

SIGNAL = signal("S", "flood")
CODES = escalation("X", "late") + escalation("Y", "other")


# ------------------------------------------------------------------ signals
def test_a_signal_reaches_every_wait_of_the_instance_and_none_opened_by_it() -> None:
    text = one(
        start(), gateway("f", "parallel"), user("u"), throw("t", on_signal("S"), mapping({"level": "=3"})),
        catch("c", on_signal("S"), mapping(None, {"seen": "=level"})), catch("again", on_signal("S")), user("z"),
        sub("A", start("as"), catch("inner", on_signal("S")), user("a"), end("ae"), flows="as > inner > a > ae"),
        call("q", "q"), end(),
        flows="s > f; f > u > t > e; f > c > again > z > e; f > A > e; f > q > e", top=SIGNAL,
    )  # fmt: skip
    called = diagram(signal("S2", "flood"),
                     process("q", start("qs"), catch("qc", on_signal("S2")), user("qu"), end("qe"),
                             flows="qs > qc > qu > qe"))  # fmt: skip
    story = Story(text, called).start().done("u")
    assert story.open == ["a", "qu"]
    assert [s.cause for s in story.moved.steps if s.state == "fired"] == ["t"] * 3
    assert story.written == {"seen": 3, "level": 3}


@pytest.mark.parametrize("interrupting", [True, False])
def test_a_signal_boundary_event(interrupting: bool) -> None:
    nodes = (
        user("a"),
        boundary("b", "a", on_signal("S"), interrupting),
        user("h"),
        user("u"),
        throw("t", on_signal("S")),
    )
    text = one(start(), gateway("f", "parallel"), gateway("m"), *nodes, gateway("x", default="p_x_e"), end(),
               flows="s > f; f > a > e; b > h > e; f > m > u > t > x; x > m [=more]; x > e", top=SIGNAL)  # fmt: skip
    story = Story(text).start().done("u", more=True)
    assert story.open == (["h", "u"] if interrupting else ["a", "h", "u"])
    assert story.done("u", more=False).open == (["h"] if interrupting else ["a", "h", "h"])


def test_a_signal_from_inside_may_end_its_own_sub_process() -> None:
    inner = sub("A", start("as"), user("u"), throw("t", on_signal("S")), user("never"), end("ae"),
                flows="as > u > t > never > ae")  # fmt: skip
    text = one(
        start(), inner, boundary("b", "A", on_signal("S")), user("h"), end(), flows="s > A > e; b > h > e", top=SIGNAL
    )
    story = Story(text).start().done("u")
    assert story.open == ["h"]
    assert story.trace("cancelled") == ["cancelled t", "cancelled A"]
    assert "entered never" not in story.trace()


def test_what_the_signal_has_ended_does_not_hear_it_any_more() -> None:
    inner = sub("B", start("bs"), user("u"), throw("t", on_signal("S")), end("be"), flows="bs > u > t > be")
    outer = sub("A", start("as"), inner, boundary("bb", "B", on_signal("S"), False), user("never"), end("ae"),
                flows="as > B > ae; bb > never > ae")  # fmt: skip
    text = one(
        start(), outer, boundary("ab", "A", on_signal("S")), user("h"), end(), flows="s > A > e; ab > h > e", top=SIGNAL
    )
    story = Story(text).start().done("u")
    assert story.open == ["h"]
    assert story.trace("fired") == ["fired ab"]


def test_a_signal_end_event_and_an_event_sub_process() -> None:
    listener = event_sub("L", on_signal("S"), user("lt"), end("le"), flows="L_start > lt > le", interrupting=False)
    text = one(start(), gateway("f", "parallel"), user("a"), end("out", on_signal("S")), user("w"), listener, end(),
               flows="s > f; f > a > out; f > w > e", top=SIGNAL)  # fmt: skip
    story = Story(text).start().done("a")
    assert story.open == ["lt", "w"]
    assert "completed out" in story.trace()
    assert story.done("w").done("lt").over


def test_a_signal_behind_an_event_based_gateway() -> None:
    text = one(
        start(), gateway("f", "parallel"), gateway("g", "eventBased"), catch("c", on_signal("S")),
        catch("t1", on_timer("PT1H")), user("u"), throw("t", on_signal("S")), user("a"), end(),
        flows="s > f > g; g > c > a > e; g > t1 > e; f > u > t > e", top=SIGNAL,
    )  # fmt: skip
    story = Story(text).start()
    assert story.timers == {"t1": T0.replace(hour=10)}
    story.done("u")
    assert story.open == ["a"]
    assert story.timers == {}


def test_a_process_may_be_started_at_its_signal_start_event() -> None:
    text = one(start("s", on_signal("S")), user("a"), end(), flows="s > a > e", top=SIGNAL)
    story = Story(text)
    assert story.compiled.signal_starts() == {"flood": (("p", "s"),)}
    assert story.start(at="s").open == ["a"]


# ------------------------------------------------------------------ escalations
def escalating(*edges: str, flows: str, thrown: str = "X") -> str:
    inner = sub("A", start("as"), user("u"), throw("t", on_escalation(thrown), mapping({"why": '="no answer"'})),
                user("v"), end("ae"), flows="as > u > t > v > ae")  # fmt: skip
    return one(start(), inner, *edges, user("h"), user("o"), end(), flows="s > A > e; " + flows, top=CODES)


def test_an_escalation_that_does_not_interrupt_lets_the_work_go_on() -> None:
    edge = boundary("b", "A", on_escalation("X"), False, mapping(None, {"reason": "=why"}))
    story = Story(escalating(edge, boundary("b2", "A", on_escalation("Y")), flows="b > h > e; b2 > o > e"))
    assert story.start().done("u").open == ["h", "v"]
    assert story.variables == {"reason": "no answer"}
    assert next(s for s in story.steps if s.state == "fired").cause == "t"


def test_an_escalation_that_interrupts_ends_the_work() -> None:
    story = Story(escalating(boundary("b", "A", on_escalation()), flows="b > h > e; h > o > e")).start().done("u")
    assert story.open == ["h"]
    assert story.variables == {"why": "no answer"}
    assert story.trace("cancelled") == ["cancelled t", "cancelled A"]


def test_the_very_code_goes_before_every_code() -> None:
    edges = (boundary("every", "A", on_escalation(), False), boundary("b", "A", on_escalation("X"), False))
    assert Story(escalating(*edges, flows="every > o > e; b > h > e")).start().done("u").open == ["h", "v"]
    assert Story(escalating(*edges, flows="every > o > e; b > h > e", thrown="Y")).start().done("u").open == ["o", "v"]


def test_an_escalation_that_nobody_catches_passes() -> None:
    edge = boundary("b", "A", on_escalation("Y"))
    assert Story(escalating(edge, flows="b > h > o > e")).start().done("u").open == ["v"]
    ended = one(start(), user("u"), end("e", on_escalation("X")), flows="s > u > e", top=CODES)
    assert Story(ended).start().done("u").over


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_event_sub_process_goes_before_the_boundary_event(interrupting: bool) -> None:
    listener = event_sub(
        "L", on_escalation("X"), user("lt"), end("le"), flows="L_start > lt > le", interrupting=interrupting
    )
    inner = sub("A", start("as"), user("u"), throw("t", on_escalation("X")), user("v"), end("ae"), listener,
                flows="as > u > t > v > ae")  # fmt: skip
    text = one(
        start(),
        inner,
        boundary("b", "A", on_escalation("X")),
        user("h"),
        end(),
        flows="s > A > e; b > h > e",
        top=CODES,
    )
    assert Story(text).start().done("u").open == (["lt"] if interrupting else ["lt", "v"])


def test_an_event_sub_process_hands_on_what_it_throws_itself() -> None:
    listener = event_sub("L", on_escalation("X"), user("lt"), throw("lx", on_escalation("X")), end("le"),
                         flows="L_start > lt > lx > le", interrupting=False)  # fmt: skip
    inner = sub("A", start("as"), user("u"), throw("t", on_escalation("X")), user("v"), end("ae"), listener,
                flows="as > u > t > v > ae")  # fmt: skip
    text = one(start(), inner, boundary("b", "A", on_escalation("X"), False), user("h"), end(),
               flows="s > A > e; b > h > e", top=CODES)  # fmt: skip
    story = Story(text).start().done("u")
    assert story.open == ["lt", "v"]
    assert story.done("lt").open == ["h", "v"]


def test_an_escalation_leaves_a_called_process_and_a_multi_instance() -> None:
    called = diagram(escalation("Q", "late"), process("q", start("qs"), user("qu"), end("qe", on_escalation("Q")),
                                                      flows="qs > qu > qe"))  # fmt: skip
    text = one(start(), call("c", "q"), boundary("b", "c", on_escalation("X"), False), user("h"), user("z"), end(),
               flows="s > c > z > e; b > h > e", top=CODES)  # fmt: skip
    assert Story(text, called).start().done("qu").open == ["h", "z"]
    inner = sub("A", start("as"), user("u"), end("ae", on_escalation("X")), multi(), flows="as > u > ae")
    edge = boundary("b", "A", on_escalation("X"), False)
    text = one(start(), inner, edge, user("h"), user("z"), end(), flows="s > A > z > e; b > h > e", top=CODES)
    story = Story(text).start({"items": [1, 2]})
    assert story.done("u").open == ["h", "u"]
    assert story.done("u").open == ["h", "h", "z"]
    edge = boundary("b", "A", on_escalation("X"))
    text = one(start(), inner, edge, user("h"), user("z"), end(), flows="s > A > z > e; b > h > e", top=CODES)
    assert Story(text).start({"items": [1, 2]}).done("u").open == ["h"]
