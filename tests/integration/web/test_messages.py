"""Messages that left the house: numbers masked, each look written down, words for those who may read cases."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app import audit, messaging
from app.core.ids import new_id
from app.identity import user_by_name
from app.messaging import Channel, Message, citizen, person
from app.messaging.models import OutgoingMessage
from app.workflow import Runtime, deliver_outbox
from app.workflow.models import Outbox

from .conftest import House, csrf_of

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
ALARM = Message(
    "ALARM", "case", new_id(), "notice.ALARM",
    {"order_no": "PD-7", "case_no": "20261118-0007", "summary": "gas smell", "reason": "", "alarm": "x"},
)  # fmt: skip


def work(runtime: Runtime) -> None:
    with runtime.sessions() as session:
        rows = session.scalars(select(Outbox.id).where(Outbox.state == "PENDING")).all()
    for row in rows:
        deliver_outbox(runtime, row)


@pytest.fixture
def told(runtime: Runtime) -> dict[str, UUID]:
    """A supervisor by SMS and a citizen by e-mail (sent); a person nobody can reach; one that went nobody knows
    where."""
    with runtime.sessions.begin() as session:
        supervisor = person(user_by_name(session, "supervisor"))
        caller = citizen(new_id(), phone="13900139999", email="wang@mail.example")
        messaging.send(session, ALARM, [supervisor], [Channel.SMS], occasion="1", now=NOON)
        messaging.send(session, ALARM, [caller], [Channel.EMAIL], occasion="2", now=NOON)
        messaging.send(session, ALARM, [citizen(None)], [Channel.VOICE], occasion="3", now=NOON)
    work(runtime)
    with runtime.sessions.begin() as session:
        messaging.send(session, ALARM, [supervisor], [Channel.EMAIL], occasion="4", now=NOON)
        session.flush()
        rows = session.query(OutgoingMessage).all()
        lost = next(row for row in rows if row.dedupe.startswith("4"))
        lost.state, lost.reason = "UNKNOWN", "messaging.reason.left_sending"
        return {row.dedupe[0]: row.id for row in rows}


def ids(answer: Any) -> set[str]:
    return {row["id"] for row in answer["messages"]}


def test_by_channel_and_state_and_page(house: House, told: dict[str, UUID]) -> None:
    admin = house.person("admin")
    assert ids(admin.get("/messages", state="UNKNOWN")) == {str(told["4"])}
    assert ids(admin.get("/messages", channel="EMAIL")) == {str(told["2"]), str(told["4"])}
    assert ids(admin.get("/messages", channel="VOICE", state="SUPPRESSED")) == {str(told["3"])}
    first = admin.get("/messages", limit=3)
    rest = admin.get("/messages", limit=3, after=first["next"])
    assert ids(first) | ids(rest) == {str(one) for one in told.values()}
    assert (len(rest["messages"]), rest["next"]) == (1, None)
    shown = {row["id"]: row for row in first["messages"] + rest["messages"]}
    assert shown[str(told["1"])]["address"].startswith("138••••")
    assert shown[str(told["2"])]["address"] == "w•••@mail.example"
    assert {row["text"] for row in shown.values()} == {None}, "an administrator has no cases"
    assert house.person("auditor").get("/messages")["messages"][0]["text"]
    assert house.person("supervisor").ask("GET", "/messages").status_code == 403


def test_the_page_masks_says_why_and_sends_again(house: House, told: dict[str, UUID], runtime: Runtime) -> None:
    admin = house.browser("admin")
    page = admin.get("/admin/messages").text
    assert "13900139999" not in page
    assert "wang@mail" not in page
    assert "gas smell" not in page
    assert "可能已送达" in page
    assert page.count("/resending") == 2, "the one that reached nobody, and the unknown one"
    token = csrf_of(admin, "/admin/messages")
    answer = admin.post(f"/admin/messages/{told['4']}/resending", data={"csrf_token": token, "state": "UNKNOWN"})
    assert answer.headers["location"].endswith("/admin/messages?state=UNKNOWN")
    work(runtime)
    with runtime.sessions() as session:
        assert session.get_one(OutgoingMessage, told["4"]).state == "SENT"
        (row,) = audit.read(session, told["4"])
    assert (row.kind, row.actor_name) == ("message.resent", "赵立新")
    answer = admin.post(f"/admin/messages/{told['4']}/resending", data={"csrf_token": token}, follow_redirects=True)
    assert "不再重发" in answer.text
    auditor = house.browser("auditor")
    token = csrf_of(auditor, "/admin/messages")
    refused = auditor.post(f"/admin/messages/{told['3']}/resending", data={"csrf_token": token})
    assert refused.status_code == 403


def test_a_look_at_an_address_is_written_down(house: House, told: dict[str, UUID], runtime: Runtime) -> None:
    auditor, admin = house.browser("auditor"), house.browser("admin")
    form = {"csrf_token": csrf_of(auditor, "/admin/messages")}
    assert "wang@mail.example" in auditor.post(f"/admin/messages/{told['2']}/look", data=form).text
    with runtime.sessions() as session:
        (look,) = audit.accesses(session, told["2"])
    assert (look.what, look.actor_name) == ("message.address", "郑文博")
    form = {"csrf_token": csrf_of(admin, "/admin/messages")}
    assert admin.post(f"/admin/messages/{told['2']}/look", data=form).status_code == 403
    assert "13800000" in admin.post(f"/admin/messages/{told['1']}/look", data=form).text


@pytest.mark.feature("U13")
def test_administrators_say_how_a_person_is_reached(house: House, runtime: Runtime) -> None:
    admin = house.browser("admin")
    with runtime.sessions() as session:
        water = user_by_name(session, "water").id
    form = {
        "csrf_token": csrf_of(admin, "/admin/people"),
        "phone": "+86 138-1234 6721",
        "email": "w@x.example",
    }
    assert admin.post(f"/admin/people/{water}/reach", data=form).status_code == 303
    with runtime.sessions() as session:
        found = user_by_name(session, "water")
    assert (found.phone, found.email) == ("13812346721", "w@x.example")
    answer = admin.post(f"/admin/people/{water}/reach", data=form | {"email": "nonsense"})
    assert (answer.status_code, "电子邮件地址格式不正确" in answer.text) == (422, True)
