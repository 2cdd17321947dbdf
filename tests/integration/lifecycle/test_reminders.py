"""Who is told at which rung, and by which channel: a table decides, and the history says by which row."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app import workflow
from app.core.errors import Conflict, Forbidden
from app.identity import user_names
from app.lifecycle.history import history_of
from app.lifecycle.reminding import remind
from app.messaging import notices
from app.messaging.models import Notice, OutgoingMessage
from app.workflow import decisions_of

from .conftest import Desk, shipped_files


def told(desk: Desk, kind: str, rung: str | None = None) -> set[tuple[str, str]]:
    """(person, channel) of all that was sent of this kind, at this rung."""
    with desk.session() as session:
        live = session.execute(select(Notice.recipient, Notice.params).where(Notice.kind == kind)).all()
        out = session.execute(
            select(OutgoingMessage.recipient_id, OutgoingMessage.params, OutgoingMessage.channel).where(
                OutgoingMessage.kind == kind
            )
        ).all()
        rows = [(who, params, "LIVE") for who, params in live] + [tuple(row) for row in out]
        names = user_names(session, [who for who, *_ in rows])
    return {(names[who], channel) for who, params, channel in rows if rung in (None, params.get("rung") or None)}


def handled_late(desk: Desk) -> tuple[UUID, UUID]:
    """An order of the sanitation bureau that is signed and then lies for a week."""
    made = desk.given_dispatched()
    desk.do("sanitation", made.case_id, "sign:sanitation", decision="SIGN")
    desk.wait(days=7)
    return made.case_id, desk.orders(made.case_id)[0].instance_id


@pytest.mark.feature("D15", "V03")
def test_each_rung_reaches_whom_the_table_says_by_the_channels_it_says(desk: Desk) -> None:
    _, instance_id = handled_late(desk)
    assert told(desk, "HANDLE", "WARN") == {("梁玉珍", "LIVE")}
    assert told(desk, "HANDLE", "DUE") == {
        ("梁玉珍", "LIVE"), ("郭永强", "LIVE"), ("陈建华", "LIVE"), ("吴秀兰", "LIVE"),
    }  # fmt: skip
    assert told(desk, "HANDLE", "ESCALATE") >= {("王国栋", "LIVE"), ("王国栋", "SMS")}
    assert ("王国栋", "SMS") not in told(desk, "HANDLE", "DUE")
    with desk.session() as session:
        asked = [table for table in decisions_of(session, instance_id) if table.table_of == "reminders"]
    asked = [table for table in asked if table.inputs["Rung 节点"] != "LATE"]  # of the answer to the supervision
    assert [table.inputs["Rung 节点"] for table in asked] == ["DUE_SOON", "DUE", "OVERDUE", "ESCALATED"]
    assert [rule.number for rule in asked[0].rules] == [1]
    assert asked[0].rules[0].note.startswith("The handler's own reminder")


@pytest.mark.feature("D15")
def test_the_history_says_who_was_told_and_by_which_rows(desk: Desk) -> None:
    case_id, _ = handled_late(desk)
    supervisor = desk.person("supervisor")
    with desk.session() as session:
        history = history_of(desk.runtime, session, desk.case(case_id), supervisor, "en")
    sentences = [line for entry in history for line in (entry.text, *entry.details)]
    assert any("the leader (also by SMS)" in line and "table reminders, row 14" in line for line in sentences)


@pytest.mark.feature("P10", "W09")
def test_a_major_emergency_reaches_the_leaders_at_once_by_every_way(desk: Desk) -> None:
    made = desk.given_report(category="GAS_SUPPLY", sub_category="GAS_LEAK", urgency="EMERGENCY")
    desk.do("supervisor", made.case_id, "judge", judgement="FILE")
    assert told(desk, "ALARM") == {
        ("王国栋", "LIVE"), ("王国栋", "SMS"), ("王国栋", "VOICE"), ("陈建华", "LIVE"), ("吴秀兰", "LIVE"),
    }  # fmt: skip


@pytest.mark.feature("V02", "V09")
def test_the_supervisor_reminds_by_hand_with_words_of_their_own(desk: Desk) -> None:
    made = desk.given_dispatched()
    order = desk.orders(made.case_id)[0]
    supervisor, command = desk.person("supervisor"), desk.person("supervisor").id
    for _ in range(2):  # a repeat of the same command is the same reminder
        remind(desk.runtime, order.id, text="请今日内清运", actor=supervisor, command_id=command)
    desk.settle()
    assert told(desk, "BY_HAND") == {("梁玉珍", "LIVE"), ("梁玉珍", "SMS"), ("郭永强", "LIVE")}
    with desk.session() as session:
        (notice,) = [n for n in notices(session, desk.person("sanitation").id) if n.kind == "BY_HAND"]
    assert notice.sentence("zh-CN").startswith(f"陈建华催办 {order.order_no}：请今日内清运")
    with pytest.raises(Forbidden):
        remind(desk.runtime, order.id, text="x", actor=desk.person("sanitation"))
    desk.handle("sanitation", made.case_id)
    with pytest.raises(Conflict):
        remind(desk.runtime, order.id, text="x", actor=supervisor)


def test_a_city_without_the_table_tells_those_its_diagrams_name(desk: Desk) -> None:
    files = {path: body for path, body in shipped_files().items() if not path.endswith("reminders.dmn")}
    with desk.runtime.sessions.begin() as session:
        workflow.deploy(
            session, files, actor=desk.person("analyst"), now=desk.clock.now(), registry=desk.runtime.registry,
            replace_all=True,
        )  # fmt: skip
    handled_late(desk)
    assert told(desk, "HANDLE", "WARN") == {("梁玉珍", "LIVE")}
    assert told(desk, "HANDLE", "ESCALATE") == {("王国栋", "LIVE")}
