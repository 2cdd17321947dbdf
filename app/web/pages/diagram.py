"""The diagram tab of a case: the case's lifecycle or one of its orders, with its tokens and the same in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from app import workflow
from app.cases.models import CaseFile
from app.cases.queries import orders_of
from app.cases.routes import find, now
from app.core.http import language, site
from app.identity import user_names
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.lifecycle.worklist import may_work_on
from app.web import formats
from app.web.names import groups_in_words, names
from app.web.pages.cases import case_page_parts
from app.web.pages.frame import blueprint, page
from app.web.templating import moment, t
from app.web.tokens import Waiting, standing
from app.workflow import InstanceView

_LISTENERS = frozenset({"boundaryEvent", "startEvent"})
"""They wait beside the work: in the table, but without a pill on the drawing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One instance whose diagram can be shown."""

    key: str
    name: str
    url: str
    instance_id: UUID
    current: bool


@blueprint.get("/cases/<case_no>/diagram")
@permits("case.read")
def case_diagram(case_no: str) -> str:
    with site().sessions() as session:
        found = find(session, case_no)
        choices = _choices(session, found, request.args.get("order", ""))
        chosen = next(choice for choice in choices if choice.current)
        instance = workflow.instance(session, chosen.instance_id)
        shown = _diagram(session, instance, now()) if instance else None
        parts = case_page_parts(session, found, "diagram")
    return page("case_diagram.html", islands=("case", "diagram"), diagrams=choices, diagram=shown, **parts)


def _choices(session: Session, case: CaseFile, wanted: str) -> list[Choice]:
    """The case first, then its orders, then the rounds before it was opened again."""
    url = f"/cases/{case.case_no}/diagram"
    orders = [view.order for view in orders_of(session, case.id, reader=actor())]
    earlier = {str(number): instance for number, instance in enumerate(case.earlier_instances, start=1)}
    keys = {order.order_no for order in orders} | set(earlier)
    found = [Choice("", t("web.diagram.lifecycle"), url, case.instance_id, wanted not in keys)]
    for order in orders:
        name = t("web.diagram.order", department=names().of(order.department), no=formats.short_number(order.order_no))
        address = f"{url}?order={order.order_no}"
        found.append(Choice(order.order_no, name, address, order.instance_id, order.order_no == wanted))
    for number, instance_id in earlier.items():
        name = t("web.diagram.earlier_round", n=number)
        found.append(Choice(number, name, f"{url}?order={number}", instance_id, number == wanted))
    return found


def _diagram(session: Session, instance: InstanceView, at: datetime) -> dict[str, Any]:
    where = standing(runtime(), session, instance)
    people = user_names(session, [UUID(w.task.assignee) for w in where.waiting if w.task and w.task.assignee])
    tokens = [_token(waiting, people, at) for waiting in where.waiting]
    tokens.sort(key=lambda token: (token["type"] in _LISTENERS, token["type"] != "userTask"))
    drawn = [token for token in tokens if token["type"] not in _LISTENERS]
    late = [token["element"] for token in drawn if token["late"]]
    return {
        "sentence": _sentence(drawn),
        "tokens": tokens,
        "data": {
            "xml_url": f"/api/v1/processes/{instance.bundle_id}/{instance.process_id}/diagram",
            "marks": {
                "done": sorted(where.walked),
                "inside": sorted(where.inside),
                "now": [token["element"] for token in drawn if not token["late"]],
                "late": late,
            },
            "tokens": [{"element": token["element"], "text": token["pill"], "late": token["late"]} for token in drawn],
        },
    }


def _token(waiting: Waiting, people: dict[UUID, str], at: datetime) -> dict[str, Any]:
    late = waiting.is_late(at)
    return {
        "element": waiting.element, "type": waiting.type, "name": waiting.name, "since": waiting.since,
        "due": waiting.due, "late": late, "waits_for": _waits_for(waiting, people),
        "pill": _pill(waiting, people, at), "spent": formats.span(at - waiting.since, language()),
        "chip": _chip(waiting, at),
        "task_id": waiting.task.task_id if waiting.task and may_work_on(actor(), waiting.task) else None,
    }  # fmt: skip


def _chip(waiting: Waiting, at: datetime) -> formats.LimitChip | None:
    """A person's step has a limit; a clock that waits has only its time."""
    if waiting.task is None or waiting.due is None:
        return None
    return formats.running_limit(waiting.since, waiting.due, at, language(), site().settings.city_zone)


def _waits_for(waiting: Waiting, people: dict[UUID, str]) -> str:
    task = waiting.task
    if task is not None and task.assignee:
        return people.get(UUID(task.assignee), "—")
    if task is not None:
        return groups_in_words(task.groups)
    if waiting.due is not None:
        return t("web.diagram.waits.time", at=formats.moment(waiting.due, language(), site().settings.city_zone))
    return t("web.diagram.waits.message")


def _pill(waiting: Waiting, people: dict[UUID, str], at: datetime) -> str:
    """Beside the element: who, and for how long."""
    spent = formats.span(at - waiting.since, language())
    if waiting.task is None:
        return spent
    return f"{_waits_for(waiting, people)} · {spent}"


def _sentence(tokens: list[dict[str, Any]]) -> str:
    """What a person who cannot see the drawing is told."""
    if not tokens:
        return t("web.diagram.ended")
    where = t("web.and").join(f"{token['name']} ({moment(token['since']).striptags()})" for token in tokens)
    return t("web.diagram.sentence", where=where)
