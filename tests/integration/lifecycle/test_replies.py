"""The reply goes to the citizen by the way they chose; what is said by SMS is sent, once, and not at night."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

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
