"""Deploying: checked, immutable, overlaid by what a file holds; running instances keep what they started with."""

from datetime import timedelta

import psycopg
import pytest

from app import audit, workflow
from app.core.db import Sessions
from app.core.errors import Conflict, Invalid, NotFound
from app.workflow import Operation
from app.workflow.deploy import STREAM
from app.workflow.engine.types import Refused
from tests.integration.workflow.office import AGENTS, ANA, DESK, LETTER, Office
from tests.unit.engine.writing import (
    boundary,
    call,
    diagram,
    end,
    event_sub,
    on_message,
    on_timer,
    process,
    receive,
    service,
    start,
    user,
)


def flow(*tasks: str, id: str = "desk") -> str:
    nodes = [user(task, AGENTS) for task in tasks]
    return diagram(process(id, start(), *nodes, end(), flows=f"s > {' > '.join(tasks)} > e"))


def test_the_next_instance_takes_the_new_step_and_running_ones_stay(sessions: Sessions) -> None:
    office = Office(sessions, flow("a", "b"), flow("x", id="other"))
    old = office.start("desk").instance_id
    office.deploy(flow("a", "inspect", "b"))
    new = office.start("desk").instance_id
    for instance in (old, new):
        office.complete(instance, "a")
    assert (office.open(old), office.open(new)) == (["b"], ["inspect"])
    assert office.open(office.start("other").instance_id) == ["x"]  # untouched by the overlay
    row_old, row_new = office.history(old)[-1], office.history(new)[-1]
    assert row_old.bundle != row_new.bundle


def test_the_same_files_are_the_same_bundle(sessions: Sessions) -> None:
    office = Office(sessions, flow("a"))
    first = office.deploy(flow("a"))
    assert not first.changed
    second = office.deploy(flow("a", "b"))
    third = office.deploy(flow("a"))
    assert (second.changed, third.changed) == (True, True)
    assert (first.id == third.id, first.id == second.id) == (True, False)
    assert office.rows("select count(*) from deployment")[0].count == 3
    with office.runtime.sessions() as session:
        assert [row.kind for row in audit.read(session, STREAM)] == ["bundle.deployed"] * 3


def test_a_refused_file_changes_nothing(sessions: Sessions) -> None:
    office = Office(sessions, flow("a"))
    with pytest.raises(Refused) as refused:
        office.deploy(diagram(process("desk", start(), service("bad", "format_disk"), end(), flows="s > bad > e")))
    assert [finding.element for finding in refused.value.findings if finding.severity == "error"] == ["bad"]
    with pytest.raises(Refused):
        office.deploy("<not xml")
    assert office.open(office.start("desk").instance_id) == ["a"]


def test_an_overlay_that_would_lose_a_process_is_refused(sessions: Sessions) -> None:
    both = diagram(
        process("one", start(), user("a"), end(), flows="s > a > e"),
        process("two", start("s2"), user("b"), end("e2"), flows="s2 > b > e2"),
    )
    office = Office(sessions, both)
    with pytest.raises(Invalid, match="loses"):
        office.deploy(flow("c", id="one"))
    office.deploy(flow("c", id="one"), replace_all=True)
    with pytest.raises(NotFound, match="no_process"):
        office.start("two")


@pytest.mark.parametrize(
    "sql",
    [
        "update file_content set body = ''", "delete from bundle", "truncate file_content cascade",
        "update bundle_file set path = 'x'", "update deployment set at = now()", "delete from deployment",
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", ["application", "owner"])
def test_bundles_are_immutable(sessions: Sessions, owner_url: str, database_url: str, sql: str, who: str) -> None:
    Office(sessions, DESK)
    url = owner_url if who == "owner" else database_url
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql)


def test_a_new_pairing_of_process_and_operation_needs_an_administrator(sessions: Sessions) -> None:
    office = Office(sessions, flow("a"))
    office.runtime.operation(Operation("close", "local", ("lifecycle",)), lambda session, call, on: {})
    calls = diagram(process("desk", start(), service("c", "close"), user("u"), end(), flows="s > c > u > e"))
    with pytest.raises(Refused):
        office.deploy(calls)
    with office.runtime.sessions.begin() as session:
        workflow.allow(
            session, "desk", "close", registry=office.runtime.registry, actor=ANA, now=office.clock.now()
        )  # fmt: skip
    office.deploy(calls)
    assert office.open(office.start("desk").instance_id) == ["u"]


def test_one_instance_moves_to_the_current_bundle(sessions: Sessions) -> None:
    office = Office(sessions, flow("a", "b"))
    instance = office.start("desk").instance_id
    with pytest.raises(Conflict, match="already_current"):
        office.do(instance, "migrate", ANA)
    office.deploy(flow("a", "inspect", "b"))
    office.do(instance, "migrate", ANA, reason="law changed")
    office.complete(instance, "a")
    assert office.open(instance) == ["inspect"]
    office.deploy(flow("a", "b"))
    with pytest.raises(Conflict, match="cannot_migrate"):
        office.do(instance, "migrate", ANA)
    assert office.open(instance) == ["inspect"]
    assert office.sound()


def test_migrating_arms_what_the_new_diagram_adds(sessions: Sessions) -> None:
    """A limit added to a task that is open counts from now; one that has fired already does not fire again."""

    def drawn(*more: str, flows: str = "") -> str:
        nodes = (start(), user("a", AGENTS), boundary("old", "a", on_timer("PT1H"), False), end("told"), *more, end())
        return diagram(LETTER, process("p", *nodes, flows=f"s > a > e; old > told{flows}"))

    office = Office(sessions, drawn())
    instance = office.start("p").instance_id
    office.later(hours=2)
    more = (
        boundary("new", "a", on_timer("PT3H")), user("late", AGENTS),
        event_sub("L", on_message("letter"), user("stop", AGENTS), end("le"), flows="L_start > stop > le"),
    )  # fmt: skip
    office.deploy(drawn(*more, flows="; new > late > e"))
    office.do(instance, "migrate", ANA)
    rows = office.rows("select element, due from timer where instance_id = :i", i=instance)
    assert [(row.element, row.due) for row in rows] == [("new", office.clock.now() + timedelta(hours=3))]
    assert [row.element for row in office.rows("select element from subscription")] == ["L_start"]
    office.later(hours=4)
    assert office.open(instance) == ["late"]
    fired = [step["element"] for row in office.history(instance) for step in row.steps if step["state"] == "fired"]
    assert fired == ["old", "new"]
    office.deliver("letter", "k1")
    assert office.open(instance) == ["stop"]
    assert office.sound()


def test_migrating_arms_what_one_diagram_adds_though_another_has_an_event_of_that_name(sessions: Sessions) -> None:
    """Ids are unique within a process only: departments' diagrams name the same things alike."""

    def listening(id: str, *more: str) -> str:
        heard = event_sub("L", on_message("letter"), user("stop", AGENTS), end("le"), flows="L_start > stop > le")
        late = boundary("late", "a", on_timer("PT3H"), False)
        added = {"heard": (heard,), "late": (late, end("told"))}
        nodes = [node for name in more for node in added[name]]
        flows = "s > a > e" + ("; late > told" if "late" in more else "")
        return diagram(LETTER, process(id, start(), user("a", AGENTS), end(), *nodes, flows=flows))

    office = Office(sessions, listening("p"), listening("other", "heard", "late"))
    instance = office.start("p").instance_id
    office.deploy(listening("p", "heard", "late"))
    office.do(instance, "migrate", ANA)
    assert [row.element for row in office.rows("select element from subscription")] == ["L_start"]
    assert [row.element for row in office.rows("select element from timer")] == ["late"]
    office.deliver("letter", "k1")
    assert office.open(instance) == ["stop"]
    assert office.sound()


def test_an_open_task_is_compared_with_its_own_diagram(sessions: Sessions) -> None:
    """What bears its id in another one neither hinders a migration nor hides that one is impossible."""

    def waiting(id: str, node: str) -> str:
        return diagram(LETTER, process(id, start(), node, end(), flows="s > a > e"))

    office = Office(sessions, waiting("p", user("a", AGENTS)), waiting("q", receive("a", "letter")))
    instance = office.start("p").instance_id
    office.deploy(waiting("q", service("a", "stamp")))
    office.do(instance, "migrate", ANA)
    office.deploy(waiting("p", receive("a", "letter")))
    with pytest.raises(Conflict, match="cannot_migrate"):
        office.do(instance, "migrate", ANA)
    assert office.open(instance) == ["a"]


def test_a_call_activity_is_pinned_to_a_version(sessions: Sessions) -> None:
    """As it was deployed last under that tag, however often the process changes afterwards."""

    def called(tag: str, task: str) -> str:
        version = f'<bpmn:extensionElements><zeebe:versionTag value="{tag}"/></bpmn:extensionElements>'
        drawn = process("inspection", start(), user(task, AGENTS), end(), flows=f"s > {task} > e")
        return diagram(drawn.replace(">", f">{version}", 1))

    def calling(**binding: str) -> str:
        return diagram(process("p", start(), call("c", "inspection", **binding), end(), flows="s > c > e"))

    pinned = calling(bindingType="versionTag", versionTag="v1")
    office = Office(sessions, called("v1", "look"), calling())
    office.deploy(called("v2", "measure"))
    assert office.open(office.start("p").instance_id) == ["measure"], "unpinned: the bundle's own"
    office.deploy(pinned)
    first = office.start("p").instance_id
    assert office.open(first) == ["look"]
    office.deploy(called("v3", "count"))
    second, own = office.start("p").instance_id, office.start("inspection").instance_id
    assert (office.open(second), office.open(own)) == (["look"], ["count"])
    task = office.task(second)
    with office.runtime.sessions() as session:
        assert b"look" in workflow.diagram(session, task.bundle_id, task.process_id)
    office.complete(second, "look")
    assert office.status(second) == "COMPLETED"
    with pytest.raises(Refused, match="unknown-version"):
        office.deploy(calling(bindingType="versionTag", versionTag="v9"))
    assert office.sound()


def test_files_come_back_as_deployed(sessions: Sessions) -> None:
    office = Office(sessions, DESK)
    with office.runtime.sessions() as session:
        bundle = workflow.current_bundle(session)
        assert bundle is not None
        assert workflow.diagram(session, bundle.id, "desk") == DESK.encode()
        with pytest.raises(NotFound):
            workflow.diagram(session, bundle.id, "nothing")
        with pytest.raises(NotFound):
            workflow.form(session, bundle, "nothing")
