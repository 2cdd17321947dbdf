"""REST: supervision of cases."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.cases.enums import SupervisionLevel
from app.cases.order_listing import order_by_number
from app.cases.routes import find, now
from app.core.db import transaction
from app.core.http import ApiBlueprint, command_id, key_of, keyset, site
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.supervision import spot_checks, spot_samples
from app.supervision.actions import Asked, answer_supervision, close_supervision, raise_supervision
from app.supervision.models import SpotCheck, Supervision
from app.supervision.queries import answers_of, list_demands, supervisions_of
from app.supervision.raising import Within
from app.supervision.schemas import (
    AppealSchema,
    ChecksQuery,
    ChecksSchema,
    ClosingSchema,
    DecisionSchema,
    DemandsQuery,
    DemandsSchema,
    DrawSchema,
    RaisedSchema,
    RaiseSchema,
    SampleSchema,
    SayingSchema,
    VerdictsSchema,
)
from app.supervision.spot_queries import checks_in

demands = ApiBlueprint("supervisions", __name__, url_prefix="/supervisions", description="Supervision of departments")
checks = ApiBlueprint("spot-checks", __name__, url_prefix="/spot-checks", description="Spot checks of closed orders")
of_case = ApiBlueprint("supervision-of-case", __name__, url_prefix="/cases", description="Supervision of one case")


@demands.operation("")
@permits("case.read")
@demands.takes(DemandsQuery, location="query")
@demands.gives(DemandsSchema)
def list_all(query: dict[str, Any]) -> dict[str, Any]:
    """Demands in the cases one may read; those that await an answer, the earliest due first"""
    view, most = query["view"], query["limit"]
    with site().sessions() as session:
        found = list_demands(
            session, actor(), view, now=now(), department=query["department"], after=keyset(query["after"]), limit=most
        )
    following = key_of(*found[-1].key(view)) if len(found) == most else None
    return {"supervisions": [_demand(line.demand, line.case_no, line.order_no) for line in found], "next": following}


@of_case.operation("/<case_no>/supervisions")
@permits("case.read")
@of_case.gives(DemandsSchema)
def list_of_case(case_no: str) -> dict[str, Any]:
    """The case's demands with their answers, the oldest first"""
    with site().sessions() as session:
        case = find(session, case_no)
        found, said = supervisions_of(session, case.id), answers_of(session, case.id)
    shown = [_demand(each, case.case_no or "", None) | {"answers": said.get(each.id, [])} for each in found]
    return {"supervisions": shown, "next": None}


@of_case.operation("/<case_no>/supervisions", "POST")
@permits("case.supervise")
@of_case.takes(RaiseSchema)
@of_case.gives(RaisedSchema, 201)
def create(body: dict[str, Any], case_no: str) -> dict[str, Any]:
    """Raise supervision; with `raised_from` a lower demand is closed by it"""
    with site().sessions() as session:
        case = find(session, case_no)
        order_id = order_by_number(session, body["order_no"], actor()).order.id if body["order_no"] else None
    within = Within(Decimal(body["answer_value"]), body["answer_unit"]) if body["answer_value"] else None
    asked = Asked(SupervisionLevel(body["level"]), body["text"], order_id, within, body["raised_from"])
    return {"id": raise_supervision(runtime(), case.id, asked, actor=actor(), command_id=command_id())}


@demands.operation("/<uuid:supervision_id>/answers", "POST")
@permits("supervision.answer")
@demands.takes(SayingSchema)
@demands.gives(None, 204)
def answer(body: dict[str, Any], supervision_id: UUID) -> None:
    """The department's answer"""
    answer_supervision(
        runtime(), supervision_id, body["text"], department=body["department"], actor=actor(), command_id=command_id()
    )


@demands.operation("/<uuid:supervision_id>/closure", "POST")
@permits("case.supervise")
@demands.takes(ClosingSchema)
@demands.gives(None, 204)
def close(body: dict[str, Any], supervision_id: UUID) -> None:
    """The supervisor is content, or takes the demand back"""
    close_supervision(runtime(), supervision_id, body["text"], actor=actor(), command_id=command_id())


def _demand(row: Supervision, case_no: str, order_no: str | None) -> dict[str, Any]:
    columns = {column.key: getattr(row, column.key) for column in Supervision.__mapper__.column_attrs}
    return columns | {"case_no": case_no, "order_no": order_no, "answers": []}


# ------------------------------------------------------------------ spot checks
@checks.operation("")
@permits("spotcheck.read")
@checks.takes(ChecksQuery, location="query")
@checks.gives(ChecksSchema)
def list_checks(query: dict[str, Any]) -> dict[str, Any]:
    """Spot checks to be made, appealed against, or made; a department's people see their own once they are made"""
    with site().sessions() as session:
        found = checks_in(session, actor(), query["view"])
    columns = SpotCheck.__mapper__.column_attrs
    return {"checks": [{column.key: getattr(line.check, column.key) for column in columns}
                       | {"order_no": line.order_no, "case_no": line.case_no} for line in found]}  # fmt: skip


@checks.operation("/samples", "POST")
@permits("spotcheck.draw")
@checks.takes(DrawSchema)
@checks.gives(SampleSchema, 201)
def draw(body: dict[str, Any]) -> Any:
    """Draw a sample of what was reported back on these days of the city"""
    wanted = spot_samples.Draw(**body, district=spot_samples.district_of(actor()))
    with transaction(site().sessions) as session:
        return spot_samples.draw_sample(
            session, wanted, actor=actor(), now=now(), zone=site().settings.city_zone, command_id=command_id()
        )


@checks.operation("/<uuid:check_id>/result", "POST")
@permits("spotcheck.draw")
@checks.takes(VerdictsSchema)
@checks.gives(None, 204)
def record_check(body: dict[str, Any], check_id: UUID) -> None:
    """What was found; the table says what it costs"""
    with transaction(site().sessions) as session:
        spot_checks.record_check(
            runtime(), session, check_id, body["verdicts"], body["note"], actor=actor(), now=now(),
            command_id=command_id(),
        )  # fmt: skip


@checks.operation("/<uuid:check_id>/appeal", "POST")
@permits("spotcheck.appeal")
@checks.takes(AppealSchema)
@checks.gives(None, 204)
def appeal(body: dict[str, Any], check_id: UUID) -> None:
    """The department's head does not accept the deduction"""
    with transaction(site().sessions) as session:
        spot_checks.appeal(session, check_id, body["text"], actor=actor(), now=now(), command_id=command_id())


@checks.operation("/<uuid:check_id>/decision", "POST")
@permits("spotcheck.decide")
@checks.takes(DecisionSchema)
@checks.gives(None, 204)
def decide(body: dict[str, Any], check_id: UUID) -> None:
    """The leader decides the appeal"""
    with transaction(site().sessions) as session:
        spot_checks.decide_appeal(
            session, check_id, body["decision"], body["text"], body["left"], actor=actor(), now=now(),
            command_id=command_id(),
        )  # fmt: skip
