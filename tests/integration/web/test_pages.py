"""Pages as a browser without scripts gets them: who sees what, and what happens when something goes wrong."""

import re
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import audit, worklist
from app.cases.models import CaseFile, Registration
from app.core.db import transaction
from app.core.settings import Settings
from app.identity import actor_of_user
from app.messaging import send_notice
from app.web import security
from app.web.app import create_app
from app.workflow import Call, Fault, OnInstance, Runtime
from tests.demo_city import PASSWORD

from .conftest import House, csrf_of, forget_sign_ins
from .test_api import given_a_case, the_task, values_of


def post(browser: FlaskClient, path: str, seen_on: str, **form: str) -> TestResponse:
    """Send a form as a page would, with the token of the page it stands on."""
    return browser.post(path, data={**form, "csrf_token": csrf_of(browser, seen_on)})


def send(
    browser: FlaskClient, path: str, values: Mapping[str, object], command: str | None = None, **beside: object
) -> TestResponse:
    """Send an island's JSON."""
    body = {"command_id": command or str(uuid4()), "values": values, **beside}
    return browser.post(path, json=body, headers={"X-CSRFToken": csrf_of(browser, "/account")})


def test_everybody_lands_where_their_work_is(house: House) -> None:
    landing = {name: house.browser(name).get("/").location for name in ("agent", "auditor", "analyst", "admin")}
    assert landing == {"agent": "/tasks", "auditor": "/cases", "analyst": "/tasks", "admin": "/admin"}


def test_the_rail_shows_what_one_may_do(house: House) -> None:
    analyst = house.browser("analyst").get("/account").text
    assert 'href="/incidents"' in analyst
    assert 'href="/cases"' not in analyst
    assert 'href="/registrations/new"' in house.browser("agent").get("/account").text


def test_a_report_is_registered_by_the_page_once(house: House) -> None:
    browser, command = house.browser("agent"), str(uuid4())
    values = values_of()["values"]
    first = send(browser, "/registrations/new", values, command)
    second = send(browser, "/registrations/new", values, command)
    assert first.json["next"] == second.json["next"]
    page = browser.get(first.json["next"]).text
    assert "锦绣花园东门垃圾桶满溢，污水外流" in page


def test_a_second_window_with_the_same_draft_loses_nothing(house: House) -> None:
    browser, command = house.browser("agent"), str(uuid4())
    values = values_of()["values"]
    other = values | {"incident_summary": "书院路路灯不亮"}
    send(browser, "/registrations/draft", values, command)
    assert send(browser, "/registrations/new", values, command).status_code == 200
    refused = send(browser, "/registrations/new", other, command)
    assert (refused.status_code, refused.json["code"]) == (409, "web.registration.sent_already")
    draft = send(browser, "/registrations/draft", other, command).json
    assert draft["said"] == "", "it was not kept"
    assert "受理流水号" in draft["sent_already"]
    send(browser, "/registrations/draft", other, command, another=True)
    assert "书院路路灯不亮" in browser.get("/registrations/new").text
    send(browser, "/registrations/new", values, command)  # the first window sends again over a bad line
    assert "书院路路灯不亮" in browser.get("/registrations/new").text, "the other window's draft stays"


@pytest.mark.feature("W02", "Q20")
def test_two_windows_opened_without_a_draft_each_keep_their_own(house: House) -> None:
    browser, one, two = house.browser("agent"), str(uuid4()), str(uuid4())
    values = values_of()["values"]
    send(browser, "/registrations/draft", values | {"incident_summary": "书院路路灯不亮"}, one)
    send(browser, "/registrations/draft", values | {"incident_summary": "和平街井盖缺失"}, two)
    newest = browser.get("/registrations/new").text
    assert f'data-command="{two}"' in newest
    assert f'href="/registrations/new?draft={one}"' in newest
    assert "书院路路灯不亮" in newest, "the other one is offered by what it says"
    chosen = browser.get(f"/registrations/new?draft={one}").text
    assert f'data-command="{one}"' in chosen
    send(browser, "/registrations/draft", values | {"incident_summary": "书院路路灯全灭"}, one)
    assert "书院路路灯全灭" in browser.get(f"/registrations/new?draft={one}").text
    three = re.findall(r'href="/registrations/new\?draft=([0-9a-f-]+)">另起一件', newest)[0]
    assert f'data-command="{three}"' in browser.get(f"/registrations/new?draft={three}").text
    post(browser, "/registrations/draft/removal", "/account", command_id=one)
    left = browser.get("/registrations/new").text
    assert f'data-command="{two}"' in left
    assert one not in left
    assert send(browser, "/registrations/new", values, two).status_code == 200
    assert f'data-command="{two}"' not in browser.get(f"/registrations/new?draft={two}").text, (
        "what was sent is not written on"
    )
    assert browser.get("/registrations/new?draft=x").status_code == 422


def test_a_draft_of_the_version_before_stands_here_again_and_is_kept_once(house: House, runtime: Runtime) -> None:
    """That one kept one a person, under the page's key alone."""
    browser, command = house.browser("agent"), str(uuid4())
    values = values_of()["values"]
    with transaction(runtime.sessions) as session:
        agent = actor_of_user(session, "agent")
        content = {"values": values, "command_id": command}
        worklist.keep_draft(session, "registration", content, actor=agent, now=runtime.clock.now())
    assert f'data-command="{command}"' in browser.get("/registrations/new").text
    send(browser, "/registrations/draft", values, command)
    with runtime.sessions() as session:
        assert len(worklist.drafts_of(session, agent, "registration")) == 1


def test_who_registers_a_confidential_report_gets_its_number(house: House) -> None:
    browser = house.browser("agent")
    made = send(browser, "/registrations/new", values_of()["values"] | {"confidential": True})
    page = browser.get(made.json["next"])
    assert page.status_code == 200, "the case itself is closed to agents"
    assert re.search(r"受理流水号 \d{14}", page.text)


@pytest.mark.feature("W13")
def test_history_tells_no_telephone_or_mail_in_full_not_even_a_former_one(house: House) -> None:
    values = values_of()["values"] | {"caller_email": "wang.lihua@example.com"}
    case_no = house.person("agent").post("/registrations", {"values": values}).json["case_no"]
    browser = house.browser("agent")
    before = browser.get(f"/cases/{case_no}/edit/values").json["values"]
    send(browser, f"/cases/{case_no}/edit", before | {"caller_phone": "13911112222"}, before=before)
    told = str(house.person("supervisor").get(f"/cases/{case_no}/history")) + browser.get(f"/cases/{case_no}").text
    assert "139••••2222" in told
    assert not [said for said in ("13800136721", "13911112222", "wang.lihua@") if said in told]


def test_a_telephone_number_is_hidden_until_asked_for_and_the_look_is_logged(house: House, runtime: Runtime) -> None:
    case_no = given_a_case(house.person("agent"))
    browser = house.browser("supervisor")
    page = browser.get(f"/cases/{case_no}").text
    assert "138••••6721" in page
    assert "13800136721" not in page
    path = re.search(r'action="(/cases/\S+/look)"', page)
    assert path is not None
    assert "13800136721" in post(browser, path[1], "/account").text
    with runtime.sessions() as session:
        assert len(audit.accesses(session, _registration_of(session, case_no))) == 1


def _registration_of(session: Session, case_no: str) -> UUID:
    query = select(Registration.id).join(CaseFile, CaseFile.id == Registration.case_id)
    return session.scalars(query.where(CaseFile.case_no == case_no)).one()


def test_a_number_in_the_search_leads_to_its_case(house: House) -> None:
    made = house.person("agent").post("/registrations", values_of()).json
    browser = house.browser("supervisor")
    short = f"{made['acceptance_no'][4:8]}-{made['acceptance_no'][8:13]}"
    for number in (made["case_no"], made["acceptance_no"], short):
        assert browser.get("/cases", query_string={"q": number}).location == f"/cases/{made['case_no']}"
    unknown = browser.get("/cases", query_string={"q": "20990101000013"})
    assert unknown.status_code == 200
    assert "20990101000013" in unknown.text


def test_the_list_of_cases_is_narrowed(house: House) -> None:
    agent, browser = house.person("agent"), house.browser("supervisor")
    given_a_case(agent, incident_summary="Bins in the west", district="jz/xicheng")
    given_a_case(agent, incident_summary="Bins in the east", district="jz/dongcheng")
    page = browser.get("/cases", query_string={"district": "jz/dongcheng", "open_only": "1"}).text
    assert "Bins in the east" in page
    assert "Bins in the west" not in page
    assert browser.get("/cases", query_string={"status": "NO_SUCH"}).status_code == 200


def test_a_task_is_claimed_and_done_on_its_page(house: House) -> None:
    case_no = given_a_case(house.person("agent"))
    browser = house.browser("supervisor")
    task = the_task(house.person("supervisor"), case_no)["id"]
    assert post(browser, f"/tasks/{task}/claim", "/tasks").location == f"/tasks/{task}"
    assert "我" in browser.get("/tasks?view=mine").text
    assert send(browser, f"/tasks/{task}", {"judgement": "FILE"}).json == {"next": "/tasks"}
    assert browser.get(f"/tasks/{task}").status_code == 404


def test_a_refusal_on_a_page_keeps_status_and_says_who_may(house: House) -> None:
    case_no = given_a_case(house.person("agent"))
    task = the_task(house.person("supervisor"), case_no)["id"]
    refused = send(house.browser("agent"), f"/tasks/{task}", {"judgement": "FILE"})
    assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    assert "值班长" in refused.json["detail"]


def test_what_got_stuck_is_repaired_by_a_person(house: House, runtime: Runtime) -> None:
    """An operation fails: nothing is saved, an incident waits; the cause is mended, an analyst tries again."""
    mended = runtime.handlers["file_case"]

    def broken(session: Session, call: Call, on: OnInstance) -> Mapping[str, object]:
        raise Fault("file_case", "the register does not answer")

    runtime.handlers["file_case"] = broken
    case_no = given_a_case(house.person("agent"))
    supervisor = house.person("supervisor")
    stuck = supervisor.post(
        f"/tasks/{the_task(supervisor, case_no)['id']}/completion", {"values": {"judgement": "FILE"}}
    )
    assert stuck.status_code == 409
    analyst = house.browser("analyst")
    page = analyst.get("/incidents").text
    assert "the register does not answer" in page
    number = re.search(r"/incidents/(\d+)/retry", page)
    assert number is not None
    runtime.handlers["file_case"] = mended
    post(analyst, f"/incidents/{number[1]}/retry", "/incidents")
    assert "the register does not answer" not in analyst.get("/incidents").text
    assert supervisor.get(f"/cases/{case_no}")["status"] == "IN_PROCESSING"


def test_a_notice_leads_to_its_case_and_is_read(house: House, runtime: Runtime) -> None:
    case_no = given_a_case(house.person("agent"))
    browser, supervisor = house.browser("supervisor"), house.person("supervisor")
    person = supervisor.get("/people/me")["id"]
    with transaction(runtime.sessions) as session:
        case = session.query(CaseFile).filter(CaseFile.case_no == case_no).one()
        send_notice(
            session, [person], kind="TEST", subject_kind="case", subject_id=case.id, text_key="web.home", params={},
            dedupe="one", now=runtime.clock.now(),
        )  # fmt: skip
    notice = supervisor.get("/notices")["notices"][0]
    assert supervisor.get("/notices")["unread"] == 1
    opened = post(browser, f"/notices/{notice['id']}/reading", "/notices")
    assert opened.location == f"/cases/{case_no}"
    assert supervisor.get("/notices")["unread"] == 0
    assert supervisor.ask("PUT", f"/notices/{notice['id']}/reading").json == {"read": 0}


def test_the_password_is_changed_and_other_devices_are_out(house: House) -> None:
    browser, elsewhere = house.browser("leader"), house.browser("leader")
    wrong = post(
        browser, "/account/password", "/account", old="nope", new="a fine long sentence", again="a fine long sentence"
    )
    assert wrong.status_code == 401
    differ = post(browser, "/account/password", "/account", old="x", new="a fine long sentence", again="another")
    assert differ.status_code == 422
    right = {"old": "jiangzhou-demo", "new": "a fine long sentence", "again": "a fine long sentence"}
    assert post(browser, "/account/password", "/account", **right).location == "/account"
    assert browser.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


@pytest.mark.parametrize(("language", "word"), [("en", "Tasks"), ("zh-CN", "任务")])
def test_a_browser_keeps_the_chosen_language(house: House, language: str, word: str) -> None:
    browser = house.browser("agent")
    post(browser, "/language", "/account", language=language, back="/tasks")
    assert f" · {word} · Citydesk</title>" in browser.get("/tasks").text


def test_an_error_shows_a_reference_and_not_its_cause(house: House, runtime: Runtime) -> None:
    house.app.config["TESTING"] = False
    case_no = given_a_case(house.person("agent"))
    browser = house.browser("supervisor")
    task = the_task(house.person("supervisor"), case_no)["id"]
    runtime.preparers["complete_task"] = lambda *_: 1 / 0
    answer = send(browser, f"/tasks/{task}", {"judgement": "FILE"})
    assert answer.status_code == 500
    assert answer.json["reference"]
    assert "ZeroDivision" not in answer.text


def test_sign_ins_from_one_address_are_counted(
    runtime: Runtime, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_sign_ins(settings)
    monkeypatch.setattr(security, "SIGN_INS", "2 per minute")
    house = House(create_app(runtime, settings))
    house.person("agent")
    house.person("supervisor")
    third = house.app.test_client().post("/api/v1/sessions", json={"username": "agent", "password": PASSWORD})
    assert (third.status_code, third.json["code"]) == (429, "http-429")
    forget_sign_ins(settings)
    house.person("agent")


def test_signing_in_works_while_valkey_is_away(runtime: Runtime, settings: Settings) -> None:
    """The count of attempts falls back to this process's memory."""
    app = create_app(runtime, replace(settings, redis_url="unix:///nowhere/valkey.sock"))
    assert House(app).person("agent").token
