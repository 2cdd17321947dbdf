"""One more department on an order: who may ask, who decides, what the old order keeps; and voiding a running case."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app import lifecycle
from app.cases.models import CaseFact, ProcessingForm
from app.core.errors import Conflict, Forbidden, Invalid
from app.lifecycle import FurtherKind
from app.lifecycle.further import REASSIGNED_FROM

pytestmark = pytest.mark.feature("Q02", "Q03")


def ask(desk, username: str, order_id: UUID, kind: FurtherKind, department: str) -> None:
    actor = desk.person(username)
    lifecycle.ask_department(desk.runtime, order_id, kind, department=department, reason="不属我单位", actor=actor)
    desk.settle()


def by_department(desk, case_id: UUID) -> dict[str, object]:
    return {order.department: order for order in desk.orders(case_id)}


@pytest.mark.feature("P04", "P06")
def test_a_reassigned_order_keeps_its_past_and_the_new_one_knows_it(desk) -> None:
    case_id = desk.given_dispatched().case_id
    desk.do("sanitation", case_id, "sign:sanitation", decision="SIGN")
    (old,) = desk.orders(case_id)
    ask(desk, "sanitation", old.id, FurtherKind.REASSIGN, "parks")
    desk.do("supervisor", case_id, "decide_department", department_decision="GRANTED")
    orders = by_department(desk, case_id)
    assert (orders["sanitation"].state, orders["parks"].state) == ("WITHDRAWN", "DISPATCHED")
    assert orders["sanitation"].signed_at is not None
    assert orders["parks"].custom == {REASSIGNED_FROM: old.order_no}
    assert orders["parks"].role == "LEAD"
    case = desk.case(case_id)
    assert (case.lead_department, case.stage, case.round) == ("parks", "HANDLING", 1)
    assert set(case.departments) == {"sanitation", "parks"}, "who had it may still read it"
    with desk.session() as session:
        form = session.get_one(ProcessingForm, orders["parks"].processing_form_id)
        told = lifecycle.history_of(desk.runtime, session, desk.case(case_id), desk.person("supervisor"), "en")
    assert (form.method, form.content) == ("TRANSFER", "不属我单位")
    assert form.processing_no
    assert any("takes its place" in str(sentence) for sentence in told)
    desk.handle("parks", case_id)
    assert desk.case(case_id).stage == "FEEDBACK"


def test_who_may_ask_for_which_department(desk) -> None:
    case_id = desk.given_dispatched().case_id
    (order,) = desk.orders(case_id)
    for stranger in ("agent", "water"):
        with pytest.raises(Forbidden):
            ask(desk, stranger, order.id, FurtherKind.ASSIST, "power")
    with pytest.raises(Invalid):
        ask(desk, "sanitation", order.id, FurtherKind.ASSIST, "no_such_department")
    with pytest.raises(Conflict, match="department_at_work"):
        ask(desk, "sanitation", order.id, FurtherKind.ASSIST, "sanitation")
    lifecycle.withdraw_order(desk.runtime, order.id, reason="误派", actor=desk.person("supervisor"))
    desk.settle()
    with pytest.raises(Conflict, match="order_ended"):
        ask(desk, "sanitation", order.id, FurtherKind.ASSIST, "power")


def test_the_duty_monitor_voids_a_case_wherever_it_stands(desk) -> None:
    case_id = desk.given_dispatched().case_id
    supervisor = desk.person("supervisor")
    with pytest.raises(Forbidden):
        lifecycle.void_case(desk.runtime, case_id, cause="OTHERS", reason="x", actor=desk.person("sanitation"))
    with pytest.raises(Invalid):
        lifecycle.void_case(desk.runtime, case_id, cause="BORED", reason="x", actor=supervisor)
    lifecycle.void_case(desk.runtime, case_id, cause="FALSE_REPORT", reason="现场并无此事", actor=supervisor)
    desk.settle()
    case = desk.case(case_id)
    assert (case.status, case.outcome) == ("VOIDED", "VOIDED")
    assert [order.state for order in desk.orders(case_id)] == ["WITHDRAWN"]
    with desk.session() as session:
        fact = session.scalars(select(CaseFact).where(CaseFact.case_id == case_id, CaseFact.kind == "VOIDED")).one()
    assert (fact.reason, fact.text) == ("FALSE_REPORT", "现场并无此事")
    with pytest.raises(Conflict, match="case_ended"):
        lifecycle.void_case(desk.runtime, case_id, cause="OTHERS", reason="x", actor=supervisor)
