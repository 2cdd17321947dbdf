"""Supervision: what stands in the city, the demands of one case with the form that raises one, and the answers."""

from dataclasses import dataclass
from typing import Any, cast, get_args
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import supervision
from app.cases.models import CaseFile, WorkOrder
from app.cases.queries import scope_of
from app.cases.routes import find, now
from app.core.errors import CitydeskError
from app.core.http import key_of, keyset, language, site
from app.identity import Actor, Scope, can
from app.identity.guard import actor, permits
from app.lifecycle.form_view import shown_form, shown_values
from app.lifecycle.routes import runtime
from app.supervision import DemandLine
from app.supervision.asking import read_form, supervision_form
from app.supervision.models import Supervision, SupervisionAnswer
from app.supervision.queries import View
from app.supervision.raising import rank
from app.web.addresses import is_uuid
from app.web.formats import LimitChip, count_in_words, finished_limit, running_limit
from app.web.pages.cases import case_page_parts
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.pages.islands import form_texts, sent
from app.web.problems import sentence
from app.web.templating import label, t

MOST = 50
VIEWS: tuple[View, ...] = ("overdue", "awaited", "answered", "standing", "closed")


@dataclass(frozen=True, slots=True)
class Shown:
    """One demand as pages show it."""

    demand: Supervision
    words: str
    """What is demanded, or why by rule."""
    chip: LimitChip | None
    answers: list[SupervisionAnswer]
    may_answer: bool
    asked: list[str]
    """Departments that still owe an answer."""


@blueprint.get("/supervision")
@permits("case.read")
def supervised() -> str:
    """The urge list: answers overdue, awaited, to be looked at; everything that stands."""
    at = now()
    with site().sessions() as session:
        counts = supervision.counts(session, actor(), at)
        view = _view(counts)
        found = supervision.list_demands(
            session, actor(), view, now=at, after=keyset(request.args.get("after")), limit=MOST
        )
    rows = [{"line": line, "shown": shown_demand(line.demand, [], actor()), "words": _words(line)} for line in found]
    more = {"view": view, "after": key_of(*found[-1].key(view))} if len(found) == MOST else None
    return page(
        "supervision.html", rows=rows, view=view, views=VIEWS,
        counts={key: count_in_words(n) for key, n in counts.items() if n},
        next_url=f"/supervision?{urlencode(more)}" if more else None,
    )  # fmt: skip


@blueprint.get("/cases/<case_no>/supervision")
@permits("case.read")
def case_supervision(case_no: str) -> str:
    with site().sessions() as session:
        case = find(session, case_no)
        parts = case_page_parts(session, case, "supervision")
        said = supervision.answers_of(session, case.id)
        demands = [shown_demand(each, said.get(each.id, []), actor()) for each in reversed(parts["supervisions"])]
        lower = _raised_from(demands)
        form = _form(session, case, lower) if _may_raise(case) else None
        orders = {each.order.id: each.order.order_no for each in parts["orders"]}
    return page(
        "case_supervision.html", islands=("case", "form"), texts=form_texts(), demands=demands, form=form, lower=lower,
        may_close=can(actor(), "case.supervise", scope_of(case)), order_numbers=orders, **parts,
    )  # fmt: skip


@blueprint.post("/cases/<case_no>/supervision")
@permits("case.supervise")
def raise_one(case_no: str) -> Any:
    """The form's island posts here."""
    command_id, values = sent()
    lower = request.args.get("raise", "")
    with site().sessions() as session:
        case = find(session, case_no)
        asked = read_form(runtime(), session, case, values, UUID(lower) if is_uuid(lower) else None)
    supervision.raise_supervision(runtime(), case.id, asked, actor=actor(), command_id=command_id)
    flash(t("web.supervision.raised", level=label("SupervisionLevel", asked.level)))
    return jsonify({"next": f"/cases/{case.case_no}/supervision"})


@blueprint.post("/supervision/<uuid:supervision_id>/answers")
@permits("supervision.answer")
def answer_one(supervision_id: UUID) -> Response:
    return _done("web.supervision.answered", lambda: supervision.answer_supervision(
        runtime(), supervision_id, request.form.get("text", ""), department=request.form.get("department") or None,
        actor=actor(), command_id=form_command_id(),
    ))  # fmt: skip


@blueprint.post("/supervision/<uuid:supervision_id>/closure")
@permits("case.supervise")
def close_one(supervision_id: UUID) -> Response:
    return _done("web.supervision.closed", lambda: supervision.close_supervision(
        runtime(), supervision_id, request.form.get("text", ""), actor=actor(), command_id=form_command_id()
    ))  # fmt: skip


def demands_of_order(session: Session, order: WorkOrder, reader: Actor) -> list[Shown]:
    """What stands against an order, for the page of whoever has to answer it."""
    found = supervision.demands_on(session, order)
    said = supervision.answers_of(session, order.case_id) if found else {}
    return [shown_demand(each, said.get(each.id, []), reader, order) for each in found]


def shown_demand(
    demand: Supervision, answers: list[SupervisionAnswer], reader: Actor, order: WorkOrder | None = None
) -> Shown:
    own = [order.department] if order else sorted(reader.departments() & set(demand.departments))
    district = order.district if order else None
    may = any(can(reader, "supervision.answer", Scope(district, frozenset({code}))) for code in own) if order else bool(
        own and can(reader, "supervision.answer")
    )  # fmt: skip
    heard = {each.department for each in answers}
    return Shown(
        demand, demand.text or label("Reason", demand.reason), _chip(demand), answers,
        may and demand.state != "CLOSED", [code for code in demand.departments if code not in heard],
    )  # fmt: skip


def _chip(demand: Supervision) -> LimitChip | None:
    """How long the answer may still take; answered ones say whether they were in time."""
    due, lang, zone = demand.answer_due_at, language(), site().settings.city_zone
    if due is None or (demand.state == "CLOSED" and demand.answered_at is None):
        return None
    if demand.answered_at is not None:
        state = "MET" if demand.answered_at <= due else "BREACHED"
        return finished_limit(state, due, demand.answered_at, lang, zone)
    return running_limit(demand.at, due, now(), lang, zone)


def _done(said: str, deed: Any) -> Response:
    """Do it and come back; a refusal is said on the page, and what was typed comes back with it."""
    try:
        deed()
        flash(t(said))
    except CitydeskError as error:
        typed = request.form.get("text", "").strip()
        flash(f"{sentence(error)} {t('web.supervision.kept', text=typed) if typed else ''}".strip(), "error")
    return redirect(local(request.form.get("back", "/supervision")))


def _may_raise(case: CaseFile) -> bool:
    return case.ended_at is None and can(actor(), "case.supervise", scope_of(case))


def _form(session: Session, case: CaseFile, lower: Shown | None) -> dict[str, Any]:
    """Empty; for raising a demand its words, its order, and the next level."""
    form, values = supervision_form(runtime(), session, case), dict[str, Any]()
    if lower is not None:
        levels = ("NOTICE", "REMINDER", "SUPERVISION", "CIRCULAR")
        values = {"level": levels[min(rank(lower.demand.level), 3)], "text": lower.demand.text,
                  "order": str(lower.demand.order_id or "ALL")}  # fmt: skip
    return {"schema": shown_form(form, language()), "values": shown_values(form, values)}


def _raised_from(demands: list[Shown]) -> Shown | None:
    wanted = request.args.get("raise", "")
    return next((each for each in demands if str(each.demand.id) == wanted and each.demand.state != "CLOSED"), None)


def _view(counts: dict[View, int]) -> View:
    """The one asked for, else the first that has anything to do in it."""
    asked = request.args.get("view")
    if asked in get_args(View):
        return cast(View, asked)
    return next((view for view in VIEWS if counts.get(view)), "standing")


def _words(line: DemandLine) -> str:
    return line.demand.text or label("Reason", line.demand.reason)
