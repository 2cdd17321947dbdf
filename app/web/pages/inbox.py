"""The inbox: views and their counts, one page of tasks, the preview beside it, and what a live page asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import get_template_attribute, jsonify, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city, workflow, worklist
from app.cases.enums import CaseStage
from app.cases.routes import now
from app.core.errors import NotFound
from app.core.http import site
from app.documents import documents_of
from app.identity import Role, can, group_labels
from app.identity.guard import actor, signed_in
from app.lifecycle.inbox_views import VIEWS, Conditions, counts, listing, views_for
from app.lifecycle.routes import runtime
from app.lifecycle.worklist import WorkItem, may_work_on, work_item, work_items
from app.web.addresses import is_uuid
from app.web.formats import count_in_words
from app.web.names import choices_of, groups_in_words, names
from app.web.pages.case_parts import case_parts
from app.web.pages.frame import blueprint, page
from app.web.templating import label, t
from app.web.work_rows import WorkRow, work_row

PAGE = 100
MOST_ROWS = 200

ICONS = {
    "mine": "user-check", "followup": "calendar", "all": "checklist", "claimable": "hand-grab", "soon": "clock",
    "overdue": "alarm", "judge": "gavel", "dispatch": "send", "verify": "checks", "instruct": "writing",
    "unclaimed": "user-off", "others": "users",
}  # fmt: skip
GROUPS = (("mine", ("mine", "followup")), ("steps", ("judge", "dispatch", "verify", "instruct")),
          ("shift", ("all", "claimable", "soon", "overdue")), ("oversight", ("unclaimed", "others")))  # fmt: skip


@dataclass(frozen=True, slots=True)
class ViewLink:
    """One line of the views' column."""

    key: str
    name: str
    icon: str
    url: str
    count: str
    current: bool
    saved: worklist.View | None = None


@blueprint.get("/tasks")
@signed_in
def inbox() -> str:
    """Overdue first, then due soonest."""
    with site().sessions() as session:
        saved = worklist.views_of(session, actor())
        opened, conditions = _asked(session)
        setting = worklist.setting_of(session, actor().id)
        items, following = listing(
            runtime(), session, actor(), conditions, now(), after=request.args.get("after"), limit=PAGE
        )
        rows = shown_rows(session, items)
        found = _counts(session, saved)
        choices = _choices(session)
    groups = _view_groups(found, saved, conditions, opened)
    asked = conditions.stored() | ({"saved": str(opened.id)} if opened else {})
    return page(
        "inbox.html", islands=("inbox",), groups=groups, items=rows, columns=setting.columns, setting=setting,
        title=opened.name if opened else t(f"web.inbox.view.{conditions.view}"), count=_shown_count(found, conditions,
        opened, rows, following), conditions=conditions, filters=_filters(conditions, choices), choices=choices,
        asked=asked, back="/tasks?" + urlencode(asked), opened=opened,
        next_url="/tasks?" + urlencode(asked | {"after": following}) if following else None,
        later=bool(request.args.get("after")),
        own_groups=[(group, groups_in_words([group])) for group in sorted(group_labels(actor()))],
        all_columns=worklist.COLUMNS, densities=worklist.DENSITIES, inbox_words=_words(),
        deeds=_step_deeds(conditions.view),
    )  # fmt: skip


@blueprint.get("/tasks/pulse")
@signed_in
def pulse() -> Response:
    """For a page that is open: the counts, and the ids that its first page would show now."""
    with site().sessions() as session:
        _, conditions = _asked(session)
        items, _ = listing(runtime(), session, actor(), conditions, now(), limit=PAGE)
        found = _counts(session, worklist.views_of(session, actor()))
    ids = [str(item.task.task_id) for item in items]
    return jsonify({"ids": ids, "counts": {key: count_in_words(count) for key, count in found.items()}})


@blueprint.get("/tasks/rows")
@signed_in
def rows() -> Response:
    """Some rows as they are now: {task id: its HTML, or null when it is not open any more}."""
    return jsonify(rows_html([UUID(given) for given in request.args.getlist("id")[:MOST_ROWS] if is_uuid(given)]))


@blueprint.get("/tasks/<uuid:task_id>/preview")
@signed_in
def preview(task_id: UUID) -> str:
    """What the context pane shows of a row."""
    with site().sessions() as session:
        item = work_item(runtime(), session, task_id, actor())
        parts = case_parts(session, item.case, actor(), now()) if item.case else {}
        row = shown_rows(session, [item])[0]
        photos = documents_of(session, [each.order.id for each in parts.get("orders", ())])
    results = [each for each in parts.get("orders", ()) if each.order.result_text]  # what a verification reads
    return render_template("_preview.html", item=row, order=item.order, results=results, photos=photos, **parts)


def rows_html(task_ids: Sequence[UUID]) -> dict[str, str | None]:
    """Rows of open tasks this person may see, drawn with the columns they chose."""
    with site().sessions() as session:
        found = [task for task in (workflow.task(session, task_id) for task_id in task_ids) if task is not None]
        visible = [task for task in found if may_work_on(actor(), task) or _oversees(task)]
        items = work_items(runtime(), session, visible)
        shown = shown_rows(session, items)
        columns = worklist.setting_of(session, actor().id).columns
    draw = get_template_attribute("_inbox_row.html", "row")
    html: dict[str, str | None] = {str(task_id): None for task_id in task_ids}
    return html | {str(row.task_id): str(draw(row, columns)) for row in shown}


def shown_rows(session: Session, items: Sequence[WorkItem]) -> list[WorkRow]:
    follow = worklist.follow_ups(session, actor().id, [item.task.task_id for item in items])
    at = now()
    return [work_row(item, actor(), at, follow.get(item.task.task_id)) for item in items]


def _oversees(task: workflow.TaskView) -> bool:
    return can(actor(), "task.release", task.scope()) or can(actor(), "case.read", task.scope())


def _asked(session: Session) -> tuple[worklist.View | None, Conditions]:
    """A saved view, if its address was opened and it still exists, and the conditions."""
    if is_uuid(given := request.args.get("saved", "")):
        try:
            opened = worklist.view_of(session, actor(), UUID(given))
            return opened, Conditions.of(opened.conditions, actor())
        except NotFound:
            pass
    return None, Conditions.of(request.args, actor())


def _counts(session: Session, saved: Sequence[worklist.View]) -> dict[str, int]:
    extra = {f"v{view.id.hex}": Conditions.of(view.conditions, actor()) for view in saved}
    return counts(runtime(), session, actor(), now(), extra)


def _view_groups(
    found: Mapping[str, int], saved: Sequence[worklist.View], conditions: Conditions, opened: worklist.View | None
) -> list[tuple[str, list[ViewLink]]]:
    mine = views_for(actor())
    groups = []
    for title, keys in GROUPS:
        links = [
            ViewLink(key, t(f"web.inbox.view.{key}"), ICONS[key], f"/tasks?view={key}", count_in_words(found[key]),
                     opened is None and key == conditions.view)
            for key in keys if key in mine
        ]  # fmt: skip
        groups.append((t(f"web.inbox.group.{title}"), links))
    own = [
        ViewLink(f"v{view.id.hex}", view.name, "filter" if view.own else "share", f"/tasks?saved={view.id}",
                 count_in_words(found[f"v{view.id.hex}"]), opened is not None and opened.id == view.id, view)
        for view in saved
    ]  # fmt: skip
    return [(title, links) for title, links in [*groups, (t("web.inbox.group.saved"), own)] if links]


def _shown_count(
    found: Mapping[str, int],
    conditions: Conditions,
    opened: worklist.View | None,
    rows: Sequence[WorkRow],
    following: str | None,
) -> str:
    if opened is not None:
        return count_in_words(found[f"v{opened.id.hex}"])
    if not conditions.filters():
        return count_in_words(found[conditions.view])
    return f"{len(rows)}+" if following else str(len(rows))


def _step_deeds(view: str) -> list[tuple[str, str]]:
    """What a supervisor does to many at once without opening them, each with its key; the view's own deed alone."""
    if Role.SHIFT_SUPERVISOR not in actor().roles():
        return []
    deeds = {"file": "L", "file_dispatch": "Shift D", "dispatch": "D", "pass": "V"}
    of_view = {"judge": ("file", "file_dispatch"), "dispatch": ("dispatch",), "verify": ("pass",)}
    return [(deed, deeds[deed]) for deed in of_view.get(view, ("file", "file_dispatch", "dispatch"))]


def _choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    words = names()
    return {
        "category": [(c.code, words.category(c.code)) for c in city.categories(session) if c.parent is None],
        "district": choices_of(d.code for d in city.districts(session, depth=1)),
        "stage": [(stage.value, label("CaseStage", stage.value)) for stage in CaseStage],
        "department": choices_of(d.code for d in city.departments(session)),
    }


def _filters(conditions: Conditions, choices: Mapping[str, list[tuple[str, str]]]) -> list[tuple[str, str, str, str]]:
    """The conditions that narrow the view: key, what it is about, its value in words, the address without it."""
    shown = []
    for key, value in conditions.filters().items():
        words = dict(choices.get(key, [])).get(value, value)
        rest = {name: kept for name, kept in conditions.stored().items() if name != key}
        shown.append((key, t(f"web.filter.{key}"), words, "/tasks?" + urlencode(rest)))
    return shown


def _words() -> dict[str, Any]:
    """Sentences for the island; {n} and {name} stay for it to fill."""
    keys = ("selected", "new", "handled", "interrupted", "undo", "undone", "moved", "unreachable", "choose", "close")
    return {key: t(f"web.inbox.js.{key}", n="{n}", name="{name}", at="{at}") for key in keys}


assert set(ICONS) == set(VIEWS), "every view has its icon"
