"""How to proceed is chosen while registering: done at once by who may, else ready in the supervisor's forms."""

from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import CaseFile, ProcessingForm
from app.core.db import transaction
from app.core.ids import new_id
from app.identity import SEED
from app.knowledge import load_demo_phrases
from app.lifecycle.worklist import tasks_of_case
from app.workflow import Runtime
from tests.integration.web.conftest import House, csrf_of
from tests.integration.web.test_search import REPORT


class Desk:
    """Somebody's browser at the registration console."""

    def __init__(self, house: House, username: str) -> None:
        self.browser = house.browser(username)
        self.headers = {"X-CSRFToken": csrf_of(self.browser, "/account"), "Accept": "application/json"}

    def ask(self, path: str, **body: Any) -> Any:
        return self.browser.post(path, json=body, headers=self.headers)

    def register(self, method: str | None, **changed: Any) -> tuple[str, str]:
        """Case number, and what the next page says."""
        more: dict[str, Any] = {}
        if method:
            offered = self.ask("/registrations/processing", values=REPORT, method=method).json["values"]
            more["processing"] = {**offered, **changed}
        answer = self.ask("/registrations/new", command_id=str(new_id()), values=REPORT, **more)
        assert answer.status_code == 200, answer.text
        return answer.json["next"].rpartition("/")[2], self.browser.get(answer.json["next"]).text


def forms_of(runtime: Runtime, case_no: str) -> tuple[CaseFile, list[ProcessingForm], list[str | None]]:
    with runtime.sessions() as session:
        case = session.scalars(select(CaseFile).where(CaseFile.case_no == case_no)).one()
        made = session.scalars(select(ProcessingForm).where(ProcessingForm.case_id == case.id)).all()
        return case, list(made), [item.task.form_id for item in tasks_of_case(runtime, session, case.id)]


@pytest.mark.feature("P02", "P04", "P05", "P06", "P07")
def test_a_supervisor_files_at_once_by_the_pre_filled_form(house: House, runtime: Runtime) -> None:
    desk = Desk(house, "supervisor")
    offered = desk.ask("/registrations/processing", values=REPORT, method="ASSIST").json["values"]
    assert offered["method"] == "ASSIST"
    assert offered["lead_department"] == "sanitation", "the tables propose"
    assert offered["processing_content"] == REPORT["detailed_content"]
    numbers = []
    for method, mark in (("FILE_CASE", "LA"), ("ASSIST", "XB"), ("TRANSFER", "ZB"), ("FILE_CASE", "LA")):
        case_no, said = desk.register(method, processing_content="请当日清运。", lead_department="parks")
        case, (form,), tasks = forms_of(runtime, case_no)
        assert (case.lead_department, form.method, form.content) == ("parks", method, "请当日清运。")
        assert form.processing_no is not None
        assert form.processing_no.startswith(mark)
        assert form.processing_no in said
        assert tasks == ["sign"]
        numbers.append(int(form.processing_no.rpartition("-")[2]))
    assert numbers == [1, 1, 1, 2], "each method has a series of its own"


@pytest.mark.feature("P03")
def test_reporting_to_the_leader_waits_for_the_leader(house: House, runtime: Runtime) -> None:
    case_no, said = Desk(house, "supervisor").register("REPORT_LEADER")
    assert "呈报领导" in said
    assert forms_of(runtime, case_no)[1:] == ([], ["leader_instruction"])


@pytest.mark.feature("P01")
def test_an_agents_choice_stands_ready_for_the_supervisor(house: House, runtime: Runtime) -> None:
    desk = Desk(house, "agent")
    assert forms_of(runtime, desk.register(None)[0])[1:] == ([], ["judgement"])
    case_no, said = desk.register("TRANSFER", lead_department="parks")
    assert "已向值班长提出处理建议：转办" in said
    assert forms_of(runtime, case_no)[1:] == ([], ["judgement"])
    supervisor = house.person("supervisor")

    def task() -> Any:
        return supervisor.get("/tasks", case_no=case_no)["tasks"][0]

    supervisor.post(f"/tasks/{task()['id']}/completion", {"values": {"judgement": "FILE"}})
    begun = supervisor.get(f"/tasks/{task()['id']}")["values"]
    assert (begun["method"], begun["lead_department"]) == ("TRANSFER", "parks")


def test_what_cannot_be_is_refused_before_anything_is_saved(house: House, runtime: Runtime) -> None:
    desk = Desk(house, "supervisor")
    assert desk.ask("/registrations/processing", values=REPORT, method="SHRED").status_code == 422
    wrong = {"method": "FILE_CASE", "lead_department": "no_such"}
    refused = desk.ask("/registrations/new", command_id=str(new_id()), values=REPORT, processing=wrong)
    assert refused.status_code == 422
    assert "lead_department" in refused.json["errors"]
    command, values = str(new_id()), {"method": "FILE_CASE", "lead_department": "parks"}
    first, again = (desk.ask("/registrations/new", command_id=command, values=REPORT, processing=values) for _ in "ab")
    assert first.json["next"] == again.json["next"], "sent twice it is one case"
    assert len(forms_of(runtime, first.json["next"].rpartition("/")[2])[1]) == 1


@pytest.mark.feature("S08")
def test_words_propose_a_sub_category_and_a_text_from_the_knowledge(house: House, runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        load_demo_phrases(session, SEED, runtime.clock.now())
    desk = Desk(house, "agent")
    values = {"incident_summary": "楼道燃气味很重，疑似泄漏", "detailed_content": ""}
    parts = desk.ask("/registrations/hints", values=values).json
    assert parts["matter"]["values"]["sub_category"] == "GAS_LEAK"
    assert "按 Tab 采用" in parts["matter"]["said"]
    assert "燃气泄漏应急" in parts["knowledge"]
    assert "停电答复" not in parts["knowledge"]
    assert desk.ask("/registrations/hints", values={**values, "category": "GAS_SUPPLY"}).json["matter"] is None


@pytest.mark.feature("P01", "P02")
def test_a_program_registers_and_proceeds_in_one_request(house: House, runtime: Runtime) -> None:
    desk = Desk(house, "supervisor")
    offered = desk.ask("/registrations/processing", values=REPORT, method="FILE_CASE").json["values"]
    headers = desk.headers | {"Idempotency-Key": str(new_id())}
    body = {"values": REPORT, "processing": offered}
    first, again = (desk.browser.post("/api/v1/registrations", json=body, headers=headers) for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.json["processing_no"].startswith("LA")
    assert again.json["case_no"] == first.json["case_no"]
    assert again.json["repeated"]
    _, (form,), tasks = forms_of(runtime, first.json["case_no"])
    assert (form.processing_no, tasks) == (first.json["processing_no"], ["sign"])
    wrong = desk.ask("/api/v1/registrations", values=REPORT, processing={"method": "SOMEHOW"})
    assert wrong.status_code == 422


def test_an_emergency_goes_at_once_by_the_method_chosen_at_the_console(house: House, runtime: Runtime) -> None:
    desk = Desk(house, "supervisor")
    values = REPORT | {"urgency": "EMERGENCY"}
    offered = desk.ask("/registrations/processing", values=values, method="ASSIST").json["values"]
    answer = desk.ask("/registrations/new", command_id=str(new_id()), values=values, processing=offered)
    _, (form,), tasks = forms_of(runtime, answer.json["next"].rpartition("/")[2])
    assert (form.method, tasks) == ("ASSIST", ["sign"])
