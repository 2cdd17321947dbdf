"""The rail: at most six items, by what a person may do."""

from collections.abc import Callable
from dataclasses import dataclass

from app.identity import Actor, Role, can

_WORKERS = frozenset(
    {Role.AGENT, Role.SHIFT_SUPERVISOR, Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD, Role.LEADER, Role.ANALYST}
)
_ORDERS = frozenset({Role.DEPARTMENT_HANDLER, Role.DEPARTMENT_HEAD, Role.SHIFT_SUPERVISOR, Role.LEADER})


@dataclass(frozen=True, slots=True)
class Item:
    key: str
    icon: str
    url: str
    shown: Callable[[Actor], bool]


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    icon: str
    url: str
    current: bool


def _may(action: str) -> Callable[[Actor], bool]:
    return lambda actor: can(actor, action)


def _works_on_orders(actor: Actor) -> bool:
    return not _ORDERS.isdisjoint(actor.roles())


ITEMS = (
    Item("desk", "headset", "/registrations/new", _may("case.register")),
    Item("orders", "layout-kanban", "/orders", _works_on_orders),
    Item("tasks", "checklist", "/tasks", lambda actor: not _WORKERS.isdisjoint(actor.roles())),
    Item("cases", "folders", "/cases", _may("case.read")),
    Item("notices", "bell", "/notices", lambda _: True),
    Item("incidents", "alert-triangle", "/incidents", _may("incident.read")),
    Item("account", "user", "/account", lambda _: True),
)


def rail(actor: Actor, path: str) -> list[Shown]:
    """The items this person sees; the one whose page is open is marked."""
    return [
        Shown(item.key, item.icon, item.url, path == item.url or path.startswith(f"{item.url}/"))
        for item in ITEMS
        if item.shown(actor)
    ]


def home(actor: Actor) -> str:
    """Where a person lands after signing in: their first work item."""
    items = {item.key for item in rail(actor, "")}
    first = "orders" if actor.departments() else "tasks"
    for key in (first, "tasks", "cases", "incidents"):
        if key in items:
            return next(item.url for item in ITEMS if item.key == key)
    return "/account"
