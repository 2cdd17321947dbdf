"""The list of cases, and one case."""

from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city
from app.cases.enums import CaseStage, CaseStatus
from app.cases.listing import Happened
from app.cases.models import CaseFile
from app.cases.queries import may_read_order, reveal_citizen, scope_of, visits_of
from app.cases.routes import find, now, page_of_cases
from app.cases.schemas import CaseQuery
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import site
from app.core.ids import new_id
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle import bring_visit_forward
from app.lifecycle.combining import MERGED
from app.lifecycle.routes import runtime
from app.lifecycle.worklist import WorkItem, may_work_on, tasks_of_case
from app.web.addresses import day_from
from app.web.limits import chip_of_line
from app.web.names import choices_of, names
from app.web.pages.case_ending import ending_parts
from app.web.pages.case_parts import caller_of_visit, case_parts
from app.web.pages.files import photo_words
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.pages.islands import form_texts
from app.web.pages.merging import merge_parts
from app.web.pages.tasks import NO_FORM, form_of_task, keyed_answer, keyed_words
from app.web.problems import sentence
from app.web.templating import label, t
from app.web.why import reasons
from app.web.work_rows import work_row

_SINGLE = ("district", "department")
_LISTS = ("status", "stage", "category")
_FLAGS = ("open_only", "overdue")
_FIGURES = ("topic", "happened", "from", "until")
"""How a figure of the dashboard leads to its list."""


@blueprint.get("/cases")
@permits("case.read")
def cases() -> Response | str:
    """A number in the search leads straight to its case; everything else narrows the list."""
    not_found = None
    if number := request.args.get("q", "").strip():
        try:
            with site().sessions() as session:
                return redirect(f"/cases/{find(session, number).case_no}")
        except CitydeskError as error:
            not_found = sentence(error)
    chosen = {name: request.args[name] for name in (*_LISTS, *_SINGLE, *_FLAGS, *_FIGURES) if request.args.get(name)}
    with site().sessions() as session:
        found, following = page_of_cases(session, _query(chosen))
        choices = _choices(session)
    spans = _spans_in_words(chosen)
    rows = [{"line": line, "chip": chip_of_line(line, now())} for line in found]
    next_url = "/cases?" + urlencode(chosen | {"after": following}) if following else None
    return page(
        "cases.html", rows=rows, choices=choices, chosen=chosen, filtered=bool(chosen), next_url=next_url,
        not_found=not_found, spans=spans,
    )  # fmt: skip


@blueprint.get("/cases/<case_no>")
@permits("case.read")
def case(case_no: str) -> str:
    with site().sessions() as session:
        found = find(session, case_no)
        items = _tasks_of(session, found)
        current = _current(items)
        parts = case_page_parts(session, found, "overview")
        keyed = keyed_answer(session, current) if current else None
        content = {
            "tasks": [work_row(item, actor(), now()) for item in items if item is not current],
            "current": work_row(current, actor(), now()) if current else None,
            "form": form_of_task(session, current, keyed) if current else NO_FORM,
            "keyed": keyed_words(keyed),
            "asked": caller_of_visit(session, found, current.task.form_id if current else None, actor()),
            "visits": visits_of(session, found.id),
            "photo_words": photo_words(),
            "reasons": reasons(session, [UUID(each) for each in parts["instances"].split()]),
        }
    return page("case.html", islands=("case", "form") if current else ("case",), texts=form_texts(), **content, **parts)


@blueprint.post("/cases/<case_no>/visit-requests")
@permits("visit.bring_forward")
def ask_for_visit(case_no: str) -> Response:
    with site().sessions() as session:
        found = find(session, case_no)
    try:
        bring_visit_forward(runtime(), found.id, actor=actor(), command_id=form_command_id())
        flash(t("web.case.brought_forward"))
    except CitydeskError as error:
        flash(sentence(error), "error")
    return redirect(f"/cases/{found.case_no}")


@blueprint.post("/cases/<case_no>/registrations/<uuid:registration_id>/look")
@permits("citizen.read")
def look(case_no: str, registration_id: UUID) -> str:
    """The caller's number in full; the look is written down."""
    with transaction(site().sessions) as session:
        found = find(session, case_no)
        report = reveal_citizen(session, found, registration_id, actor(), now())
    return page("caller.html", case=found, report=report)


def _tasks_of(session: Session, case: CaseFile) -> list[WorkItem]:
    """What is to do, as far as this person may see it: of other departments' orders nothing; nothing of a case that
    rests in another one."""
    if case.outcome == MERGED:
        return []
    found = tasks_of_case(runtime(), session, case.id)
    return [item for item in found if item.order is None or may_read_order(actor(), item.order)]


def _current(items: list[WorkItem]) -> WorkItem | None:
    """The task whose form stands on the page: the one asked for, else one's own, else one that one may do."""
    mine = [item for item in items if may_work_on(actor(), item.task)]
    mine.sort(key=lambda item: (str(item.task.task_id) != request.args.get("task"), item.task.assignee is None))
    return mine[0] if mine else None


def case_page_parts(session: Session, found: CaseFile, tab: str) -> dict[str, Any]:
    """The head and the context pane that every tab of a case shares."""
    parts = case_parts(session, found, actor(), now())
    waits = found.stage == CaseStage.RETURN_VISIT_EVALUATION and found.ended_at is None
    may = waits and can(actor(), "visit.bring_forward", scope_of(found))
    amends = found.ended_at is None and can(actor(), "case.amend", scope_of(found))
    parts |= merge_parts(session, found) | {"may_amend": amends, "may_supervise": _may_supervise(found)}
    parts |= ending_parts(session, found)
    return parts | {"tab": tab, "may_bring_forward": may, "command_id": new_id(), "live_words": live_words()}


def _may_supervise(found: CaseFile) -> bool:
    return found.ended_at is None and can(actor(), "case.supervise", scope_of(found))


def live_words() -> dict[str, str]:
    """Sentences of the case page's island; {name} stays for it to fill."""
    return {key: t(f"web.case.js.{key}", name="{name}") for key in ("conflict", "changed", "copied")}


def _query(chosen: dict[str, str]) -> dict[str, Any]:
    """Filters from the address; what cannot be read is left out, as a hand-written address deserves a list."""
    raw: dict[str, Any] = {
        name: [value] if name in _LISTS else value for name, value in chosen.items() if name not in _FIGURES
    }
    if after := request.args.get("after"):
        raw["after"] = after
    try:
        return dict(CaseQuery().load(raw)) | _of_figure(chosen)
    except ValidationError:
        return dict(CaseQuery().load({}))


def _of_figure(chosen: dict[str, str]) -> dict[str, Any]:
    """Registered in a span of days, or something else that happened in it."""
    zone = site().settings.city_zone
    start, stop = day_from(chosen.get("from"), zone), day_from(chosen.get("until"), zone, days=1)
    found: dict[str, Any] = {"topic": chosen.get("topic")}
    if chosen.get("happened") in get_args(Happened):
        return found | {"happened": chosen["happened"], "happened_from": start, "happened_until": stop}
    return found | {"registered_from": start, "registered_until": stop}


def _spans_in_words(chosen: dict[str, str]) -> list[tuple[str, str, str]]:
    """The figure's conditions: name, value, the list without it."""
    shown = []
    if topic := chosen.get("topic"):
        rest = {name: value for name, value in chosen.items() if name != "topic"}
        shown.append((t("web.filter.category"), names().category(topic), "/cases?" + urlencode(rest)))
    if "from" in chosen and "until" in chosen:
        happened = chosen.get("happened", "registered")
        rest = {name: value for name, value in chosen.items() if name not in ("happened", "from", "until")}
        name = (
            t(f"web.dash.happened.{happened}") if happened in get_args(Happened) else t("web.dash.happened.registered")
        )
        shown.append((name, f"{chosen['from']} – {chosen['until']}", "/cases?" + urlencode(rest)))
    return shown


def _choices(session: Session) -> list[tuple[str, str, list[tuple[str, str]]]]:
    words = names()
    return [
        ("status", "CaseStatus", [(e.value, label("CaseStatus", e.value)) for e in CaseStatus]),
        ("stage", "CaseStage", [(e.value, label("CaseStage", e.value)) for e in CaseStage]),
        ("category", "", [(c.code, words.category(c.code)) for c in city.categories(session) if c.parent is None]),
        ("district", "", choices_of(d.code for d in city.districts(session, depth=1))),
        ("department", "", choices_of(d.code for d in city.departments(session))),
    ]
