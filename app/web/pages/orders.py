"""One work order, for whoever stands in the street with it: what, where, who asked, what was demanded; the form of the
next step, photos, and the step itself fixed at the bottom."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import flash, jsonify, request
from sqlalchemy.orm import Session

from app import worklist
from app.cases.enums import FactKind
from app.cases.models import CaseFile, ProcessingForm
from app.cases.order_listing import OrderLine, order_by_number
from app.cases.queries import facts_of, instructions_of, registrations_of
from app.citizens import masked_phone
from app.core.db import transaction
from app.core.http import language, site
from app.core.ids import new_id
from app.documents import documents_of
from app.identity.guard import actor, permits
from app.lifecycle import forms
from app.lifecycle.form_view import shown_form, shown_values
from app.lifecycle.further import REASSIGNED_FROM
from app.lifecycle.order_board import order_item
from app.lifecycle.quick import ANSWERS
from app.lifecycle.routes import runtime
from app.lifecycle.tasks import complete_task
from app.lifecycle.worklist import may_work_on
from app.supervision.spot_queries import check_of_order
from app.web.addresses import is_uuid
from app.web.order_cards import shown_card
from app.web.order_deeds import deeds_of
from app.web.pages.files import may_add, photo_words
from app.web.pages.frame import blueprint, page
from app.web.pages.islands import form_texts, sent
from app.web.pages.street import waiting_words
from app.web.pages.supervision import demands_of_order
from app.web.templating import t
from app.workflow import TaskView

MOST_DOCUMENTS = 40
BLANK: Mapping[str, str] = MappingProxyType({})


@blueprint.get("/orders/<order_no>")
@permits("case.read")
def order(order_no: str) -> str:
    return order_page(order_no)


def order_page(order_no: str, *, opened: str = "", written: Mapping[str, str] = BLANK, problem: str = "") -> str:
    """`opened`: the deed whose form stands open, with what was `written` there and the `problem` with it."""
    with site().sessions() as session:
        line = order_by_number(session, order_no, actor())
        item = order_item(runtime(), session, line.order.id)
        case = session.get_one(CaseFile, line.order.case_id)
        task = next((each for each in item.tasks if may_work_on(actor(), each)), None)
        content = _facts(session, line, case) | _next_step(session, task) | deeds_of(session, line.order)
        photos = documents_of(session, [line.order.id])
        check = check_of_order(session, line.order.id) if line.order.ended_at else None
        demands = demands_of_order(session, line.order, actor()) if case.supervision_level else []
    return page(
        # `order` first: it puts back what this device still keeps before the form is drawn
        "order.html", islands=("order", "form"), card=shown_card(item), order=line.order, case=case, photos=photos,
        may_add=may_add(line.order, actor()), method=line.method, processing_no=line.processing_no,
        command_id=new_id(), texts=form_texts(), words=photo_words() | waiting_words(), place=quote(f"{case.address}"),
        waits=None if task else _waits(item.tasks), demands=demands, answer_id=new_id(), opened=opened,
        written=written, problem=problem, check=check, took_over=line.order.custom.get(REASSIGNED_FROM), **content,
    )  # fmt: skip


@blueprint.post("/orders/<order_no>/tasks/<uuid:task_id>")
@permits("case.read")
def complete_step(order_no: str, task_id: UUID) -> Any:
    """The form's island posts here, with the photos that stand beside it. Sent twice over a bad line it is done once,
    and answers the same."""
    command_id, values = sent()
    given = request.get_json().get("documents") or []
    documents = [UUID(str(each)) for each in given[:MOST_DOCUMENTS] if is_uuid(str(each))]
    complete_task(runtime(), task_id, values, actor=actor(), command_id=command_id, documents=documents)
    with transaction(site().sessions) as session:
        worklist.forget_draft(session, _draft_key(task_id), actor=actor())
        item = order_item(runtime(), session, order_by_number(session, order_no, actor()).order.id)
    flash(t("web.order.done"))
    more = any(may_work_on(actor(), task) for task in item.tasks)
    return jsonify({"next": f"/orders/{order_no}" if more else "/orders"})


def _facts(session: Session, line: OrderLine, case: CaseFile) -> dict[str, Any]:
    """Who asked (masked), and what supervisor, leader and verification demand."""
    reports = registrations_of(session, case, actor())
    form = session.get(ProcessingForm, line.order.processing_form_id)
    reworks = [fact for fact in facts_of(session, case.id) if fact.kind == FactKind.REWORK]
    return {
        "caller": reports[0] if reports else None,
        "caller_phone": masked_phone(reports[0].caller_phone) if reports else None,
        "others": len(reports) - 1,
        "demand": form if form and form.content else None,
        "instructions": instructions_of(session, case.id),
        "rework": reworks[-1] if reworks else None,
    }


def _next_step(session: Session, task: TaskView | None) -> dict[str, Any]:
    """The form of the next step with what this person had begun to write; a signature needs none."""
    if task is None:
        return {"task": None, "signs": False, "form": None, "draft_key": ""}
    form = forms.task_form(runtime(), session, task)
    values = shown_values(form, forms.task_values(runtime(), session, task, actor()))
    key = _draft_key(task.task_id)
    kept = worklist.draft_of(session, actor(), key) or {}
    signs = task.form_id == ANSWERS["sign"].form_id
    if signs:
        values["decision"] = "RETURN"  # signing is a button; the form is for asking back
    return {
        "task": task,
        "signs": signs,
        "form": {"schema": shown_form(form, language()) or {"type": "default", "components": []},
                 "values": values | dict(kept.get("values") or {})},
        "draft_key": key,
    }  # fmt: skip


def _draft_key(task_id: UUID) -> str:
    return f"task:{task_id}"


def _waits(tasks: Any) -> str:
    return t("web.order.waits") if tasks else t("web.order.over")
