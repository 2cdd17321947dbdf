"""The analysts' form by which people raise a demand: filled with the case's open orders, read when it comes back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import city, forms
from app.cases.enums import SupervisionLevel
from app.cases.models import CaseFile, WorkOrder
from app.lifecycle.forms import check, current_bundle_id, deployed_form
from app.supervision.actions import Asked
from app.supervision.raising import Within
from app.workflow import Runtime

FORM = "supervision"
WHOLE_CASE = "ALL"
_OWN = frozenset({"level", "order", "text", "answer_value", "answer_unit"})


def supervision_form(runtime: Runtime, session: Session, case: CaseFile) -> dict[str, Any]:
    """The form of the current bundle. Raises NotFound before the first deploy."""
    form = deployed_form(runtime, session, current_bundle_id(session), FORM)
    return forms.fill(form, {"open_orders": _options(session, case)})


def read_form(
    runtime: Runtime, session: Session, case: CaseFile, values: Mapping[str, Any], raised_from: UUID | None = None
) -> Asked:
    """What the filled form demands. Raises Invalid with a sentence for each field."""
    form = supervision_form(runtime, session, case)
    clean = check(form, values, {"now": runtime.clock.now().isoformat()})
    order, value = clean.get("order") or WHOLE_CASE, clean.get("answer_value")
    within = Within(Decimal(str(value)), str(clean.get("answer_unit") or "WORKING_DAY")) if value else None
    return Asked(
        SupervisionLevel(clean["level"]), clean["text"], None if order == WHOLE_CASE else UUID(order), within,
        raised_from, {key: each for key, each in clean.items() if key not in _OWN},
    )  # fmt: skip


def _options(session: Session, case: CaseFile) -> list[dict[str, str]]:
    names = {each.code: each.names for each in city.departments(session)}
    query = select(WorkOrder.id, WorkOrder.order_no, WorkOrder.department).where(
        WorkOrder.case_id == case.id, WorkOrder.ended_at.is_(None)
    )
    whole = {"value": WHOLE_CASE, "label": "All that work on the case", "label:zh-CN": "全部在办单位"}
    return [whole] + [
        {"value": str(row.id), **{key: f"{names.get(row.department, {}).get(language, row.department)} {row.order_no}"
                                  for key, language in (("label", "en"), ("label:zh-CN", "zh-CN"))}}
        for row in session.execute(query.order_by(WorkOrder.order_no))
    ]  # fmt: skip
