"""Every page of the product, found in its own map of addresses: nobody is shut out of it (axe, light and dark), and
pictures of it are kept in both languages. A page with a new kind of argument needs one line in `examples`."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from app import city
from app.cases.models import CaseFile, Registration, WorkOrder
from app.cli.demo import Journey
from app.core.ids import new_id
from app.identity import SEED
from app.identity.guard import PUBLIC, permission_of
from app.identity.models import User
from app.knowledge import find_articles, load_demo_articles
from app.supervision.models import SpotCheck, SpotSample
from app.web.app import create_app
from app.workflow.models import UserTask
from tests.demo_city import PASSWORD, Running

from .conftest import Enter, picture, settled, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

PEOPLE = ("supervisor", "agent", "sanitation", "gas_head", "leader", "analyst", "auditor", "admin")
"""One of each role. A page is looked at as the first who may see it, unless `SEEN_BY` says otherwise."""
SEEN_BY = {
    "pages.task": "sanitation", "pages.orders": "sanitation", "pages.order": "sanitation",
    "pages.case_replay": "auditor",
}  # fmt: skip
STREAMS = {"pages.live"}


@dataclass(frozen=True)
class Address:
    endpoint: str
    path: str
    name: str
    """Of its pictures."""


@pytest.fixture(scope="module")
def examples(running: Running) -> Mapping[str, object]:
    """A value for every argument that an address may carry: of a case whose order waits to be signed."""
    journey = Journey(running.url, lambda _: None)
    journey.register()
    while not any(order["state"] == "DISPATCHED" for order in journey.orders()):
        journey.do_one_task()
    journey.leave()
    with running.runtime.sessions() as session:
        case = session.scalars(select(CaseFile).where(CaseFile.case_no == journey.case_no)).one()
        order = session.scalars(select(WorkOrder).where(WorkOrder.case_id == case.id)).one()
        task = session.scalars(select(UserTask).where(UserTask.subject_id == order.id)).one()
        user = session.scalars(select(User).where(User.username == "supervisor")).one()
        report = session.scalars(select(Registration).where(Registration.case_id == case.id)).one()
        kind, owner, _ = next(iter(city.all_calendars(session)))
    with closing(client(running, "supervisor")) as supervisor:
        token = csrf_of(supervisor, "/exports")
        export = supervisor.post("/exports", data={"csrf_token": token, "format": "csv"}).headers["location"]
        made = supervisor.post(f"/cases/{journey.case_no}/prints", data={"csrf_token": token}).headers["location"]
        token = csrf_of(supervisor, "/dashboard")
        board = supervisor.post("/dashboard/prints", data={"csrf_token": token, "period": "month"}).headers["location"]
    return {
        "board_id": UUID(board.rpartition("/")[2]),
        "case_no": case.case_no, "order_no": order.order_no, "task_id": task.task_id, "registration_id": report.id,
        "case_id": case.id, "order_id": order.id, "job_id": UUID(export.rpartition("/")[2]),
        "print_id": UUID(made.rpartition("/")[2]), "user_id": user.id, "kind": kind, "owner": owner,
        **a_spot_check(running, order), "article_id": an_article(running), "document_id": UUID(int=0),
        "call_id": UUID(int=0), "recording_id": UUID(int=0),
    }  # fmt: skip


def an_article(running: Running) -> UUID:
    with running.runtime.sessions.begin() as session:
        load_demo_articles(session, SEED, running.runtime.clock.now())
        return find_articles(session, "井盖")[0].id


def a_spot_check(running: Running, order: WorkOrder) -> dict[str, UUID]:
    """A drawn order that waits to be looked at."""
    now, order_id = running.runtime.clock.now(), order.id
    with running.runtime.sessions.begin() as session:
        sample = SpotSample(
            id=new_id(), first_day=now.date(), last_day=now.date(), size=1, seed="seed", population=1,
            population_hash=b"", strata=[{"department": order.department, "population": 1, "drawn": 1}],
            drawn_at=now, drawn_by=SEED.id, drawn_by_name="seed",
        )  # fmt: skip
        session.add(sample)
        session.flush()
        check = SpotCheck(id=new_id(), sample_id=sample.id, order_id=order_id, case_id=order.case_id,
                          department=order.department, district=order.district)  # fmt: skip
        session.add(check)
        session.flush()
        return {"sample_id": sample.id, "check_id": check.id}


def csrf_of(client: httpx.Client, path: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).text)
    assert found, path
    return found[1]


def client(running: Running, username: str) -> httpx.Client:
    made = httpx.Client(base_url=running.url, headers={"Accept": "text/html"}, timeout=60)
    form = {"username": username, "password": PASSWORD, "csrf_token": csrf_of(made, "/sign-in"), "next": "/"}
    assert made.post("/sign-in", data=form).status_code == 302, username
    return made


@pytest.fixture(scope="module")
def addresses(running: Running, examples: Mapping[str, object]) -> list[Address]:
    """Every address of the product that is read, save the API's and files."""
    app = create_app(running.runtime, running.settings)
    found, lacking = [], set()
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            open_to_all = permission_of(app.view_functions[rule.endpoint]) == PUBLIC
            if "GET" not in (rule.methods or ()) or rule.rule.startswith("/api/") or open_to_all:
                continue
            if unknown := rule.arguments - examples.keys():
                lacking |= {f"{rule.rule}: {name}" for name in unknown}
                continue
            built = rule.build({name: examples[name] for name in rule.arguments})
            assert built
            name = re.sub(r"<[^>]*>", "x", rule.rule).strip("/").replace("/", "-") or "home"
            if rule.endpoint not in STREAMS:
                found.append(Address(rule.endpoint, built[1], name))
    assert not lacking, f"add an example of: {sorted(lacking)}"
    return found


def is_page(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and answer.text[:15].lower() == "<!doctype html>"


@pytest.fixture(scope="module")
def pages(running: Running, addresses: list[Address]) -> list[tuple[str, Address]]:
    """Each page with the person it is looked at as. On the way every role opens every address: no page may fail."""
    seen: dict[str, tuple[str, Address]] = {}
    failed = []
    for username in PEOPLE:
        with closing(client(running, username)) as reader:
            for address in addresses:
                answer = reader.get(address.path)
                if answer.status_code >= 500:
                    failed.append((username, address.path, answer.status_code))
                wanted = SEEN_BY.get(address.endpoint, username) == username
                if is_page(answer) and wanted:
                    seen.setdefault(address.endpoint, (username, address))
    assert not failed
    return list(seen.values())


def test_pages_are_found(pages: list[tuple[str, Address]]) -> None:
    endpoints = {address.endpoint for _, address in pages}
    assert {"pages.inbox", "pages.case", "pages.case_diagram", "pages.task", "pages.exports"} <= endpoints


def test_no_page_shuts_anybody_out(enter: Enter, running: Running, pages: list[tuple[str, Address]]) -> None:
    faults: dict[str, str] = {}
    for username in PEOPLE:
        mine = [address for seen_by, address in pages if seen_by == username]
        if mine:
            page = enter(username, "zh-CN")
            for address in mine:
                for state in looked_at(page, running.url + address.path, address.name):
                    faults |= {f"{address.path} {state}": violations(page)} if state in ("light", "dark") else {}
    found = {where: report for where, report in faults.items() if report}
    assert not found, "\n".join(f"{where}\n{report}" for where, report in found.items())


def looked_at(page: Page, url: str, name: str) -> Iterator[str]:
    """Pictures of a page in both languages and themes; stops in Chinese for a closer look."""
    for language in ("zh-CN", "en"):
        page.context.add_cookies([{"name": "language", "value": language, "url": url}])
        page.goto(url)
        settled(page)
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
            picture(page, f"{name}.{language}.{theme}")
            yield theme if language == "zh-CN" else ""


@pytest.mark.parametrize(("language", "theme"), [("zh-CN", "dark"), ("en", "light")])
def test_the_way_in_and_dead_ends_shut_nobody_out(enter: Enter, running: Running, language: str, theme: str) -> None:
    page = enter(None, language, theme)
    faults = {"/sign-in": violations(page)}
    picture(page, f"sign-in.{language}.{theme}")
    page = enter("supervisor", language, theme)
    page.goto(f"{running.url}/nothing-here")
    faults["/nothing-here"] = violations(page)
    picture(page, f"nothing-here.{language}.{theme}")
    assert {path: report for path, report in faults.items() if report} == {}
