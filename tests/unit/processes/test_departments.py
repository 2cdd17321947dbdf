"""A work order in each department's diagram: signing, limits, return, withdrawal."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from app.workflow.engine import Compiled, compile_bundle
from app.workflow.engine.types import Registry
from tests.unit.processes.trial import MONDAY, ZONE, Trial, order

PROCESSES = ["department_default", "department_gas", "department_sanitation", "department_planning"]
STEPS = {"department_planning": ["inspect", "handle", "report_back"]}


def rungs(trial: Trial, kind: str = "HANDLE") -> list[str]:
    return [call["rung"] for call in trial.asked("notify") if call["kind"] == kind]


@pytest.mark.feature("D11")
@pytest.mark.parametrize("process", PROCESSES)
def test_sign_handle_report_back(bundle: Compiled, process: str) -> None:
    trial = order(bundle, process).task("sign", decision="SIGN")
    for step in STEPS.get(process, ["handle", "report_back"]):
        assert trial.open == {step}
        trial.task(step, finding="CONFIRMED")
    assert trial.over
    assert [name for name, _ in trial.calls] == [
        "start_limit", "end_limit", "start_limit", "end_limit", "end_order", "send_message",
    ]  # fmt: skip
    assert trial.asked("end_order") == [{"outcome": "REPORTED_BACK"}]
    assert trial.asked("send_message") == [{"name": "order_ended", "key": "c1", "variables": {"order_id": "o1"}}]


@pytest.mark.feature("Q02")
@pytest.mark.parametrize("process", PROCESSES)
def test_an_order_is_returned_after_review(bundle: Compiled, process: str) -> None:
    trial = order(bundle, process).task("sign", decision="RETURN", objection_rule="Art. 3", objection_text="Not ours")
    assert trial.open == {"review_objection"}
    trial.task("review_objection", review="REFUSED")
    assert trial.open == {"sign"}
    trial.task("sign", decision="RETURN").task("review_objection", review="GRANTED")
    assert trial.over
    assert trial.asked("end_order") == [{"outcome": "RETURNED"}]
    assert trial.asked("send_message")[0]["name"] == "order_ended"


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("message", "outcome"), [("withdraw_order", "WITHDRAWN"), ("return_order", "RETURNED")])
@pytest.mark.parametrize("signed", [False, True])
def test_a_message_ends_the_order_wherever_it_stands(
    bundle: Compiled, process: str, message: str, outcome: str, signed: bool
) -> None:
    trial = order(bundle, process)
    if signed:
        trial.task("sign", decision="SIGN")
    trial.message(message, key="o1")
    assert trial.over
    assert trial.asked("end_order") == [{"outcome": outcome}]
    assert trial.asked("send_message")[0]["key"] == "c1"


@pytest.mark.feature("D15", "D16", "V03", "Q07")
def test_notices_at_eighty_percent_at_the_limit_and_half_a_limit_later(bundle: Compiled) -> None:
    trial = order(bundle).task("sign", decision="SIGN")
    due = trial.due_of("handle")
    whole = due - MONDAY
    trial.until(MONDAY + whole * 0.8 - timedelta(seconds=1))
    assert rungs(trial) == []
    trial.after(seconds=1)
    assert rungs(trial) == ["WARN"]
    trial.until(due)
    assert rungs(trial) == ["WARN", "DUE"]
    assert trial.asked("notify")[1]["to"] == ["handler", "head", "supervisor"]
    assert trial.asked("alarm") == [{"kind": "OVERDUE"}]
    trial.until(MONDAY + whole * 1.5)
    assert rungs(trial) == ["WARN", "DUE", "ESCALATE"]
    assert trial.asked("raise_supervision") == [{"level": "SUPERVISION", "reason": "OVERDUE"}]
    assert trial.open == {"handle"}, "notices do not interrupt"
    assert trial.task("handle").task("report_back").over


def test_signing_late_is_noticed(bundle: Compiled) -> None:
    trial = order(bundle)
    assert trial.due_of("sign") == MONDAY + timedelta(hours=2)
    trial.after(hours=3)
    assert rungs(trial, "SIGN") == ["WARN", "DUE"]
    assert trial.open == {"sign"}


def test_an_emergency_is_signed_within_fifteen_minutes(bundle: Compiled) -> None:
    assert order(bundle, emergency=True).due_of("sign") == MONDAY + timedelta(minutes=15)
    assert order(bundle, "department_gas").due_of("sign") == MONDAY + timedelta(minutes=15)


@pytest.mark.feature("D12")
@pytest.mark.parametrize(
    ("process", "sub_category", "due"),
    [
        ("department_default", "ROAD_DAMAGE", datetime(2026, 11, 26, 9, 30, tzinfo=ZONE)),
        ("department_sanitation", "DIRTY_ROAD", datetime(2026, 11, 23, 16, 0, tzinfo=ZONE)),
        ("department_sanitation", "EXPOSED_RUBBISH", datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)),
        ("department_sanitation", "BUILDING_RUBBLE", datetime(2026, 11, 27, 9, 30, tzinfo=ZONE)),
        ("department_gas", "GAS_STOPPED", datetime(2026, 11, 24, 9, 30, tzinfo=ZONE)),
        ("department_gas", "GAS_PIPE_INSTALLATION", datetime(2026, 11, 30, 9, 30, tzinfo=ZONE)),
    ],
)
def test_each_department_has_its_own_limits(bundle: Compiled, process: str, sub_category: str, due: datetime) -> None:
    trial = order(bundle, process, sub_category=sub_category).task("sign", decision="SIGN")
    assert trial.due_of("handle") == due


def test_an_analysts_edit_of_the_limit_is_all_it_takes(files: Mapping[str, bytes], registry: Registry) -> None:
    """A limit of three seconds, written into the input mapping `due` as one would in the Modeler."""
    name = "processes/departments/sanitation.bpmn"
    shipped = b"'=deadline(5, \"WORKING_HOUR\")'"
    assert files[name].count(shipped) == 1
    edited = compile_bundle({**files, name: files[name].replace(shipped, b"'=duration(\"PT3S\")'")}, registry)
    trial = order(edited, "department_sanitation", sub_category="DIRTY_ROAD").task("sign", decision="SIGN")
    assert trial.due_of("handle") == MONDAY + timedelta(seconds=3)
    assert rungs(trial.after(seconds=3)) == ["WARN", "DUE"]


def test_illegal_building_has_fifteen_working_days_and_is_inspected(bundle: Compiled) -> None:
    trial = order(bundle, "department_planning", sub_category="ILLEGAL_BUILDING").task("sign", decision="SIGN")
    assert trial.due_of("inspect") == datetime(2026, 12, 14, 9, 30, tzinfo=ZONE)


@pytest.mark.feature("T32", "Q01")
def test_a_gas_leak_is_reached_in_half_an_hour_and_safe_in_two(bundle: Compiled) -> None:
    trial = order(bundle, "department_gas", sub_category="GAS_LEAK", emergency=True).task("sign", decision="SIGN")
    assert trial.due_of("on_site") == MONDAY + timedelta(minutes=30)
    trial.after(minutes=31)
    assert rungs(trial, "STAGE_ON_SITE") == ["DUE"]
    assert trial.asked("alarm") == [{"kind": "NOT_ON_SITE"}]
    trial.task("on_site", danger="CONTAINED")
    assert trial.due_of("handle") == MONDAY + timedelta(hours=2)
    assert trial.task("handle").task("report_back").over
    assert [call["kind"] for call in trial.asked("end_limit")] == ["SIGN", "STAGE", "HANDLE"]
