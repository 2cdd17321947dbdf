"""The reply goes to the citizen by the way they chose; what is said by SMS is sent, once, and not at night."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app import audit
from app.cases.queries import registrations_of
from app.core.errors import Invalid
from app.messaging.models import OutgoingMessage

from .conftest import Desk


def messages(desk: Desk) -> list[OutgoingMessage]:
    with desk.session() as session:
        return list(session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == "REPLY")))


def verified(desk: Desk) -> UUID:
    made = desk.given_dispatched()
    desk.handle("sanitation", made.case_id)
    desk.do("supervisor", made.case_id, "verify", verification="PASSED")
    return made.case_id


@pytest.mark.feature("F06")
def test_a_reply_by_sms_reaches_the_caller_in_the_morning(desk: Desk) -> None:
    case_id = verified(desk)
    desk.until(desk.clock.now().replace(hour=14, minute=0))  # 22:00 in the city
    desk.do("agent", case_id, "reply", reply_way="SMS", reply_text="已清运完毕，感谢监督。")
    (message,) = messages(desk)
    assert (message.address, message.state) == ("13800136721", "QUEUED")
    desk.wait(hours=9)
    assert messages(desk)[0].state == "QUEUED"
    desk.until(desk.clock.now() + timedelta(hours=1, seconds=1))
    (message,) = messages(desk)
    assert message.state == "SENT"
    assert "已清运完毕" in (message.body or "")


def test_a_reply_by_telephone_sends_nothing_and_one_without_an_address_says_so(desk: Desk) -> None:
    case_id = verified(desk)
    desk.do("agent", case_id, "reply", reply_way="PHONE", reply_text="已处理")
    assert messages(desk) == []
    case_id = verified(desk)
    desk.do("agent", case_id, "reply", reply_way="EMAIL", reply_text="已处理")
    (message,) = messages(desk)
    assert (message.state, message.reason) == ("SUPPRESSED", "messaging.reason.no_address")


@pytest.mark.feature("F05", "N08")
def test_a_reply_by_mail_goes_to_the_address_given_now_or_before(desk: Desk) -> None:
    wish = {"reply_wish": "EMAIL", "caller_email": "wang@mail.example"}
    for values, address in ((wish, "wang@mail.example"), ({"reply_wish": "EMAIL"}, "wang@mail.example"),
                            ({"reply_wish": "EMAIL", "caller_name": "刘洋"}, None)):  # fmt: skip
        made = desk.given_report(**values)
        desk.do("supervisor", made.case_id, "judge", judgement="FILE")
        desk.dispatch(made.case_id, "sanitation")
        desk.handle("sanitation", made.case_id)
        desk.do("supervisor", made.case_id, "verify", verification="PASSED")
        desk.do("agent", made.case_id, "reply", reply_way="EMAIL", reply_text="已清运")
        message = next(each for each in messages(desk) if each.subject_id == made.case_id)
        assert (message.channel, message.address) == ("EMAIL", address)
        assert message.state == ("SENT" if address else "SUPPRESSED")
    with pytest.raises(Invalid):
        desk.given_report(reply_wish="EMAIL", caller_email="not an address")


def test_the_address_is_the_citizens_own_and_stays_hidden(desk: Desk) -> None:
    made = desk.given_report(reply_wish="EMAIL", caller_email="wang@mail.example")
    with desk.session() as session:
        case = desk.case(made.case_id)
        (shown,) = registrations_of(session, case, desk.person("agent"))
        (hidden,) = registrations_of(session, case, desk.person("analyst"))
        rows = audit.read(session, case.instance_id)
    assert (shown.caller_email, hidden.caller_email) == ("wang@mail.example", "w•••@mail.example")
    assert "wang@mail.example" not in str([(row.changes, row.steps, row.result) for row in rows])
