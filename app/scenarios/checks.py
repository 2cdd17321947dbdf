"""What “then” may say. Each check tells what is wrong with how it is written, and how the case differs from it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.cases.enums import (
    CaseStage,
    CaseStatus,
    LeaderInstructionKind,
    LimitKind,
    LimitState,
    OrderOutcome,
    OrderRole,
    OrderState,
    Outcome,
    SupervisionLevel,
    VisitResult,
)
from app.cases.models import WorkOrder
from app.core.i18n import text
from app.scenarios.comparing import equal, written
from app.scenarios.view import Told, View
from app.scenarios.wording import NO_ENUMS, Enums, Issue, anything, boolean, code, keys, listed, mapping, orders

Miss = tuple[str, str]
"""What was expected, what was found."""


@dataclass(frozen=True, slots=True)
class CheckKind:
    problems: Callable[[Any], Iterable[Issue]]
    misses: Callable[[View, Any], Iterable[Miss]]


_CASE: Enums = {"stage": CaseStage, "status": CaseStatus, "outcome": Outcome}
_ORDER: Enums = {"state": OrderState, "outcome": OrderOutcome, "role": OrderRole}
_LIMIT: Enums = {"kind": LimitKind, "state": LimitState}
_LEVEL: Enums = {"level": SupervisionLevel}


def _differences(
    wanted: Mapping[str, Any], found: Mapping[str, Any], view: View, enums: Enums = NO_ENUMS
) -> tuple[dict[str, Any], str]:
    wrong = {k: v for k, v in wanted.items() if not equal(v, found.get(k), view.zone, enums.get(k))}
    return wrong, written({key: found.get(key) for key in wrong}, view.zone)


# ---------------------------------------------------------------- the case itself
def _attribute(attribute: str, enum: type[StrEnum] | None = None) -> Callable[[View, Any], Iterator[Miss]]:
    def misses(view: View, wanted: Any) -> Iterator[Miss]:
        found = getattr(view.case, attribute, None)
        if not equal(wanted, found, view.zone, enum):
            yield written(wanted, view.zone), written(found, view.zone)

    return misses


def _fields(row: str, enums: Enums = NO_ENUMS) -> Callable[[View, Any], Iterator[Miss]]:
    """Columns, then what forms added."""

    def misses(view: View, wanted: Any) -> Iterator[Miss]:
        found = getattr(view, row)
        custom = getattr(found, "custom", None) or {}
        values = {key: getattr(found, key) if hasattr(found, key) else custom.get(key) for key in wanted}
        wrong, told = _differences(wanted, values, view, enums)
        if wrong:
            yield written(wrong, view.zone), told

    return misses


def _closed(view: View, wanted: Any) -> Iterator[Miss]:
    found = view.case is not None and view.case.ended_at is not None
    if found != wanted:
        yield written(wanted, view.zone), written(found, view.zone)


def _variables(view: View, wanted: Any) -> Iterator[Miss]:
    wrong, told = _differences(wanted, view.variables, view)
    if wrong:
        yield written(wrong, view.zone), told


# ---------------------------------------------------------------- tasks and tokens
def _all_tasks(view: View, wanted: Any) -> Iterator[Miss]:
    left = list(view.tasks)
    missing = []
    for name in listed(wanted):
        task = next((task for task in left if task in view.tasks_called(*_name_and_department(name))), None)
        if task is None:
            missing.append(name)
        else:
            left.remove(task)
    if missing or left:
        yield written(wanted, view.zone), written([view.called(task) for task in view.tasks], view.zone)


def _task(view: View, wanted: Any) -> Iterator[Miss]:
    open_now = written([view.called(task) for task in view.tasks], view.zone)
    for one in listed(wanted):
        asked = one if isinstance(one, Mapping) else {"name": one}
        name, department = _name_and_department(str(asked.get("name", "")))
        tasks = view.tasks_called(name, asked.get("department", department))
        if not tasks:
            yield written(one, view.zone), open_now
            continue
        task = tasks[0]
        found = {"name": asked.get("name"), "department": view.department_of(task), "due": task.due,
                 "priority": task.priority, "groups": sorted(task.groups), "form": task.form_id}  # fmt: skip
        wrong, told = _differences({k: sorted(v) if k == "groups" else v for k, v in asked.items()}, found, view)
        if wrong:
            yield written(one, view.zone), told


def _no_task(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        if there := view.tasks_called(*_name_and_department(str(one))):
            yield written([], view.zone), written([view.called(task) for task in there], view.zone)


def _name_and_department(name: str) -> tuple[str, str | None]:
    """`Sign of gas` is one department's."""
    task, of, department = str(name).rpartition(" of ")
    return (task, department) if of and department.isidentifier() and department.islower() else (str(name), None)


def _at(view: View, wanted: Any) -> Iterator[Miss]:
    here = [token.element for token in view.tokens]
    for one in listed(wanted):
        ids = {element.id for element in view.diagrams.named(str(one))}
        if not ids & set(here):
            yield str(one), written([place.names["en"] or place.id for place in view.places()], view.zone)


# ---------------------------------------------------------------- orders, limits, what people are told
def _order_states(view: View, wanted: Any) -> Iterator[Miss]:
    found = {order.department: order.state for order in view.orders}
    for department, state in wanted.items():
        if not equal(state, found.get(department), view.zone, OrderState):
            yield written(wanted, view.zone), written(found, view.zone)
            return


def _last(orders: Sequence[WorkOrder]) -> WorkOrder | None:
    return orders[-1] if orders else None


def _order(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        order = view.order_of(str(one.get("department"))) if one.get("department") else _last(view.orders)
        custom = getattr(order, "custom", None) or {}
        values = {key: getattr(order, key) if hasattr(order, key) else custom.get(key) for key in one}
        wrong, told = _differences(one, values, view, _ORDER)
        if wrong:
            yield written(one, view.zone), told


def _limit(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        asked = {key: value for key, value in one.items() if key not in ("department", "kind")}
        fitting = [
            limit
            for limit, department in view.limits
            if one.get("department") in (None, department)
            and equal(one.get("kind", limit.kind), limit.kind, view.zone, LimitKind)
        ]
        if not fitting:
            all_of_them = [f"{limit.kind} ({department})" for limit, department in view.limits]
            yield written(one, view.zone), written(all_of_them, view.zone)
            continue
        limit = fitting[-1]
        found = {"state": limit.state(view.now).value, "due": limit.due_at, "warn": limit.warn_at,
                 "escalate": limit.escalate_at, "started": limit.started_at, "unit": limit.unit,
                 "value": None if limit.value is None else _exact(limit.value)}  # fmt: skip
        wrong, told = _differences(asked, found, view, _LIMIT)
        if wrong:
            yield written(one, view.zone), told


def _exact(value: str) -> float | int:
    return float(value) if "." in value else int(value)


def _notice(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        fitting = [told for told in view.told[view.since :] if _fits(told, one, view)]
        missing = set(map(str, listed(one.get("to", [])))) - {told.username for told in fitting}
        if missing or not fitting:
            yield written(one, view.zone), written([_told(t, view) for t in view.told[view.since :]], view.zone)


def _no_notice(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        there = [told for told in view.told[view.since :] if _fits(told, one, view)]
        if there:
            yield written([], view.zone), written([_told(told, view) for told in there], view.zone)


def _fits(told: Told, asked: Mapping[str, Any], view: View) -> bool:
    to = listed(asked.get("to", told.username))
    found = {"kind": told.notice.kind, "rung": told.notice.params.get("rung"), "at": told.notice.created_at}
    rest = {key: value for key, value in asked.items() if key != "to"}
    return told.username in map(str, to) and all(equal(v, found[k], view.zone) for k, v in rest.items())


def _told(told: Told, view: View) -> str:
    rung = told.notice.params.get("rung")
    at = written(told.notice.created_at, view.zone)
    return f"{told.username}: {told.notice.kind}{f' {rung}' if rung else ''} {at}"


def _alarm(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        if one not in view.alarms:
            yield str(one), written(view.alarms, view.zone)


def _supervision(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        asked = one if isinstance(one, Mapping) else {"level": one}
        fitting = [
            s
            for s in view.supervisions
            if all(equal(v, getattr(s, k), view.zone, _LEVEL.get(k)) for k, v in asked.items())
        ]
        if not fitting:
            yield written(one, view.zone), written([f"{s.level} ({s.reason})" for s in view.supervisions], view.zone)


def _lists(attribute: str, enum: type[StrEnum]) -> Callable[[View, Any], Iterator[Miss]]:
    def misses(view: View, wanted: Any) -> Iterator[Miss]:
        found = getattr(view, attribute)
        if not equal(listed(wanted), found, view.zone, enum):
            yield written(wanted, view.zone), written(found, view.zone)

    return misses


def _evaluation(view: View, wanted: Any) -> Iterator[Miss]:
    last = view.evaluations[-1] if view.evaluations else None
    wrong, told = _differences(wanted, {key: getattr(last, key, None) for key in wanted}, view)
    if wrong:
        yield written(wrong, view.zone), told


def _incident(view: View, wanted: Any) -> Iterator[Miss]:
    for one in listed(wanted):
        elements = [incident.element or incident.kind for incident in view.incidents]
        ids = {element.id for element in view.diagrams.named(str(one))} | {str(one)}
        if one in (None, False, "none"):
            if elements:
                yield text("scenario.no_incident", "en"), written(elements, view.zone)
        elif not ids & set(elements):
            yield str(one), written(elements, view.zone)


CHECKS: Mapping[str, CheckKind] = {
    "stage": CheckKind(code(CaseStage), _attribute("stage", CaseStage)),
    "status": CheckKind(code(CaseStatus), _attribute("status", CaseStatus)),
    "outcome": CheckKind(code(Outcome), _attribute("outcome", Outcome)),
    "closed": CheckKind(boolean, _closed),
    "rework": CheckKind(anything, _attribute("rework_count")),
    "case": CheckKind(mapping, _fields("case", _CASE)),
    "registration": CheckKind(mapping, _fields("registration")),
    "variables": CheckKind(mapping, _variables),
    "tasks": CheckKind(anything, _all_tasks),
    "task": CheckKind(keys("name", "department", "due", "priority", "groups", "form", short=True), _task),
    "no task": CheckKind(anything, _no_task),
    "at": CheckKind(anything, _at),
    "orders": CheckKind(orders, _order_states),
    "order": CheckKind(keys(*(column.key for column in WorkOrder.__table__.columns), enums=_ORDER), _order),
    "limit": CheckKind(
        keys("department", "kind", "state", "due", "warn", "escalate", "started", "value", "unit", enums=_LIMIT),
        _limit,
    ),
    "notice": CheckKind(keys("to", "kind", "rung", "at"), _notice),
    "no notice": CheckKind(keys("to", "kind", "rung", "at"), _no_notice),
    "alarm": CheckKind(anything, _alarm),
    "supervision": CheckKind(keys("level", "reason", enums=_LEVEL, short=True), _supervision),
    "visits": CheckKind(code(VisitResult), _lists("visits", VisitResult)),
    "instruction": CheckKind(code(LeaderInstructionKind), _lists("instructions", LeaderInstructionKind)),
    "evaluation": CheckKind(keys("score", "on_time", "weight"), _evaluation),
    "incident": CheckKind(anything, _incident),
}
