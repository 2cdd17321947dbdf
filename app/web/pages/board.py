"""The order board: a department's orders by state, and the same as one list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, jsonify, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city
from app.cases.queries import may_read_order, order_by_id
from app.cases.routes import now
from app.core.errors import CitydeskError, NotFound
from app.core.http import language, site
from app.core.ids import derived_id, new_id
from app.identity import Actor, Role, user_names
from app.identity.guard import actor, permits, signed_in
from app.lifecycle.inbox_views import OVERSEERS
from app.lifecycle.order_board import (
    PER_COLUMN,
    Board,
    Column,
    ColumnOfOrders,
    OrderFilter,
    board,
    order_list,
)
from app.lifecycle.quick import sign_order
from app.lifecycle.routes import runtime
from app.supervision import Result, results_of
from app.web import formats
from app.web.addresses import day_from, is_uuid
from app.web.formats import short_number
from app.web.names import choices_of
from app.web.order_cards import Card, shown_card
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.pages.street import waiting_words
from app.web.problems import sentence
from app.web.templating import t

MOST_SIGNED = 200
OVERSIGHT = frozenset({Role.SHIFT_SUPERVISOR, Role.LEADER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class ShownColumn:
    column: Column
    cards: Sequence[Card]
    count: int
    more_url: str


def oversees(person: Actor) -> bool:
    """May this person give others' tasks to somebody: a department's head within it, a supervisor anywhere."""
    return not OVERSEERS.isdisjoint(person.roles())


@blueprint.get("/orders")
@permits("case.read")
def orders() -> str:
    """As a board, or with `as=list` as a list."""
    asked = _asked()
    wanted = _filter(asked)
    with site().sessions() as session:
        choices = _choices(session)
        shared = {
            "asked": asked, "command_id": new_id(), "choices": choices, "filters": _filters(session, asked, choices),
            "board_words": _words(), "actor_oversees": oversees(actor()),
            "several": len(actor().departments()) != 1 or not OVERSIGHT.isdisjoint(actor().roles()),
            "board_url": _url(asked, form=""), "list_url": _url(asked, form="list"),
        }  # fmt: skip
        if asked.get("as") == "list":
            return _list_page(session, wanted, asked, shared)
        found = board(runtime(), session, actor(), wanted, now())
        reported = [item.line.order.case_id for each in found.columns if each.column is Column.REPORTED
                    for item in each.items[:PER_COLUMN]]  # fmt: skip
        results = results_of(session, reported)
        cards = [_column(each, asked, results) for each in found.columns]
    signable = [card.id for column in cards for card in column.cards if "sign" in card.offers]
    return page("board.html", islands=("board",), columns=cards, alert=_alert(found), signable=signable, **shared)


@blueprint.get("/orders/pulse")
@permits("case.read")
def board_pulse() -> Response:
    """For a board that is open: which cards its columns would show now, and how many there are."""
    with site().sessions() as session:
        found = board(runtime(), session, actor(), _filter(_asked()), now())
    ids = {each.column.value: [str(item.line.order.id) for item in each.items] for each in found.columns}
    return jsonify({"ids": ids, "counts": {each.column.value: each.count for each in found.columns}})


@blueprint.post("/orders/signing")
@signed_in
def sign_orders() -> Response:
    """Sign one order or many. The page's command id makes a repeat harmless, order by order."""
    command, given = form_command_id(), request.form.getlist("order")[:MOST_SIGNED]
    signed, refused = 0, dict[str, list[str]]()
    for order_id in dict.fromkeys(UUID(each) for each in given if is_uuid(each)):
        number = "—"
        try:
            with site().sessions() as session:
                order = order_by_id(session, order_id)
            if not may_read_order(actor(), order):
                raise NotFound("cases.order_unknown")
            number = short_number(order.order_no)
            sign_order(runtime(), order, actor=actor(), command_id=derived_id(command, order_id))
            signed += 1
        except CitydeskError as error:
            refused.setdefault(sentence(error), []).append(number)
    said = t("web.board.signed", n=signed) if signed else ""
    refusals = [
        t("web.inbox.refused", n=len(numbers), reason=reason, numbers=t("web.and").join(numbers))
        for reason, numbers in refused.items()
    ]
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return jsonify({"said": said, "refusals": refusals})
    for words, category in [(said, "message"), *((refusal, "error") for refusal in refusals)]:
        if words:
            flash(words, category)
    return redirect(local(request.form.get("back", "/orders")))


def _column(found: ColumnOfOrders, asked: dict[str, str], results: Mapping[UUID, Result]) -> ShownColumn:
    more = _url(asked | {"column": found.column.value}, form="list")
    cards = [shown_card(item, results.get(item.line.order.case_id)) for item in found.items[:PER_COLUMN]]
    return ShownColumn(found.column, cards, found.count, more)


def _alert(found: Board) -> str:
    if not found.late or found.longest_due is None:
        return ""
    return t("web.board.late", n=found.late, span=formats.span(now() - found.longest_due, language()))


def _list_page(session: Session, wanted: OrderFilter, asked: dict[str, str], shared: dict[str, Any]) -> str:
    items, following = order_list(
        runtime(), session, actor(), wanted, now(), after=request.args.get("after"), limit=PER_COLUMN * 2
    )
    next_url = _url(asked | {"after": following}, form="list") if following else None
    back = _url(asked, form="list")
    return page("orders.html", cards_shown=[shown_card(item) for item in items], next_url=next_url, back=back,
                may_assign=oversees(actor()), **shared)  # fmt: skip


_KEYS = ("department", "district", "who", "late", "column", "from", "until", "as")


def _asked() -> dict[str, str]:
    return {key: value for key in _KEYS if (value := request.args.get(key, "").strip()[:100])}


def _filter(asked: dict[str, str]) -> OrderFilter:
    """From an address; what cannot be read narrows nothing."""
    zone = site().settings.city_zone
    who, column = asked.get("who", ""), asked.get("column", "")
    return OrderFilter(
        department=asked.get("department", ""),
        district=asked.get("district", ""),
        who=UUID(who) if is_uuid(who) else None,
        free=who == "none",
        late=bool(asked.get("late")),
        column=Column(column) if column in set(Column) else None,
        due_from=day_from(asked.get("from"), zone),
        due_until=day_from(asked.get("until"), zone, days=1),
    )


def _url(asked: dict[str, str], *, form: str) -> str:
    kept = {key: value for key, value in asked.items() if key != "as"} | ({"as": form} if form else {})
    return "/orders" + (f"?{urlencode(kept)}" if kept else "")


def _choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    mine = actor().departments()
    wide = not OVERSIGHT.isdisjoint(actor().roles())
    codes = [each.code for each in city.departments(session) if wide or each.code in mine]
    return {
        "department": choices_of(codes) if len(codes) > 1 else [],
        "district": choices_of(each.code for each in city.districts(session, depth=1)),
    }


def _filters(
    session: Session, asked: dict[str, str], choices: dict[str, list[tuple[str, str]]]
) -> list[tuple[str, str, str]]:
    """What narrows the board, in words: name, value, the address without it."""
    shown = []
    for key in ("department", "district", "who", "late", "column", "from", "until"):
        if key not in asked:
            continue
        value = dict(choices.get(key, [])).get(asked[key], asked[key])
        if key == "who" and value == "none":
            value = t("web.inbox.free")
        elif key == "who":
            value = user_names(session, [UUID(value)]).get(UUID(value), "—") if is_uuid(value) else "—"
        elif key == "late":
            value = t("web.yes")
        elif key == "column":
            value = t(f"web.board.column.{value}")
        rest = {name: kept for name, kept in asked.items() if name != key}
        shown.append((t(f"web.board.filter.{key}"), value, _url(rest, form=asked.get("as", ""))))
    return shown


def _words() -> dict[str, str]:
    """Sentences for the island; {n}, {name} stay for it to fill."""
    keys = ("new", "moved", "moved_by", "not_offered", "none_late", "unreachable", "close", "interrupted")
    said = {key: t(f"web.board.js.{key}", n="{n}", name="{name}", deed="{deed}", at="{at}") for key in keys}
    deeds = ("sign", "report_back", "return", "extension")
    return waiting_words() | said | {f"deed.{deed}": t(f"web.board.deed.{deed}") for deed in deeds}
