"""What is done to tasks from a list: claim, put back, hand on, look again later, file, dispatch, pass; for one or many,
with one answer."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import workflow, worklist
from app.cases.routes import now
from app.core.db import transaction
from app.core.errors import CitydeskError, Conflict, Forbidden, Invalid, NotFound
from app.core.http import site
from app.identity import UserRef, users_with
from app.identity.guard import actor, signed_in
from app.lifecycle.assigning import assign, colleagues
from app.lifecycle.inbox_views import Conditions, listing
from app.lifecycle.quick import ANSWERS, answer, file_and_dispatch
from app.lifecycle.routes import runtime
from app.lifecycle.tasks import claim, release
from app.lifecycle.worklist import work_items
from app.web.formats import short_number
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, page
from app.web.pages.inbox import MOST_ROWS, rows_html, shown_rows
from app.web.problems import sentence
from app.web.templating import t

DEEDS = ("claim", "release", "assign", "follow_up", "file", "dispatch", "file_dispatch", "pass")
NAMED = 5
"""So many numbers a refusal names; the rest is counted."""


@dataclass(slots=True)
class Outcome:
    """What became of each task: done ones with who held them before, refused ones by reason."""

    done: list[UUID] = field(default_factory=list)
    before: dict[UUID, str | None] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@blueprint.post("/tasks/deeds")
@signed_in
def do_deeds() -> Response | str:
    """One deed for the ticked tasks (or the one whose own button was pressed)."""
    deed, task_ids = _wanted()
    if deed == "assign" and not request.form.get("to"):
        return _choose_colleague(task_ids)
    if deed == "follow_up":
        return _follow_up(task_ids)
    to = _colleague(request.form.get("to", "")) if deed == "assign" else None
    outcome = _each(task_ids, lambda task_id: _do(deed, task_id, to))
    said = t(f"web.inbox.done.{deed}", n=len(outcome.done), name=to.name if to else "") if outcome.done else ""
    undoable = deed not in ANSWERS and deed != "file_dispatch"
    undo = [(task_id, outcome.before[task_id]) for task_id in outcome.done] if undoable else []
    return _answer(outcome, said, undo)


@blueprint.post("/tasks/undoing")
@signed_in
def undo() -> Response:
    """Give tasks back to whoever held them before: `task` holds pairs “id:user id” (nobody: empty)."""
    pairs = [given.partition(":") for given in request.form.getlist("task")[:MOST_ROWS]]
    holders = {_uuid(task_id): holder for task_id, _, holder in pairs}

    def restore(task_id: UUID) -> None:
        holder = holders[task_id]
        if not holder:
            release(runtime(), task_id, actor=actor())
        elif holder == str(actor().id):
            claim(runtime(), task_id, actor=actor())
        else:
            assign(runtime(), task_id, _colleague(holder), actor=actor())

    outcome = _each(list(holders), restore)
    return _answer(outcome, t("web.inbox.done.undo", n=len(outcome.done)) if outcome.done else "", [])


@blueprint.post("/tasks/next")
@signed_in
def claim_next() -> Response:
    """Claim the first free task of the view and open it; what somebody else just took is passed over."""
    back = local(request.form.get("back", "/tasks"))
    with site().sessions() as session:
        conditions = Conditions.of(request.form, actor())
        items, _ = listing(runtime(), session, actor(), conditions, now(), limit=50)
    for item in items:
        if item.task.assignee is None:
            try:
                claim(runtime(), item.task.task_id, actor=actor())
            except (Conflict, Forbidden):
                continue
            return redirect(f"/tasks/{item.task.task_id}")
    flash(t("web.inbox.none_free"))
    return redirect(back)


@blueprint.get("/tasks/colleagues")
@signed_in
def list_colleagues() -> Response:
    """Who may do at least one of these tasks: for the list's own chooser."""
    with site().sessions() as session:
        people = colleagues(session, _tasks(session, [_uuid(given) for given in request.args.getlist("task")]), actor())
    return jsonify([{"id": str(person.id), "name": person.name} for person in people])


def _wanted() -> tuple[str, list[UUID]]:
    """`only` is “deed:task id” of a row's own button, else `deed` and the ticked `task`s. Raises Invalid."""
    deed, _, single = request.form.get("only", "").partition(":")
    given = [single] if single else request.form.getlist("task")[:MOST_ROWS]
    deed = deed or request.form.get("deed", "")
    if deed not in DEEDS:
        raise Invalid("web.inbox.no_deed")
    return deed, [_uuid(each) for each in dict.fromkeys(given)]


def _do(deed: str, task_id: UUID, to: UserRef | None) -> None:
    if to is not None:
        assign(runtime(), task_id, to, actor=actor())
    elif deed == "claim":
        claim(runtime(), task_id, actor=actor())
    elif deed == "release":
        release(runtime(), task_id, actor=actor())
    elif deed == "file_dispatch":
        file_and_dispatch(runtime(), task_id, actor=actor())
    else:
        answer(runtime(), task_id, deed, actor=actor())


def _each(task_ids: list[UUID], do: Callable[[UUID], None]) -> Outcome:
    """Each by itself: one that is refused stops no other."""
    outcome = Outcome()
    with site().sessions() as session:
        items = work_items(runtime(), session, _tasks(session, task_ids))
    known = {item.task.task_id: item for item in items}
    for task_id in task_ids:
        item = known.get(task_id)
        number = (item.order.order_no if item.order else item.case.case_no if item.case else None) if item else None
        try:
            do(task_id)
        except CitydeskError as error:
            outcome.refused[sentence(error)].append(short_number(number) if number else "—")
        else:
            outcome.done.append(task_id)
            outcome.before[task_id] = item.task.assignee if item else None
    return outcome


def _answer(outcome: Outcome, said: str, undo: list[tuple[UUID, str | None]]) -> Response:
    """JSON for the list's island; for a plain form the same as messages on the page it came from."""
    refusals = [_refusal(reason, numbers) for reason, numbers in outcome.refused.items()]
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        touched = [*outcome.done]
        undoing = [f"{task_id}:{holder or ''}" for task_id, holder in undo]
        return jsonify({"said": said, "refusals": refusals, "rows": rows_html(touched), "undo": undoing})
    if said:
        flash(said)
    for refusal in refusals:
        flash(refusal, "error")
    return redirect(local(request.form.get("back", "/tasks")))


def _refusal(reason: str, numbers: list[str]) -> str:
    shown = t("web.and").join(numbers[:NAMED])
    if len(numbers) > NAMED:
        shown = t("web.inbox.numbers_more", numbers=shown, n=len(numbers) - NAMED)
    return t("web.inbox.refused", n=len(numbers), reason=reason, numbers=shown)


def _follow_up(task_ids: list[UUID]) -> Response:
    """`on` is a date in the city, empty for no more; one sees the tasks again that morning."""
    given = request.form.get("on", "").strip()
    try:
        day = datetime.fromisoformat(given).date() if given else None
    except ValueError:
        raise Invalid("web.inbox.no_date") from None
    at = datetime.combine(day, time(), site().settings.city_zone).astimezone(UTC) if day else None
    with transaction(site().sessions) as session:
        worklist.follow_up_on(session, task_ids, at, actor=actor(), now=now())
    said = t("web.inbox.done.follow_up", n=len(task_ids), day=given) if day else t("web.inbox.done.no_follow_up")
    return _answer(Outcome(done=task_ids), said, [])


def _choose_colleague(task_ids: list[UUID]) -> str:
    """For plain forms: a page that asks to whom."""
    with site().sessions() as session:
        tasks = _tasks(session, task_ids)
        people, rows = colleagues(session, tasks, actor()), shown_rows(session, work_items(runtime(), session, tasks))
    return page("assign.html", people=people, items=rows, back=local(request.form.get("back", "/tasks")))


def _colleague(given: str) -> UserRef:
    wanted = _uuid(given)
    with site().sessions() as session:
        for person in users_with(session):
            if person.id == wanted:
                return person
    raise NotFound("identity.no_such_user", username=given)


def _tasks(session: Session, task_ids: list[UUID]) -> list[workflow.TaskView]:
    found = [workflow.task(session, task_id) for task_id in task_ids]
    return [task for task in found if task is not None]


def _uuid(given: Any) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise Invalid("web.inbox.no_deed") from None
