"""REST: register, work on tasks, and what people may ask of a case while it runs."""

from typing import Any, cast
from uuid import UUID

from app.cases import queries
from app.cases.limits import LimitView
from app.cases.order_listing import order_by_number
from app.cases.routes import find, limit, now, today
from app.core.http import ApiBlueprint, command_id, language, site
from app.identity.guard import actor, permits, signed_in
from app.lifecycle import (
    PauseKind,
    ask_department,
    ask_extension,
    ask_pause,
    bring_visit_forward,
    forms,
    resume_order,
    void_case,
    withdraw_case,
    withdraw_order,
)
from app.lifecycle.at_once import register_and_proceed
from app.lifecycle.form_view import shown_form, shown_values
from app.lifecycle.history import history_of
from app.lifecycle.reminding import remind
from app.lifecycle.reopening import reopen
from app.lifecycle.schemas import (
    CompletedSchema,
    DepartmentSchema,
    ExtensionSchema,
    FormSchema,
    HistorySchema,
    PauseSchema,
    ReasonSchema,
    RegisteredSchema,
    ReportSchema,
    TaskQuery,
    TasksSchema,
    TaskWithFormSchema,
    ValuesSchema,
    VoidingSchema,
)
from app.lifecycle.tasks import claim, complete_task, release
from app.lifecycle.worklist import WorkItem, may_work_on, tasks_of_case, work_item, worklist
from app.workflow import Runtime

registering = ApiBlueprint("registering", __name__, url_prefix="/registrations", description="Register a report")
tasks = ApiBlueprint("tasks", __name__, url_prefix="/tasks", description="What people have to do")
steering = ApiBlueprint("steering", __name__, url_prefix="/cases", description="What people ask of a running case")
ordering = ApiBlueprint("ordering", __name__, url_prefix="/orders", description="What people ask of a running order")


def runtime() -> Runtime:
    return cast(Runtime, site().runtime)


@registering.operation("/form")
@permits("case.register")
@registering.gives(FormSchema)
def registration_form() -> dict[str, Any]:
    """The deployed registration form, and what it begins with"""
    with site().sessions() as session:
        form = forms.registration_form(runtime(), session)
    return {"form": shown_form(form, language()), "values": {"duty_staff": actor().name}}


@registering.operation("", "POST")
@permits("case.register")
@registering.takes(ReportSchema)
@registering.gives(RegisteredSchema, 201)
def create(body: dict[str, Any]) -> dict[str, Any]:
    """Register a report: it gets its acceptance number, and the case its first stage"""
    return register_and_proceed(
        runtime(), body["values"], body.get("processing"), actor=actor(), command_id=command_id(), language=language()
    )


@tasks.operation("")
@signed_in
@tasks.takes(TaskQuery, location="query")
@tasks.gives(TasksSchema)
def inbox(query: dict[str, Any]) -> dict[str, Any]:
    """The open tasks one may do, the one due first first"""
    following: str | None = None
    with site().sessions() as session:
        if query["case_no"] is None:
            items, following = worklist(runtime(), session, actor(), after=query["after"], limit=query["limit"])
        else:
            case_id = queries.find_case_id(session, query["case_no"], today())
            found = tasks_of_case(runtime(), session, case_id) if case_id else []
            items = [item for item in found if may_work_on(actor(), item.task)]
    return {"tasks": [task_json(item) for item in items], "next": following}


@tasks.operation("/<uuid:task_id>")
@signed_in
@tasks.gives(TaskWithFormSchema)
def one(task_id: UUID) -> dict[str, Any]:
    """One open task with its form and what the form begins with"""
    with site().sessions() as session:
        item = work_item(runtime(), session, task_id, actor())
        form = forms.task_form(runtime(), session, item.task)
        values = shown_values(form, forms.task_values(runtime(), session, item.task, actor()))
    return task_json(item) | {"form": shown_form(form, language()), "values": values}


@tasks.operation("/<uuid:task_id>/completion", "POST")
@signed_in
@tasks.takes(ValuesSchema)
@tasks.gives(CompletedSchema, 201)
def complete(body: dict[str, Any], task_id: UUID) -> dict[str, Any]:
    """Complete the task with its form's values"""
    done = complete_task(runtime(), task_id, body["values"], actor=actor(), command_id=command_id())
    return {"task_id": task_id, "completed_at": done.at or now(), "repeated": done.repeated}


@tasks.operation("/<uuid:task_id>/claim", "PUT")
@signed_in
@tasks.gives(None, 204)
def take(task_id: UUID) -> None:
    """Take the task out of the pool"""
    claim(runtime(), task_id, actor=actor(), command_id=command_id())


@tasks.operation("/<uuid:task_id>/claim", "DELETE")
@signed_in
@tasks.gives(None, 204)
def put_back(task_id: UUID) -> None:
    """Put the task back into the pool"""
    release(runtime(), task_id, actor=actor(), command_id=command_id())


def task_json(item: WorkItem) -> dict[str, Any]:
    """As `TaskSchema` says."""
    task = item.task
    return {
        "id": task.task_id,
        "name": item.name(language()),
        "element": task.element,
        "process_id": task.process_id,
        "form_id": task.form_id,
        "groups": task.groups,
        "assignee": {"id": task.assignee, "name": item.assignee_name} if task.assignee else None,
        "priority": task.priority,
        "created_at": task.created_at,
        "due": task.due,
        "follow_up": task.follow_up,
        "limit": _limit(item.limit),
        "case_no": item.case.case_no if item.case else None,
        "order_no": item.order.order_no if item.order else None,
        "summary": item.case.incident_summary if item.case else None,
        "district": task.district,
    }


def _limit(view: LimitView | None) -> dict[str, Any] | None:
    return None if view is None else limit(view, now())


@steering.operation("/<case_no>/visit-requests", "POST")
@permits("visit.bring_forward")
@steering.gives(None, 204)
def request_visit(case_no: str) -> None:
    """Bring the return visit forward instead of waiting for its day"""
    with site().sessions() as session:
        case_id = find(session, case_no).id
    bring_visit_forward(runtime(), case_id, actor=actor(), command_id=command_id())


@steering.operation("/<case_no>/withdrawal", "POST")
@permits("case.withdraw")
@steering.takes(ReasonSchema)
@steering.gives(None, 204)
def take_back(body: dict[str, Any], case_no: str) -> None:
    """The citizen takes the report back"""
    with site().sessions() as session:
        case_id = find(session, case_no).id
    withdraw_case(runtime(), case_id, reason=body["reason"], actor=actor(), command_id=command_id())


@steering.operation("/<case_no>/voiding", "POST")
@permits("case.void")
@steering.takes(VoidingSchema)
@steering.gives(None, 204)
def void(body: dict[str, Any], case_no: str) -> None:
    """It is no matter for the city after all; open orders end"""
    with site().sessions() as session:
        case_id = find(session, case_no).id
    void_case(runtime(), case_id, cause=body["cause"], reason=body["reason"], actor=actor(), command_id=command_id())


@steering.operation("/<case_no>/reopening", "POST")
@permits("case.reopen")
@steering.takes(ReasonSchema)
@steering.gives(None, 204)
def open_again(body: dict[str, Any], case_no: str) -> None:
    """A new round of a case that ended; an agent's wish waits for the shift supervisor"""
    with site().sessions() as session:
        case_id = find(session, case_no).id
    days = site().settings.reopen_days
    reopen(runtime(), case_id, reason=body["reason"], days=days, actor=actor(), command_id=command_id())


@steering.operation("/<case_no>/history")
@permits("history.read")
@steering.gives(HistorySchema)
def history(case_no: str) -> dict[str, Any]:
    """Who did what when, in sentences of the asker's language, the oldest first"""
    with site().sessions() as session:
        told = history_of(runtime(), session, find(session, case_no), actor(), language())
    return {"history": told}


@ordering.operation("/<order_no>/reminders", "POST")
@permits("order.remind")
@ordering.takes(ReasonSchema)
@ordering.gives(None, 204)
def remind_of_order(body: dict[str, Any], order_no: str) -> None:
    """Remind whoever works on an order, with a text of one's own"""
    with site().sessions() as session:
        order_id = order_by_number(session, order_no, actor()).order.id
    remind(runtime(), order_id, text=body["reason"], actor=actor(), command_id=command_id())


@ordering.operation("/<order_no>/withdrawal", "POST")
@permits("order.withdraw")
@ordering.takes(ReasonSchema)
@ordering.gives(None, 204)
def take_order_back(body: dict[str, Any], order_no: str) -> None:
    """The shift supervisor takes an order back"""
    withdraw_order(runtime(), _order_id(order_no), reason=body["reason"], actor=actor(), command_id=command_id())


@ordering.operation("/<order_no>/extension-requests", "POST")
@permits("order.extend")
@ordering.takes(ExtensionSchema)
@ordering.gives(None, 204)
def ask_for_more_time(body: dict[str, Any], order_no: str) -> None:
    """The department asks for more of the limit's own unit, before the limit is over"""
    ask_extension(
        runtime(), _order_id(order_no), value=body["value"], reason=body["reason"], actor=actor(),
        command_id=command_id(),
    )  # fmt: skip


@ordering.operation("/<order_no>/shelving-requests", "POST")
@permits("order.shelve")
@ordering.takes(PauseSchema)
@ordering.gives(None, 204)
def ask_to_shelve(body: dict[str, Any], order_no: str) -> None:
    """The department asks that the limit stands still till a day"""
    _pause(order_no, PauseKind.SHELVE, body)


@ordering.operation("/<order_no>/suspension", "POST")
@permits("order.suspend")
@ordering.takes(PauseSchema)
@ordering.gives(None, 204)
def suspend(body: dict[str, Any], order_no: str) -> None:
    """The duty monitor lets the limit stand still, at once"""
    _pause(order_no, PauseKind.SUSPEND, body)


@ordering.operation("/<order_no>/resumption", "POST")
@permits("order.resume")
@ordering.takes(ReasonSchema)
@ordering.gives(None, 204)
def go_on(body: dict[str, Any], order_no: str) -> None:
    """The limit goes on with what was left of it"""
    resume_order(runtime(), _order_id(order_no), reason=body["reason"], actor=actor(), command_id=command_id())


@ordering.operation("/<order_no>/department-requests", "POST")
@permits("order.assist")
@ordering.takes(DepartmentSchema)
@ordering.gives(None, 204)
def ask_for_a_department(body: dict[str, Any], order_no: str) -> None:
    """Another department assists, or takes the order over; the duty monitor decides"""
    ask_department(
        runtime(), _order_id(order_no), body["kind"], department=body["department"], reason=body["reason"],
        actor=actor(), command_id=command_id(),
    )  # fmt: skip


def _pause(order_no: str, kind: PauseKind, body: dict[str, Any]) -> None:
    ask_pause(
        runtime(), _order_id(order_no), kind, until=body["until"], reason=body["reason"], actor=actor(),
        command_id=command_id(),
    )  # fmt: skip


def _order_id(order_no: str) -> UUID:
    with site().sessions() as session:
        return order_by_number(session, order_no, actor()).order.id
