"""The city words its reminders: in the house and outside, and back to what ships."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app import messaging
from app.core.ids import new_id
from app.identity import user_by_name
from app.messaging import Channel, Message, person
from app.messaging.models import OutgoingMessage
from app.workflow import Runtime, deliver_outbox
from app.workflow.models import Outbox

from .conftest import House, csrf_of

KEY = "notice.HANDLE.DUE"
DUE = Message("HANDLE", "order", new_id(), KEY, {"order_no": "PD-7", "due": "11-18 10:02", "summary": "gas"})


def tell(runtime: Runtime, occasion: str) -> tuple[str, str]:
    """What the supervisor reads in the house, and what went out by SMS."""
    with runtime.sessions.begin() as session:
        to, now = person(user_by_name(session, "supervisor")), datetime.now(UTC)
        messaging.send(session, DUE, [to], [Channel.LIVE, Channel.SMS], occasion=occasion, now=now)
        rows = session.scalars(select(Outbox.id).where(Outbox.kind == messaging.OUTBOX_KIND)).all()
    for row in rows:
        deliver_outbox(runtime, row)
    with runtime.sessions() as session:
        newest = messaging.notices(session, to.id or new_id(), limit=1)[0]
        body = session.scalars(select(OutgoingMessage.body).order_by(OutgoingMessage.created_at.desc())).first()
    return newest.sentence("zh-CN"), body or ""


def test_a_city_words_its_reminders_and_goes_back(house: House, runtime: Runtime) -> None:
    shipped = tell(runtime, "1")
    assert shipped[0] == shipped[1]
    analyst = house.browser("analyst")
    form = {"csrf_token": csrf_of(analyst, "/admin/texts"), "key": KEY, "en": "", "zh-CN": "请速办 {order_no}（{due}）"}
    assert analyst.post("/admin/texts", data=form).status_code == 303
    assert tell(runtime, "2") == ("请速办 PD-7（11-18 10:02）",) * 2
    assert "请速办" in analyst.get(f"/admin/texts?key={KEY}").text
    assert "修改消息文字" in house.browser("admin").get("/admin/history").text
    assert analyst.post("/admin/texts", data=form | {"zh-CN": ""}).status_code == 303
    assert tell(runtime, "3") == shipped


@pytest.mark.parametrize("body", ["{secret}", "{due:>999999999}", "{due.__class__}", "{", "x" * 501])
def test_a_sentence_that_cannot_be_filled_in_is_refused_and_kept(house: House, body: str) -> None:
    analyst = house.browser("analyst")
    form = {"csrf_token": csrf_of(analyst, "/admin/texts"), "key": KEY, "en": body, "zh-CN": ""}
    answer = analyst.post("/admin/texts", data=form)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.text


def test_only_sentences_of_messages_and_only_those_who_may(house: House) -> None:
    admin = house.browser("admin")
    form = {"csrf_token": csrf_of(admin, "/admin/texts"), "key": "web.home", "en": "x", "zh-CN": ""}
    assert admin.post("/admin/texts", data=form).status_code == 404
    assert house.browser("supervisor").get("/admin/texts").status_code == 403
