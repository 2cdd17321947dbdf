"""The rail: at most six items by what a person may do, the most used first; what has no place there stands in the
person's own menu and answers the omnibox."""

from collections.abc import Callable
from dataclasses import dataclass

from app.identity import Actor, Role, can

MOST = 6
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
    go: str = ""
    """The letter after G that leads here."""


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    icon: str
    url: str
    current: bool
    go: str


def _may(action: str) -> Callable[[Actor], bool]:
    return lambda actor: can(actor, action)


def _works_on_orders(actor: Actor) -> bool:
    return not _ORDERS.isdisjoint(actor.roles())


def _supervised(actor: Actor) -> bool:
    return can(actor, "case.supervise") or can(actor, "supervision.answer")


def _works(actor: Actor) -> bool:
    return not _WORKERS.isdisjoint(actor.roles())


def _reads_bulletins(actor: Actor) -> bool:
    return _works(actor) or can(actor, "bulletin.publish")


def _leads(actor: Actor) -> bool:
    return Role.LEADER in actor.roles()


ITEMS = (
    Item("dashboard", "chart-bar", "/dashboard", _leads, "D"),
    Item("instructions", "writing", "/instructions", _may("case.instruct"), "I"),
    Item("desk", "headset", "/registrations/new", _may("case.register"), "N"),
    Item("orders", "layout-kanban", "/orders", _works_on_orders, "O"),
    Item("deadlines", "alarm", "/deadlines", _may("figures.read"), "U"),
    Item("tasks", "checklist", "/tasks", lambda actor: not _WORKERS.isdisjoint(actor.roles()), "T"),
    Item("cases", "folders", "/cases", _may("case.read"), "C"),
    Item("live", "activity", "/seats", _may("call.supervise"), "S"),
    Item("calls", "phone", "/calls", _may("call.read"), "P"),
    Item("dashboard", "chart-bar", "/dashboard", lambda a: can(a, "figures.read") and not _leads(a), "D"),
    Item("supervision", "gavel", "/supervision", _supervised, "V"),
    Item("queries", "filter", "/queries", _may("case.read"), "Q"),
    Item("reports", "report-analytics", "/exports", _may("case.export"), "R"),
    Item("admin", "settings", "/admin", _may("settings.read"), "A"),
    Item("incidents", "alert-triangle", "/incidents", _may("incident.read")),
    Item("complaints", "message-report", "/reports/complaints", _may("case.read")),
    Item("bulletins", "message-circle", "/bulletins", _reads_bulletins, "B"),
    Item("agenda", "calendar", "/agenda", _works),
    Item("knowledge", "book-2", "/knowledge", lambda actor: not _WORKERS.isdisjoint(actor.roles()), "K"),
    Item("phrases", "writing", "/phrases", lambda actor: not _WORKERS.isdisjoint(actor.roles())),
    Item("telephone", "headset", "/admin/telephone", _may("telephone.manage")),
    Item("messages", "mail-forward", "/admin/messages", _may("message.read")),
    Item("spot_checks", "checks", "/spot-checks", _may("spotcheck.read")),
    Item("hot_spots", "flame", "/hot-spots", _may("figures.read")),
    Item("wording", "writing", "/admin/texts", _may("message.word")),
    Item("imports", "table-import", "/imports", _may("case.import")),
)
"""In the order of the rail. A page's line here puts it into the rail, the menu, the keys and the omnibox."""


def places(actor: Actor, path: str) -> list[Shown]:
    """All pages this person may go to; of those whose addresses lead to `path`, the nearest is marked."""
    mine = [item for item in ITEMS if item.shown(actor)]
    leading = [item.url for item in mine if path == item.url or path.startswith(f"{item.url}/")]
    here = max(leading, key=len, default=None)
    return [Shown(item.key, item.icon, item.url, item.url == here, item.go) for item in mine]


def rail(actor: Actor, path: str) -> list[Shown]:
    return places(actor, path)[:MOST]


def home(actor: Actor) -> str:
    """Where a person lands after signing in: their first work item."""
    urls = {item.key: item.url for item in places(actor, "")}
    first = "orders" if actor.departments() else "dashboard" if _leads(actor) else "tasks"
    return next((urls[key] for key in (first, "tasks", "cases", "admin", "incidents") if key in urls), "/account")
