"""The administrator's pages: people and rights, the city's lists, calendars; each change recorded and told."""

from datetime import date
from html import unescape
from io import BytesIO
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from app import audit, city, identity
from app.contacts.actions import add_agent
from app.core.db import transaction
from app.identity import actor_of_user
from app.messaging.models import Notice
from app.web.formats import short_number
from app.workflow import Runtime
from app.workflow.models import Outbox
from app.workflow.outbox import deliver_outbox

from .conftest import House, csrf_of
from .test_api import given_a_case
from .test_inbox_page import counts, deed, tasks_on

PASSWORD = "a sentence to remember"


def post(browser: FlaskClient, path: str, **form: object) -> TestResponse:
    return browser.post(path, data={**form, "csrf_token": csrf_of(browser, "/account")})


def id_of(runtime: Runtime, username: str) -> str:
    with runtime.sessions() as session:
        return str(identity.user_by_name(session, username).id)


@pytest.fixture
def admin(house: House) -> FlaskClient:
    return house.browser("admin")


@pytest.mark.feature("U01", "U03", "U06", "U13")
def test_a_person_is_made_once_and_gets_rights_with_a_scope(admin: FlaskClient, runtime: Runtime) -> None:
    form = {
        "command_id": str(uuid4()), "name": "解晓东", "username": "xie", "password": PASSWORD, "language": "zh-CN",
        "role": ["department_handler", ""], "department": ["gas", ""], "district": ["jz/dongcheng", ""],
    }  # fmt: skip
    first, again = post(admin, "/admin/people/new", **form), post(admin, "/admin/people/new", **form)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    with runtime.sessions() as session:
        grants = [identity.format_grant(grant) for grant in identity.user_by_name(session, "xie").grants]
        assert grants == ["department_handler:gas@jz/dongcheng"]
    page = admin.get(first.location).text
    assert "新建账户 xie" in page
    assert "部门经办人 · 市燃气集团 · 东城区" in page


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(admin: FlaskClient) -> None:
    answer = post(admin, "/admin/people/new", name="王五", username="W!", password="short", role="agent", department="",
                  district="")  # fmt: skip
    assert answer.status_code == 422
    assert 'value="王五"' in answer.text
    assert 'id="f-username" name="username" value="W!" required aria-invalid="true"' in answer.text
    assert PASSWORD not in answer.text


def test_a_form_that_names_nobody_is_refused_in_words(admin: FlaskClient, runtime: Runtime) -> None:
    where = f"/admin/people/{id_of(runtime, 'agent2')}"
    for what, named in (("state", {"active": "0", "to": "nobody"}), ("sessions/end", {"session": "none"})):
        answer = post(admin, f"{where}/{what}", **named)
        assert (answer.status_code, "表单内容不完整" in answer.text) == (422, True)
    with runtime.sessions() as session:
        assert identity.user_by_name(session, "agent2").deactivated_at is None


def test_the_last_administrator_stays(admin: FlaskClient, runtime: Runtime) -> None:
    me = id_of(runtime, "admin")
    answers = [
        post(admin, f"/admin/people/{me}/grants", role="agent", department="", district=""),
        post(admin, f"/admin/people/{me}/state", active="0"),
    ]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert admin.get("/admin/people").status_code == 200


def test_who_gives_themself_rights_over_cases_is_told_of(admin: FlaskClient, runtime: Runtime) -> None:
    me = id_of(runtime, "admin")
    rights = {"role": ["administrator", "leader"], "department": ["", ""], "district": ["", ""]}
    assert post(admin, f"/admin/people/{me}/grants", **rights).status_code == 303
    with runtime.sessions() as session:
        auditor = identity.user_by_name(session, "auditor").id
        notices = session.scalars(select(Notice).where(Notice.kind == "ADMINISTRATION")).all()
        assert [notice.recipient for notice in notices] == [auditor]
        assert notices[0].params == {"name": "赵立新", "rights": "leader"}
        assert audit.verify(session) == []
    assert "局领导" in admin.get("/admin/history").text


def test_a_closed_login_and_a_new_password_end_the_sessions(admin: FlaskClient, house: House, runtime: Runtime) -> None:
    agent, where = house.browser("agent"), f"/admin/people/{id_of(runtime, 'agent')}"
    assert agent.get("/tasks").status_code == 200
    assert post(admin, f"{where}/password", password=PASSWORD).status_code == 303
    assert agent.get("/tasks").status_code == 302
    other = house.browser("agent2")
    assert post(admin, f"/admin/people/{id_of(runtime, 'agent2')}/state", active="0").status_code == 303
    assert other.get("/tasks").status_code == 302
    third = house.browser("supervisor")
    assert post(admin, f"/admin/people/{id_of(runtime, 'supervisor')}/sessions/end").status_code == 303
    assert third.get("/tasks").status_code == 302


@pytest.fixture
def in_hand(house: House, runtime: Runtime) -> list[str]:
    """Three cases whose judgement 何静 holds; 陈建华 (supervisor) may do it too."""
    with transaction(runtime.sessions) as session:
        rights = [identity.Grant(identity.Role.SHIFT_SUPERVISOR)]
        identity.add_user(session, "second", "何静", PASSWORD, rights, identity.SEED, runtime.clock.now())
        second = str(identity.user_by_name(session, "second").id)
    agent, supervisor = house.person("agent"), house.browser("supervisor")
    cases = [given_a_case(agent) for _ in range(3)]
    for task in tasks_on(supervisor):
        assert deed(supervisor, "assign", [task], to=second)["refusals"] == []
    return cases


def deliver_all(runtime: Runtime, kind: str) -> None:
    with runtime.sessions() as session:
        rows = session.scalars(select(Outbox.id).where(Outbox.kind == kind, Outbox.state == "PENDING")).all()
    for row_id in rows:
        deliver_outbox(runtime, row_id)


@pytest.mark.feature("U13", "Q14")
def test_closing_a_login_says_what_they_hold_and_puts_it_back(
    admin: FlaskClient, house: House, runtime: Runtime, in_hand: list[str]
) -> None:
    second = id_of(runtime, "second")
    page = admin.get(f"/admin/people/{second}").text
    assert "手中有 3 项任务" in page
    for number in in_hand:
        assert short_number(number) in page
        assert f'href="/cases/{number}"' not in page, "an administrator may not read cases"
    assert "陈建华" in page.partition('name="to"')[2].partition("</select>")[0]
    assert "3 项任务" in admin.get(post(admin, f"/admin/people/{second}/state", active="0", to="").location).text
    supervisor = house.browser("supervisor")
    assert counts(supervisor)["claimable"] == "0"
    deliver_all(runtime, "login_closed")
    assert counts(supervisor)["claimable"] == "3"
    assert "手中有" not in admin.get(f"/admin/people/{second}").text
    assert "赵立新</b> 放回“" in supervisor.get(f"/cases/{in_hand[0]}").text


@pytest.mark.feature("U13", "Q14")
def test_closing_a_login_gives_the_tasks_to_a_colleague_who_may_do_them(
    admin: FlaskClient, house: House, runtime: Runtime, in_hand: list[str]
) -> None:
    second, supervisor, browser = id_of(runtime, "second"), id_of(runtime, "supervisor"), house.browser("supervisor")
    stranger = id_of(runtime, "gas")
    post(admin, f"/admin/people/{second}/state", active="0", to=supervisor)
    deliver_all(runtime, "login_closed")
    assert counts(browser)["mine"] == "3"
    deed(browser, "release", tasks_on(browser)[:2])
    post(admin, f"/admin/people/{second}/state", active="1")
    deed(browser, "assign", tasks_on(browser)[:2], to=second)
    post(admin, f"/admin/people/{second}/state", active="0", to=stranger)
    deliver_all(runtime, "login_closed")
    assert counts(browser)["claimable"] == "2", "who may not do them gets none: they go back to all who may"


def test_who_was_let_in_again_in_time_keeps_the_tasks(
    admin: FlaskClient, house: House, runtime: Runtime, in_hand: list[str]
) -> None:
    second = id_of(runtime, "second")
    post(admin, f"/admin/people/{second}/state", active="0", to="")
    post(admin, f"/admin/people/{second}/state", active="1")
    deliver_all(runtime, "login_closed")
    assert "手中有 3 项任务" in admin.get(f"/admin/people/{second}").text


@pytest.mark.feature("U11", "U12")
def test_a_department_is_added_changed_and_retired_only_when_idle(admin: FlaskClient, runtime: Runtime) -> None:
    names = {"name_zh-CN": "照明管理处", "name_en": "Street Lighting Office"}
    new = {**names, "code": "lighting", "command_id": str(uuid4()), "parent": "municipal", "process_id": ""}
    assert [post(admin, "/admin/departments", **new).status_code for _ in range(2)] == [303, 303]
    taken = post(admin, "/admin/departments", **{**new, "command_id": str(uuid4())})
    assert taken.status_code == 409
    bad = post(admin, "/admin/departments/lighting", **{**names, "process_id": "department_nowhere", "active": "1"})
    assert bad.status_code == 422
    busy = post(admin, "/admin/departments/gas", **{"name_zh-CN": "燃气", "name_en": "Gas"})
    assert busy.status_code == 409
    assert post(admin, "/admin/departments/lighting", **names).status_code == 303
    with runtime.sessions() as session:
        lighting = next(each for each in city.departments(session) if each.code == "lighting")
        assert (lighting.active, lighting.parent) == (False, None)
        assert audit.verify(session) == []
    assert "照明管理处" in admin.get("/admin/history").text


@pytest.mark.feature("W06", "W20")
def test_sub_categories_come_and_go_and_those_of_the_source_stay(admin: FlaskClient, runtime: Runtime) -> None:
    names = {"name_zh-CN": "招牌松动", "name_en": "Loose sign"}
    form = {
        **names,
        "code": "loose_sign",
        "parent": "CITY_APPEARANCE_AND_SANITATION",
        "department": "",
        "kind": "EVENT",
    }
    assert post(admin, "/admin/categories", **form).status_code == 303
    source = {"name_zh-CN": "供水服务", "name_en": "Water", "department": "water"}
    refused = post(admin, "/admin/categories/WATER_SUPPLY", **source)
    assert refused.status_code == 409
    assert post(admin, "/admin/categories/WATER_SUPPLY", **source, active="1").status_code == 303
    assert post(admin, "/admin/categories/LOOSE_SIGN", **names).status_code == 303
    with runtime.sessions() as session:
        found = {each.code: each for each in city.categories(session)}
    assert found["WATER_SUPPLY"].names["zh-CN"] == "供水服务"
    assert (found["LOOSE_SIGN"].active, found["LOOSE_SIGN"].department) == (False, "sanitation")


def test_a_district_gets_another_name(admin: FlaskClient) -> None:
    form = {"name_zh-CN": "东城新区", "name_en": "New Dongcheng", "outer": "1"}
    assert post(admin, "/admin/districts/jz/dongcheng", **form).status_code == 303
    page = admin.get("/admin/districts?code=jz/dongcheng").text
    assert "东城新区" in page
    assert "<svg" in page


def test_a_calendar_is_changed_day_by_day_each_time_a_version(admin: FlaskClient, runtime: Runtime) -> None:
    where = "/admin/calendars/city/jz"
    off = {"day": "2027-03-01", "until": "2027-03-02", "kind": "off", "reason": "市运会"}
    assert post(admin, f"{where}/days", **off).status_code == 303
    assert post(admin, f"{where}/days", **off).status_code == 303
    assert post(admin, f"{where}/days", day="2027-03-06", kind="make_up", reason="补班").status_code == 303
    assert post(admin, f"{where}/days", day="2027-03-06", kind="make_up").status_code == 422
    with runtime.sessions() as session:
        calendar = city.calendar_for(session, None, "jz/dongcheng")
        assert calendar.version == 3
        assert calendar.rules.off[date(2027, 3, 2)] == "市运会"
        assert date(2027, 3, 6) in calendar.rules.make_up
        assert audit.verify(session) == []
    page = admin.get(f"{where}?year=2027").text
    assert "2027-03-01 放假: 市运会" in page
    assert "尚未公布" in page
    assert post(admin, f"{where}/years", year="2027", how="complete", reason="已录入").status_code == 303
    assert "尚未公布" not in admin.get(f"{where}?year=2027").text.partition("h-year")[0]


def test_days_off_come_from_a_file_after_a_look(admin: FlaskClient, runtime: Runtime) -> None:
    where, years = "/admin/calendars/city/jz", {"first_year": "2027", "last_year": "2027", "how": "complete"}

    def tried(content: bytes, name: str) -> TestResponse:
        return post(admin, f"{where}/file/trial", **years, file=(BytesIO(content), name))

    wrong = tried("日期,类型,名称\n2027-02-30,放假,国庆节\n".encode(), "days.csv").text
    assert "“2027-02-30”不是日期" in wrong
    assert tried(b"", "days.csv").status_code == 422
    seen = tried("日期,至,类型,名称\n2027-10-01,2027-10-07,放假,国庆节\n2027-10-09,,上班,国庆节\n".encode(), "days.csv")
    assert "放假 7 天，调休上班 1 天，共 8 天有变化" in seen.text
    days = unescape(seen.text.partition('<textarea name="days" hidden>')[2].partition("<")[0])
    assert post(admin, f"{where}/file", **years, days=days).status_code == 422
    with runtime.sessions() as session:
        assert city.calendar_for(session, None, "jz").version == 1
    assert post(admin, f"{where}/file", **years, days=days, reason="国办通知").status_code == 303
    with runtime.sessions() as session:
        rules = city.calendar_for(session, None, "jz").rules
    assert [day.isoformat() for day in sorted(rules.off) if day.year == 2027][::6] == ["2027-10-01", "2027-10-07"]
    assert rules.make_up[date(2027, 10, 9)] == "国庆节"
    assert 2027 in rules.published


def test_a_department_gets_a_calendar_of_its_own(admin: FlaskClient, runtime: Runtime) -> None:
    week = {f"shifts_{day}": "08:00-12:00 14:00-18:00" for day in range(5)}
    form = {**week, "make_up_shifts": "08:00-12:00", "observes_holidays": "1", "reason": "夏令作息"}
    assert post(admin, "/admin/calendars/department/gas/week", **form).status_code == 303
    with runtime.sessions() as session:
        own, others = city.calendar_for(session, "gas", "jz"), city.calendar_for(session, "water", "jz")
    assert own.rules.week[0] == ((480, 720), (840, 1080))
    assert own.rules.off == others.rules.off
    wrong = post(admin, "/admin/calendars/department/gas/week", **{**form, "shifts_0": "8 bis 12"})
    assert wrong.status_code == 422
    assert 'value="8 bis 12"' in wrong.text


def test_settings_say_where_they_come_from_and_hide_secrets(admin: FlaskClient) -> None:
    page = admin.get("/admin/settings").text
    assert "CITYDESK_SECRET_KEY" in page
    assert "a key of forty characters" not in page
    assert "••••••" in page


@pytest.mark.feature("U02")
def test_the_table_of_rights_is_the_one_that_decides(admin: FlaskClient) -> None:
    page = admin.get("/admin/rights").text
    assert all(action in page for action in identity.ACTIONS)


@pytest.mark.feature("U06", "Q22")
def test_the_changes_are_told_in_words_whoever_made_them(house: House, runtime: Runtime) -> None:
    """Of the loading of the demo city, of deploying and of the telephone's agents too."""
    with transaction(runtime.sessions) as session:
        agent = identity.user_by_name(session, "agent").id
        add_agent(session, agent, "1001", "7001", actor=identity.SEED, now=runtime.clock.now(), skills={})
    page = house.browser("auditor").get("/admin/history").text
    assert "<b>系统</b> 发布" in page
    assert "<b>系统</b> 将 agent 设为座席人员" in page
    assert "<b>系统</b> 部署了流程、决策与表单" in page
    assert not [raw for raw in ("<b>seed</b>", "agent.added", "bundle.deployed") if raw in page]


def test_an_auditor_sees_changes_and_no_form(house: House, runtime: Runtime) -> None:
    auditor = house.browser("auditor")
    assert auditor.get("/admin").location == "/admin/history"
    assert "载入演示城市" in auditor.get("/admin/history").text
    assert auditor.get("/admin/people").status_code == 403
    with transaction(runtime.sessions) as session:
        assert session.scalar(text("select count(*) from notice where kind = 'ADMINISTRATION'")) == 0
        assert not identity.can(actor_of_user(session, "admin"), "case.read")


def test_language_and_theme_follow_a_person_to_another_machine(house: House) -> None:
    browser = house.browser("agent")
    assert post(browser, "/account/theme", theme="dark").status_code == 204
    assert post(browser, "/account/theme", theme="pink").status_code == 422
    assert post(browser, "/language", language="en", back="/account").status_code == 302
    other = house.browser("agent")
    assert "Where you are signed in" in other.get("/account").text
    cookie = other.get_cookie("theme")
    assert cookie is not None
    assert cookie.value == "dark"
