"""Whatever is sent, nothing breaks: no 500, and nothing reaches the database that it could not give back."""

import json
from urllib.parse import quote
from uuid import uuid4

import pytest

from app.cli.demo import REPORT
from tests.integration.web.conftest import House, csrf_of

UNREADABLE = [
    '{"values": {"caller_name": "a\\u0000b"}}',
    '{"values": {"a\\u0000b": 1}}',
    '{"values": {"caller_name": "\\ud800"}}',
    '{"values": {"\\ud800": 1}}',
    '{"values": {"cost": NaN}}',
    '{"values": {"cost": 1e999}}',
    '{"values": ' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"values": {"x": ' + '{"a":' * 900 + "1" + "}" * 900 + "}}",
]
NASTY = [
    "\0",
    "a\0b",
    "1-\0",
    "9" * 26,
    "-1",
    "%",
    "' or 1=1 --",
    f"{'9' * 20}~0001-01-01T00:00:00+14:00~{'0' * 32}",
    "ÿ",
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:30])
def test_bodies_nobody_can_read_are_refused_at_the_door(house: House, body: str) -> None:
    supervisor, browser = house.person("supervisor"), house.browser("supervisor")
    for path in ("/registrations", f"/tasks/{uuid4()}/completion", "/sessions"):
        answer = supervisor.ask("POST", path, data=body, content_type="application/json")
        assert answer.status_code == 400, (path, answer.text)
    headers = {"X-CSRFToken": csrf_of(browser, "/account")}
    answer = browser.post("/registrations/new", data=body, content_type="application/json", headers=headers)
    assert answer.status_code == 400


def test_values_of_any_type_are_judged_field_by_field(house: House) -> None:
    agent = house.person("agent")
    for value in (None, True, 10**30, [], {}, [[]], {"a": {}}, "x" * 200_000, "1e-99999999999999999999"):
        for field in ("caller_name", "category", "district", "reported_at", "confidential"):
            body = json.dumps({"values": {**REPORT, field: value}})
            answer = agent.ask("POST", "/registrations", data=body, content_type="application/json")
            assert answer.status_code in (201, 422), (field, str(value)[:30], answer.text)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_end_of_the_calendar_is_not_stored(house: House, at: str) -> None:
    agent = house.person("agent")
    answer = agent.post("/registrations", {"values": {**REPORT, "reported_at": at}})
    assert answer.status_code in (201, 422), answer.text
    assert agent.ask("GET", "/registrations").status_code == 200


@pytest.mark.parametrize("text", NASTY)
def test_addresses_and_filters_of_any_text_are_answered(house: House, text: str) -> None:
    supervisor, browser, given = house.person("supervisor"), house.browser("supervisor"), quote(text, safe="")
    for path in (
        f"/cases/{given}",
        f"/orders/{given}",
        f"/registrations/{given}",
        f"/processes/{uuid4()}/{given}/diagram",
    ):
        assert supervisor.ask("GET", path).status_code in (400, 403, 404, 422), path
    for path, names in (
        ("/cases", ("category", "district", "department", "after", "limit", "registered_from")),
        ("/orders", ("department", "after")),
        ("/tasks", ("case_no", "after")),
    ):
        for name in names:
            answer = supervisor.ask("GET", path, query_string={name: text})
            assert answer.status_code in (200, 422), (path, name, answer.text)
    for address in (
        f"/cases?q={given}",
        f"/cases?district={given}",
        f"/tasks?after={given}",
        f"/notices?after={given}",
    ):
        assert browser.get(address).status_code in (200, 302, 422), address
    headers = {"X-CSRFToken": csrf_of(browser, "/account")}
    for path, form in (("/cases/x/visit-requests", {"command_id": text}), ("/language", {"back": text})):
        assert browser.post(path, data=form, headers=headers).status_code < 500, path


@pytest.mark.parametrize("target", ["///evil.example", "/\t/evil.example", "//[", "/a\r\nSet-Cookie: a=b"])
def test_no_written_address_leads_away_or_breaks(house: House, target: str) -> None:
    browser = house.browser("agent")
    headers = {"X-CSRFToken": csrf_of(browser, "/account")}
    answer = browser.post("/language", data={"back": target, "language": "en"}, headers=headers)
    assert (answer.status_code, answer.location) == (302, "/")


def test_what_a_citizen_says_is_never_markup(house: House) -> None:
    """Stored in every free text, shown on every page; the islands' data cannot end their script element."""
    evil = "</script><script>alert(1)</script><img src=x onerror=a>"
    fields = ("incident_summary", "detailed_content", "address", "caller_name")
    made = house.person("agent").post("/registrations", {"values": {**REPORT, **dict.fromkeys(fields, evil)}})
    assert made.status_code == 201, made.text
    supervisor = house.browser("supervisor")
    task = house.person("supervisor").get("/tasks", case_no=made.json["case_no"])["tasks"][0]["id"]
    number = made.json["case_no"]
    for path in (
        "/cases",
        "/tasks",
        f"/cases/{number}",
        f"/cases/{number}/diagram",
        f"/tasks/{task}",
        f"/cases?q={evil}",
    ):
        page = supervisor.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "script-src 'self';" in page.headers["Content-Security-Policy"]
