"""A department's head sees who does what, and gives work to others; a supervisor sees the same of any department."""

from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from app import city
from app.cases.routes import now
from app.core.errors import NotFound
from app.core.http import site
from app.identity import Role
from app.identity.guard import actor, permits
from app.lifecycle.order_board import OrderFilter, order_list
from app.lifecycle.order_people import Load, loads, totals
from app.lifecycle.routes import runtime
from app.web.names import choices_of
from app.web.order_cards import shown_card
from app.web.pages.frame import blueprint, page

ROWS = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    load: Load
    url: str
    share: int
    """Percent of the most that one of them has in hand."""


@blueprint.get("/orders/people")
@permits("order.assign")
def order_people() -> str:
    with site().sessions() as session:
        codes = _departments(session)
        department = request.args.get("department") or (codes[0] if codes else "")
        if department not in codes:
            raise NotFound("city.no_department", code=department)
        found = loads(session, department, now())
        wanted = OrderFilter(department=department)
        items, following = order_list(runtime(), session, actor(), wanted, now(), limit=ROWS)
    listed = f"/orders?as=list&department={department}"
    return page(
        "order_people.html", department=department, departments=choices_of(codes),
        rows=_rows(found, listed), kpis=_kpis(totals(found), found[0], listed), actor_oversees=True,
        cards_shown=[shown_card(item) for item in items], back=f"/orders/people?department={department}",
        next_url=f"{listed}&after={following}" if following else None,
    )  # fmt: skip


def _departments(session: Session) -> list[str]:
    """Of a head the own ones; a supervisor oversees all."""
    every = [each.code for each in city.departments(session)]
    if any(grant.role is Role.SHIFT_SUPERVISOR and grant.department is None for grant in actor().grants):
        return every
    own = {grant.department for grant in actor().grants if grant.role is Role.DEPARTMENT_HEAD}
    return [code for code in every if code in own]


def _rows(found: list[Load], listed: str) -> list[PersonRow]:
    most = max((load.in_hand for load in found), default=0) or 1
    return [
        PersonRow(load, f"{listed}&who={load.person or 'none'}", round(100 * load.in_hand / most)) for load in found
    ]


def _kpis(total: Load, free: Load, listed: str) -> list[tuple[str, int, str, str]]:
    return [
        ("in_hand", total.in_hand, listed, ""),
        ("late", total.late, f"{listed}&late=1", "kpi--bad" if total.late else ""),
        ("soon", total.soon, listed, "kpi--warn" if total.soon else ""),
        ("free", free.in_hand, f"{listed}&who=none", ""),
    ]
