"""Multi-instance activities: one instance for each item, results in the items' order, the whole under its boundary."""

import pytest

from app.workflow.engine import Fault, Modify
from tests.unit.engine.marks import multi
from tests.unit.engine.writing import (
    Story,
    boundary,
    call,
    diagram,
    element,
    end,
    error,
    event_sub,
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
    zeebe,
)

FLOW = "s > a > z > e"


def around(activity: str, *more: str, flows: str = FLOW, top: str = "") -> str:
    return one(start(), activity, *more, user("z"), end(), flows=flows, top=top)


def asked(**options: object) -> str:
    return user("a", mapping({"double": "=item * 2"}), multi(output=("out", "={i: item, r: r}"), **options))  # type: ignore[arg-type]


def finish(story: Story, item: object, **values: object) -> Story:
    """Complete the instance of task `a` that has this item."""
    nth = next(n for n in range(99) if story.seen_from("a", n)["item"] == item)
    return story.done("a", nth, **values)


def test_parallel_instances_each_see_their_item_and_results_stand_in_the_items_order() -> None:
    story = Story(around(asked())).start({"items": [1, 2, 3]})
    assert story.open == ["a", "a", "a"]
    assert [story.seen_from("a", n)["double"] for n in range(3)] == [2, 4, 6]
    assert [story.seen_from("a", n)["loopCounter"] for n in range(3)] == [1, 2, 3]
    for item in (2, 3, 1):
        finish(story, item, r=item * 10)
    assert story.open == ["z"]
    assert story.variables == {"items": [1, 2, 3], "out": [{"i": n, "r": n * 10} for n in (1, 2, 3)], "r": 10}


def test_sequential_instances_come_one_after_the_other() -> None:
    story = Story(around(asked(sequential=True))).start({"items": [1, 2, 3]})
    for item in (1, 2, 3):
        assert story.open == ["a"]
        assert story.seen_from("a")["double"] == item * 2
        story.done("a", r=-item)
    assert story.variables["out"] == [{"i": 1, "r": -1}, {"i": 2, "r": -2}, {"i": 3, "r": -3}]


@pytest.mark.parametrize("sequential", [False, True])
def test_an_empty_list_passes_with_an_empty_result(sequential: bool) -> None:
    story = Story(around(asked(sequential=sequential))).start({"items": []})
    assert story.open == ["z"]
    assert story.variables["out"] == []


def test_what_is_no_list_is_an_incident() -> None:
    with pytest.raises(Fault, match="a list is wanted"):
        Story(around(asked())).start({"items": "gas, water"})
    with pytest.raises(Fault, match="a list is wanted"):
        Story(around(asked())).start()
    with pytest.raises(Fault, match="at most 2000"):
        Story(around(asked())).start({"items": list(range(2001))})


def test_a_result_that_only_names_a_variable_stays_with_its_instance() -> None:
    story = Story(around(user("a", inner=multi(output=("out", "=r"))))).start({"items": ["x", "y"]})
    finish(story, "y", r=2)
    assert story.variables == {"items": ["x", "y"]}
    finish(story, "x", r=1)
    assert story.variables == {"items": ["x", "y"], "out": [1, 2]}


def test_output_mappings_write_the_instance_s_own_variables_first() -> None:
    drawn = user("a", mapping(None, {"r": "=form.n + item", "last": "=item"}), multi(output=("out", "=r")))
    story = Story(around(drawn)).start({"items": [1, 2]})
    finish(story, 2, form={"n": 100})
    finish(story, 1, form={"n": 200})
    assert story.variables == {"items": [1, 2], "out": [201, 102], "last": 1}


def test_the_completion_condition_ends_the_rest() -> None:
    story = Story(around(user("a", inner=multi(output=("out", "=r"), until="=r = 9")))).start({"items": [1, 2, 3]})
    finish(story, 2, r=9)
    assert story.open == ["z"]
    assert story.variables["out"] == [None, 9, None]
    assert story.trace("cancelled") == ["cancelled a", "cancelled a"]
    assert {s.cause for s in story.moved.steps if s.state == "cancelled"} == {"a"}


def test_the_completion_condition_knows_the_counts() -> None:
    most = "=numberOfCompletedInstances / numberOfInstances >= 0.5 and numberOfActiveInstances = 2"
    story = Story(around(user("a", inner=multi(until=most)))).start({"items": [1, 2, 3, 4]})
    story.done("a")
    assert story.open == ["a"] * 3
    assert story.done("a").open == ["z"]
    story = Story(around(user("a", inner=multi(sequential=True, until="=numberOfCompletedInstances = 2"))))
    assert story.start({"items": [1, 2, 3]}).done("a").open == ["a"]
    assert story.done("a").open == ["z"]
    with pytest.raises(Fault, match="not true or false"):
        Story(around(user("a", inner=multi(until="=item + 1")))).start({"items": [1]}).done("a")


@pytest.mark.parametrize("sequential", [False, True])
def test_local_operations_run_for_each_item(sequential: bool) -> None:
    drawn = service("a", "work", mapping({"unit": "=item"}), inner=multi(output=("out", "=n"), sequential=sequential))
    story = Story(around(drawn), work=lambda call: {"n": len(call.inputs["unit"])})
    story.start({"items": ["gas", "water"]})
    assert [dict(made.inputs) for made in story.calls] == [{"unit": "gas"}, {"unit": "water"}]
    assert story.variables["out"] == [3, 5]


def test_scripts_and_decisions_can_be_multi_instance() -> None:
    drawn = element("scriptTask", "a", multi(output=("out", "=square")),
                    zeebe("script", expression="=item * item", resultVariable="square"))  # fmt: skip
    assert Story(around(drawn)).start({"items": [1, 2, 3]}).variables == {"items": [1, 2, 3], "out": [1, 4, 9]}


def test_messages_find_the_instance_by_its_item() -> None:
    story = Story(around(receive("a", "m", "").replace("</bpmn:receiveTask>", multi() + "</bpmn:receiveTask>"),
                         top=message("m", "=item"))).start({"items": ["x", "y"]})  # fmt: skip
    assert story.waits == [("m", "x"), ("m", "y")]
    story.deliver("m", "y")
    assert story.waits == [("m", "x")]
    assert story.deliver("m", "x").open == ["z"]


def test_a_multi_instance_sub_process_has_scopes_timers_and_listeners_of_its_own() -> None:
    inside = (
        start("as"), user("b"), boundary("late", "b", on_timer("PT1H"), False), user("nag"), end("ae"), end("ne"),
        event_sub("L", on_message("m"), user("lt"), end("le"), flows="L_start > lt > le", interrupting=False),
    )  # fmt: skip
    drawn = sub("a", *inside, multi(), flows="as > b > ae; late > nag > ne")
    story = Story(around(drawn, top=message("m", "=item"))).start({"items": ["x", "y"]})
    assert story.after(hours=1).open == ["b", "b", "nag", "nag"]
    assert story.deliver("m", "y").open == ["b", "b", "lt", "nag", "nag"]
    for task in ("lt", "b", "nag", "nag", "b"):
        story.done(task)
    assert story.open == ["z"]
    assert story.variables == {"items": ["x", "y"]}


def test_an_interrupting_boundary_event_ends_every_instance() -> None:
    inside = (start("as"), user("b"), receive("w", "other"), end("ae"), multi(output=("out", "=1")))
    edge = (boundary("back", "a", on_message("m")), user("fix"))
    text = around(sub("a", *inside, flows="as > b > ae; as > w > ae"), *edge, flows=FLOW + "; back > fix > a",
                  top=message("m", "=k") + message("other", "=item"))  # fmt: skip
    story = Story(text).start({"items": ["x", "y"], "k": "k"})
    for _ in range(3):
        assert story.open == ["b", "b"]
        assert story.waits == [("m", "k"), ("other", "x"), ("other", "y")]
        assert story.deliver("m").open == ["fix"]
        assert story.waits == []
        story.done("fix")
    for name in ("x", "y"):
        story.done("b").deliver("other", name)
    assert story.open == ["z"]


def test_a_non_interrupting_boundary_event_stands_once_for_all() -> None:
    text = around(user("a", inner=multi()), boundary("tick", "a", on_timer("R2/PT1H", "timeCycle"), False), user("nag"),
                  flows=FLOW + "; tick > nag > e")  # fmt: skip
    story = Story(text).start({"items": [1, 2]})
    assert list(story.timers) == ["tick"]
    assert story.after(hours=2).open == ["a", "a", "nag", "nag"]


def test_an_error_in_one_instance_ends_them_all() -> None:
    text = around(service("a", "outside", inner=multi()), boundary("b", "a", on_error("E")), user("h"),
                  flows=FLOW + "; b > h > e", top=error("E", "x"))  # fmt: skip
    story = Story(text).start({"items": [1, 2]})
    assert story.job_failed("a", "x", why="no").open == ["h"]
    assert story.variables == {"items": [1, 2], "why": "no"}
    inside = sub("a", start("as"), user("b"), end("ae", on_error("E")), multi(), flows="as > b > ae")
    text = around(inside, boundary("b2", "a", on_error("E")), user("h"), flows=FLOW + "; b2 > h > e",
                  top=error("E", "x"))  # fmt: skip
    assert Story(text).start({"items": [1, 2]}).done("b").open == ["h"]


@pytest.mark.parametrize("sequential", [False, True])
def test_called_processes_cannot_disturb_the_results(sequential: bool) -> None:
    """Called processes get all variables and hand all back, the half-filled list of results too."""
    drawn = element("callActivity", "a", multi(output=("out", "=item + n"), sequential=sequential),
                    zeebe("calledElement", processId="=q"))  # fmt: skip
    q = diagram(process("q", start("qs"), user("qu"), end("qe"), flows="qs > qu > qe"))
    story = Story(around(drawn), q).start({"items": [10, 20, 30], "q": "q"})
    for n in range(3):
        story.done("qu", n=n)
    assert story.variables["out"] == [10, 21, 32]
    assert "loopCounter" not in story.variables
    nested = sub("a", start("as"), call("c", "q"), end("ae"), multi(output=("out", "=n")), flows="as > c > ae")
    story = Story(around(nested), q).start({"items": [1, 2]})
    story.done("qu", 1, n=7).done("qu", 0, n=5)
    assert story.variables["out"] == [5, 7]


def test_multi_instance_inside_multi_instance() -> None:
    inner = user("b", inner=multi("=item.units", "unit", output=("inner", "=unit + r")))
    drawn = sub("a", start("as"), inner, end("ae"), multi(output=("out", "=inner"), sequential=True),
                flows="as > b > ae")  # fmt: skip
    story = Story(around(drawn)).start({"items": [{"units": ["x", "y"]}, {"units": ["z"]}]})
    story.done("b", 1, r="1").done("b", r="0").done("b", r="2")
    assert story.variables["out"] == [["x0", "y1"], ["z2"]]


def test_every_instance_is_one_token_inside_the_body_s() -> None:
    story = Story(around(user("a", inner=multi()))).start({"items": [1, 2]})
    body, *instances = [s for s in story.steps if s.element == "a" and s.state == "entered"]
    assert body.cause == "p_s_a"
    assert [(s.scope, s.cause) for s in instances] == [(body.token, "a")] * 2
    story.done("a").done("a")
    ended = [s.token for s in story.steps if s.element == "a" and s.state == "completed"]
    assert ended == [instances[0].token, instances[1].token, body.token]


def test_repair_starts_the_whole_and_may_cancel_one_instance() -> None:
    story = Story(around(user("a", inner=multi()))).start({"items": [1, 2]})
    story.move(Modify(cancel_tokens=(story.task("a"),)))
    assert story.open == ["a"]
    assert story.done("a").open == ["z"]
    story.move(Modify(cancel_tokens=(story.task("z"),), start_before=("a",)))
    assert story.open == ["a", "a"]
    nested = sub("a", start("as"), user("b"), script("t", "=1", "n"), end("ae"), multi(), flows="as > b > t > ae")
    story = Story(around(nested)).start({"items": [1]})
    story.move(Modify(cancel_tokens=(story.task("b"),), start_before=("t",)))
    assert story.open == ["z"]
    with pytest.raises(Fault, match="no running scope"):
        story.move(Modify(start_before=("b",)))


def test_a_thousand_instances() -> None:
    story = Story(around(service("a", "work", inner=multi(output=("out", "=item"))))).start(
        {"items": list(range(1000))}
    )
    assert story.variables["out"] == list(range(1000))
