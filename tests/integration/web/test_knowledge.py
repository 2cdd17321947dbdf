"""The knowledge base: kept with versions, found by two characters, given as an answer at once."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.cases.models import CaseFile
from app.core.db import transaction
from app.core.ids import new_id
from app.identity import SEED
from app.knowledge import find_articles, load_demo_articles
from app.lifecycle.worklist import tasks_of_case
from app.workflow import Runtime
from tests.integration.web.conftest import House, csrf_of
from tests.integration.web.test_processing import Desk
from tests.integration.web.test_search import REPORT

ARTICLE = {
    "topic": "ANSWER",
    "category": "STREET_LAMP",
    "title": "路灯不亮",
    "body": "三个工作日内修复。",
    "source": "",
}


def given_articles(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        load_demo_articles(session, SEED, runtime.clock.now())


def keep(house: House, username: str, path: str = "/knowledge", **changed: Any) -> Any:
    browser = house.browser(username)
    token = csrf_of(browser, "/account")
    return browser.post(path, data={"csrf_token": token, **ARTICLE, **changed})


@pytest.mark.feature("K01", "K02", "K03", "K08")
def test_an_article_is_kept_with_all_its_versions(house: House) -> None:
    address = keep(house, "supervisor").headers["location"]
    assert keep(house, "analyst", address, body="两个工作日内修复。", seen="1").status_code == 302
    overtaken = keep(house, "admin", address, body="五日。", seen="1")
    assert "您的内容还在" in overtaken.text
    assert "五日。" in overtaken.text, "nothing typed is lost"
    page = house.browser("agent").get(address).text
    assert "两个工作日内修复。" in page
    assert "三个工作日内修复。" in house.browser("agent").get(f"{address}?version=1").text
    assert keep(house, "agent").status_code == 403
    house_page = keep(house, "admin", f"{address}/withdrawal")
    assert house_page.status_code == 302
    assert address not in house.browser("agent").get("/knowledge").text


@pytest.mark.feature("K04", "K05", "S29", "W22")
def test_articles_are_found_by_words_topic_and_category(house: House, runtime: Runtime) -> None:
    given_articles(runtime)
    browser = house.browser("agent")
    for asked, title in (
        ("q=井盖", "井盖归属的判断"),
        ("topic=SCOPE", "12319 受理范围"),
        ("category=GAS_LEAK", "闻到燃气味怎么办"),
    ):
        assert title in browser.get(f"/knowledge?{asked}").text
    assert "井盖归属的判断" not in browser.get("/knowledge?q=停电").text
    token = csrf_of(browser, "/account")
    found = browser.post("/knowledge/found", data={"q": "爆管"}, headers={"X-CSRFToken": token}).text
    assert re.findall(r"data-article-title=\"([^\"]+)\"", found)[0] == "爆管抢修时限"
    with runtime.sessions() as session:
        assert find_articles(session, "燃气味")[0].title == "闻到燃气味怎么办"


@pytest.mark.feature("K06", "S29")
def test_beside_a_report_stands_what_its_category_needs(house: House, runtime: Runtime) -> None:
    given_articles(runtime)
    values = {"category": "GAS_SUPPLY", "sub_category": "GAS_LEAK", "incident_summary": "有味道"}
    pane = Desk(house, "agent").ask("/registrations/hints", values=values).json["knowledge"]
    assert "闻到燃气味怎么办" in pane


@pytest.mark.parametrize(("username", "waiting"), [("supervisor", []), ("agent", ["judgement"])])
def test_a_consultation_is_answered_at_once(house: House, runtime: Runtime, username: str, waiting: list[str]) -> None:
    """By who may judge it is closed; an agent's answer stands ready in the supervisor's form."""
    desk = Desk(house, username)
    processing = {"method": "ANSWER", "answer_text": "路灯由市政维护。", "article": "路灯由谁负责 (1/1)"}
    answer = desk.ask("/registrations/new", command_id=str(new_id()), values=REPORT, processing=processing)
    assert answer.status_code == 200, answer.text
    case_no = answer.json["next"].rpartition("/")[2]
    with runtime.sessions() as session:
        case = session.scalars(select(CaseFile).where(CaseFile.case_no == case_no)).one()
        tasks = tasks_of_case(runtime, session, case.id)
        assert case.custom["answer_article"] == "路灯由谁负责 (1/1)"
        assert [each.task.form_id for each in tasks if each.task.form_id in ("judgement", "confirm_unit")] == waiting
    page = desk.browser.get(answer.json["next"]).text
    if waiting:
        task = house.browser("supervisor").get(f"/tasks/{tasks[0].task.task_id}").text
        assert "路灯由市政维护。" in task
    else:
        assert "已直接答复" in page
    empty = desk.ask("/registrations/new", command_id=str(new_id()), values=REPORT, processing={"method": "ANSWER"})
    assert empty.status_code == 422
