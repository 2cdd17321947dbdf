"""The stored state: golden files of every format ever written, and values that come back as they were."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from app import feel
from app.workflow.engine import Fault, compile_bundle
from app.workflow.engine.codec import FORMAT
from tests.unit.engine.marks import multi, on_condition, on_signal, signal, throw
from tests.unit.engine.writing import (
    REGISTRY,
    Story,
    boundary,
    call,
    catch,
    diagram,
    end,
    event_sub,
    gateway,
    mapping,
    message,
    on_message,
    on_timer,
    one,
    process,
    receive,
    service,
    start,
    sub,
    user,
    zeebe,
)

GOLDEN = Path(__file__).parent / "golden"
ASSIGNED = zeebe("assignmentDefinition", assignee="kim", candidateGroups="gas, water") + zeebe(
    "taskSchedule", dueDate='=now() + duration("P1D")'
)
FILES = (
    diagram(
        message("m", "=k"),
        process(
            "p",
            start(),
            gateway("f", "parallel"),
            sub("A", start("as"), user("u", ASSIGNED + mapping({"local": "=k"})), end("ae"),
                event_sub("K", on_message("m"), user("ku"), end("ke"), flows="K_start > ku > ke"),
                flows="as > u > ae", more=mapping({"n": "=1"})),
            boundary("remind", "A", on_timer("R3/PT1H", "timeCycle"), False),
            user("h"),
            call("c", "q"),
            service("j", "outside", mapping({"x": "=k"})),
            user("a"),
            receive("r", "m"),
            gateway("g", "parallel"),
            end(),
            flows="s > f; f > A > g; f > c > g; f > j > g; f > a > g; f > r > g; remind > h > e; g > e",
        ),
    ),
    diagram(process("q", start("qs"), user("qu"), end("qe"), flows="qs > qu > qe")),
)  # fmt: skip
VALUES: dict[str, Any] = {
    "k": "7",
    "at": datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
    "day": date(2026, 1, 5),
    "clock": time(8, 15),
    "span": feel.DayTimeDuration.of(hours=2),
    "months": feel.YearMonthDuration(14),
    "amount": Decimal("12.30"),
    "big": Decimal(10**30),
    "rows": [{"n": 1, "at": date(2026, 1, 6)}, None, True],
    "odd": {"$": "dt", "v": "not ours"},
    "text": "路灯损坏 😀",
}


MORE = one(
    start(), gateway("f", "parallel"),
    sub("M", start("ms"), user("mu"), user("mv"), end("me"), multi(output=("out", "=r")), flows="ms > mu > mv > me"),
    sub("N", start("ns"), user("nu", inner=multi("=item.days", "day", ("days", "=day"), sequential=True)), end("ne"),
        multi("=plans"), flows="ns > nu > ne"),
    gateway("g", "eventBased"), catch("gm", on_message("m")), catch("gt", on_timer("P1D")), catch("gs", on_signal("S")),
    gateway("i", "inclusive"), user("ia"), user("ib"), user("ic"), gateway("j", "inclusive"),
    user("u"), boundary("c", "u", on_condition("=big"), False), user("cu"), throw("t", on_signal("S")), end(),
    flows="s > f; f > M > e; f > N > e; f > g; g > gm > e; g > gt > e; g > gs > e; f > i; i > ia [=true];"
    "i > ib [=true]; i > ic [=false]; ia > j; ib > j; ic > j; j > e; f > u > t > e; c > cu > e",
    top=message("m", "=k") + signal("S"),
)  # fmt: skip


def many_sided() -> Story:
    """An instance with every kind of token: to be stored in golden files."""
    return Story(*FILES).start(VALUES).done("a").after(hours=1)


def many_more() -> Story:
    """The kinds that came later."""
    plans = [{"days": [date(2026, 1, 6), date(2026, 1, 7)]}, {"days": [date(2026, 1, 8)]}]
    story = Story(MORE).start({"k": "7", "items": ["x", "y"], "plans": plans, "big": True})
    return story.done("mu", 1, r=Decimal("1.50")).done("mv", r=Decimal("2.50")).done("nu").done("ia")


def test_values_come_back_as_they_were() -> None:
    back = Story(one(start(), user("a"), end(), flows="s > a > e")).start(VALUES).variables
    assert back == VALUES
    assert {name: type(value) for name, value in back.items()} == {name: type(v) for name, v in VALUES.items()}


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("state-*.json")), ids=lambda path: path.stem)
def test_states_written_by_earlier_engines_can_be_read(path: Path) -> None:
    golden: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    compiled = compile_bundle({name: text.encode() for name, text in golden["files"].items()}, REGISTRY)
    state = orjson.dumps(golden["state"])
    now = compiled.surface(state)
    shown = {
        "tasks": sorted(task.element for task in now.tasks.values()),
        "timers": sorted(f"{timer.element} {timer.due.isoformat()}" for timer in now.timers.values()),
        "waits": sorted(f"{wait.element} {wait.name} {wait.key}" for wait in now.waits.values()),
        "jobs": sorted(f"{job.element} {dict(job.inputs)}" for job in now.jobs.values()),
    }
    assert shown == golden["surface"]
    assert {k: str(v) for k, v in compiled.variables(state).items()} == golden["variables"]


def test_today_s_engine_writes_the_newest_golden_format() -> None:
    assert (GOLDEN / f"state-{FORMAT}.json").exists(), "keep a golden file for every format"


def test_what_is_loaded_is_dumped_the_same() -> None:
    for story in (many_sided(), many_more()):
        state = story.moved.state
        story.after(seconds=0)
        assert story.moved.state == state


def test_an_unknown_format_or_a_foreign_bundle_is_a_fault() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e")).start()
    assert story.moved.state is not None
    with pytest.raises(Fault, match="format"):
        story.compiled.surface(story.moved.state.replace(b'"v":1', b'"v":99'))
    other = Story(one(start(), user("b"), end(), flows="s > b > e")).compiled
    with pytest.raises(Fault, match="does not fit"):
        other.surface(story.moved.state)


def test_an_element_that_means_something_else_in_another_bundle_is_a_fault() -> None:
    def drawn(element: str) -> str:
        return one(start(), element, end(), flows="s > a > e", top=message("m", "=k"))

    many, single = drawn(user("a", inner=multi())), drawn(user("a"))
    state = Story(many).start({"items": [1]}).moved.state
    assert state is not None
    with pytest.raises(Fault, match="does not fit"):
        Story(single).compiled.surface(state)
    waiting = Story(drawn(catch("a", on_message("m")))).start({"k": 1}).moved.state
    assert waiting is not None
    with pytest.raises(Fault, match="does not fit"):
        Story(drawn(catch("a", on_timer("PT1H")))).compiled.surface(waiting)


def test_a_value_that_cannot_be_stored_is_a_fault() -> None:
    story = Story(one(start(), user("a"), end(), flows="s > a > e"))
    with pytest.raises(Fault, match="cannot be stored"):
        story.start({"f": print})
    with pytest.raises(Fault, match="cannot be stored"):
        story.start({"f": "\ud800"})
