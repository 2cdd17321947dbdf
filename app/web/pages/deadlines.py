"""The deadline board: what is late, falls due today or will soon, by department; supervisors remind many at once."""

from collections import defaultdict
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
from app.core.errors import CitydeskError, Invalid, NotFound
from app.core.http import language, site
from app.core.ids import derived_id, new_id
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.deadline_board import (
    Bucket,
    DeadlineFilter,
    DepartmentDeadlines,
    Reminded,
    deadline_ids,
    deadline_list,
    deadlines_by_department,
    reminded_by_hand,
)
from app.lifecycle.reminding import remind
from app.lifecycle.routes import runtime
from app.web import formats
from app.web.addresses import is_uuid
from app.web.formats import short_number
from app.web.names import choices_of
from app.web.order_cards import Card, shown_card
from app.web.pages.entrance import local
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.problems import sentence
from app.web.templating import t

ROWS = 50
MOST_REMINDED = 200
LONGEST_TEXT = 500
LOOKS = {Bucket.OVERDUE: "kpi--bad", Bucket.TODAY: "kpi--warn", Bucket.SOON: ""}
_KEYS = ("bucket", "department", "district")


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    card: Card
    reminded: Reminded | None


@blueprint.get("/deadlines")
@permits("figures.read")
def deadlines() -> str:
    """The whole city for a supervisor, the own department for its head."""
    asked, zone, at = _asked(), site().settings.city_zone, now()
    with site().sessions() as session:
        counted = deadlines_by_department(session, actor(), _filter(asked, "department", "district"), at, zone)
        items, following = deadline_list(
            runtime(), session, actor(), _filter(asked), at, after=request.args.get("after"), limit=ROWS
        )
        cards = [shown_card(item) for item in items]
        reminded = reminded_by_hand(session, [card.id for card in cards])
        choices = _choices(session)
    return page(
        "deadlines.html", islands=("deadlines",), asked=asked, query=urlencode(asked), command_id=new_id(),
        rows=[DeadlineRow(card, reminded.get(card.id)) for card in cards], departments=counted,
        kpis=_kpis(counted, asked), alert=_alert(counted), choices=choices, back=_url(asked), words=_words(),
        bucket_url=_bucket_url,
        next_url=_url(asked | {"after": following}) if following else None, may_remind=can(actor(), "order.remind"),
        later=bool(request.args.get("after")), any_url=_url({k: v for k, v in asked.items() if k != "bucket"}),
    )  # fmt: skip


@blueprint.get("/deadlines/pulse")
@permits("figures.read")
def deadlines_pulse() -> Response:
    """For a board that is open: its figures, and the orders that its first page would show now."""
    asked, zone, at = _asked(), site().settings.city_zone, now()
    with site().sessions() as session:
        counted = deadlines_by_department(session, actor(), _filter(asked, "department", "district"), at, zone)
        ids = deadline_ids(runtime(), session, actor(), _filter(asked), at, ROWS)
    return jsonify({"ids": [str(each) for each in ids], "counts": _counts(counted)})


@blueprint.post("/deadlines/reminders")
@permits("order.remind")
def remind_many() -> Response:
    """Remind the departments of the ticked orders. The page's command id makes a repeat harmless, order by order."""
    command, text = form_command_id(), request.form.get("text", "").strip()
    given = [each for each in request.form.getlist("order")[:MOST_REMINDED] if is_uuid(each)]
    if not text or len(text) > LONGEST_TEXT or not given:
        key = "web.deadlines.no_text" if given else "web.deadlines.none_chosen"
        return _answer(0, {t(key, most=LONGEST_TEXT): []})
    done, refused = 0, defaultdict[str, list[str]](list)
    for order_id in dict.fromkeys(map(UUID, given)):
        number = "—"
        try:
            with site().sessions() as session:
                order = order_by_id(session, order_id)
            if not may_read_order(actor(), order):
                raise NotFound("cases.order_unknown")
            number = short_number(order.order_no)
            remind(runtime(), order_id, text=text, actor=actor(), command_id=derived_id(command, order_id))
            done += 1
        except CitydeskError as error:
            refused[sentence(error)].append(number)
    return _answer(done, refused)


def _answer(done: int, refused: dict[str, list[str]]) -> Response:
    if done:
        flash(t("web.deadlines.reminded", n=done))
    for reason, numbers in refused.items():
        shown = t("web.and").join(numbers)
        flash(t("web.inbox.refused", n=len(numbers), reason=reason, numbers=shown) if numbers else reason, "error")
    return redirect(local(request.form.get("back", "/deadlines")), 303)


def _asked() -> dict[str, str]:
    asked = {key: value for key in _KEYS if (value := request.args.get(key, "").strip()[:100])}
    if asked.get("bucket", Bucket.OVERDUE) not in set(Bucket):
        raise Invalid("core.keyset")
    return asked


def _filter(asked: dict[str, str], *only: str) -> DeadlineFilter:
    kept = {key: asked.get(key, "") for key in only or _KEYS}
    bucket = kept.pop("bucket", "")
    return DeadlineFilter(**kept, bucket=Bucket(bucket) if bucket else None)


def _url(asked: dict[str, str]) -> str:
    return "/deadlines" + (f"?{urlencode(asked)}" if asked else "")


def _bucket_url(department: str, bucket: str) -> str:
    return _url({"department": department, "bucket": bucket})


def _counts(counted: list[DepartmentDeadlines]) -> dict[str, int]:
    figures = {Bucket.OVERDUE: "overdue", Bucket.TODAY: "today", Bucket.SOON: "soon"}
    found = {bucket.value: sum(getattr(each, name) for each in counted) for bucket, name in figures.items()}
    for each in counted:
        found |= {f"{each.department}.{bucket}": getattr(each, name) for bucket, name in figures.items()}
    return found


def _kpis(counted: list[DepartmentDeadlines], asked: dict[str, str]) -> list[tuple[str, int, str, str, bool]]:
    """(bucket, figure, address, look, chosen)."""
    figures = _counts(counted)
    return [
        (bucket.value, figures[bucket.value], _url(asked | {"bucket": bucket.value}),
         look if figures[bucket.value] else "", asked.get("bucket") == bucket)
        for bucket, look in LOOKS.items()
    ]  # fmt: skip


def _alert(counted: list[DepartmentDeadlines]) -> str:
    """What must not be overlooked: how many are late, the longest, and whose that is."""
    late = [each for each in counted if each.longest_due is not None]
    if not late:
        return ""
    worst = min(late, key=lambda each: each.longest_due or now())
    span = formats.span(now() - (worst.longest_due or now()), language())
    name = dict(choices_of([worst.department]))[worst.department]
    return t("web.deadlines.alarm", n=sum(each.overdue for each in late), span=span, department=name)


def _choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    mine = actor().departments()
    codes = [each.code for each in city.departments(session) if not mine or each.code in mine]
    return {
        "department": choices_of(codes) if len(codes) > 1 else [],
        "district": choices_of(each.code for each in city.districts(session, depth=1)),
    }


def _words() -> dict[str, Any]:
    """Sentences for the island; {n} and {at} stay for it to fill."""
    keys = ("selected", "new", "moved", "interrupted")
    return {key: t(f"web.deadlines.js.{key}", n="{n}", at="{at}") for key in keys}
