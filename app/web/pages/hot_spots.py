"""Hot spots, difficulties and focuses for leaders and offices, and the list that a leader makes public (V10)."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from app import city
from app.cases.routes import now, today
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import key_of, keyset, language, site
from app.core.ids import new_id
from app.identity import can
from app.identity.guard import actor, permits, public
from app.reports import bulletins
from app.reports.figures import Span
from app.reports.hot_spots import LEAST, Spot, SpotKind, hot_spots
from app.reports.models import HotSpotBulletin
from app.web.names import choices_of, names
from app.web.pages.dashboard import cases_url
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.problems import sentence
from app.web.templating import t

PERIODS = (7, 30, 90)
"""Days that end today."""
USUAL = 30


@blueprint.get("/hot-spots")
@permits("figures.read")
def spots() -> str:
    days, kind = _days(), _kind()
    span = _span(days)
    district, category = request.args.get("district", ""), request.args.get("category", "")
    with site().sessions() as session:
        matters = city.categories(session)
        topics = [each.code for each in matters if category in (each.code, each.parent)] if category else []
        found = hot_spots(session, actor(), span, district=district, topics=topics, kind=kind)
        public_ones = _publishable(found)
        districts = choices_of(each.code for each in city.districts(session, depth=1))
    return page(
        "hot_spots.html", found=found, span=span, days=days, periods=PERIODS, kind=kind.value,
        kinds=[each.value for each in SpotKind], district=district, category=category, districts=districts,
        categories=choices_of(each.code for each in matters if each.parent is None), place=_place, least=LEAST,
        urls={_key(spot): cases_url(span, topic=spot.topic, district=spot.district) for spot in found},
        publishable=public_ones, key=_key, view_url=_view_url, command_id=new_id(),
    )  # fmt: skip


@blueprint.post("/hot-spots/bulletins")
@permits("hotspots.publish")
def publish_bulletin() -> Response:
    days = _days()
    keys = [tuple(key.split("|", 1)) for key in request.form.getlist("spot") if "|" in key]
    try:
        with transaction(site().sessions) as session:
            bulletins.publish(
                session, _span(days), keys, request.form.get("text", ""), actor=actor(), now=now(),  # type: ignore[arg-type]
                command_id=form_command_id(),
            )  # fmt: skip
    except CitydeskError as error:
        flash(sentence(error), "error")
        return redirect(f"/hot-spots?{urlencode({'days': days})}")
    flash(t("web.hot.published"))
    return redirect("/hot-spots/bulletins")


@blueprint.get("/hot-spots/bulletins")
@permits("figures.read")
def bulletin_list() -> str:
    """What was made public, and what was taken back."""
    with site().sessions() as session:
        rows = bulletins.all_bulletins(session, after=keyset(request.args.get("after")))
    return page(
        "hot_spot_bulletins.html", rows=rows, may_withdraw=can(actor(), "hotspots.publish"), lang=language(),
        next_url=_next("/hot-spots/bulletins", rows),
    )  # fmt: skip


@blueprint.post("/hot-spots/bulletins/<uuid:bulletin_id>/withdrawal")
@permits("hotspots.publish")
def withdraw_bulletin(bulletin_id: UUID) -> Response:
    try:
        with transaction(site().sessions) as session:
            bulletins.withdraw(session, bulletin_id, actor=actor(), now=now())
    except CitydeskError as error:
        flash(sentence(error), "error")
    else:
        flash(t("web.hot.withdrawn"))
    return redirect("/hot-spots/bulletins")


@blueprint.get("/public/hot-spots")
@public
def public_hot_spots() -> str:
    """For citizens and the media: nobody signs in, and nothing here tells of a person or a case."""
    with site().sessions() as session:
        rows = bulletins.public_bulletins(session, after=keyset(request.args.get("after")))
    return page("public_hot_spots.html", rows=rows, lang=language(), next_url=_next("/public/hot-spots", rows))


def _publishable(found: list[Spot]) -> set[tuple[str, str]]:
    return {_key(spot) for spot in found if spot.public >= LEAST}


def _key(spot: Spot) -> tuple[str, str]:
    return spot.topic, spot.district


def _place(spot: Spot) -> str:
    """The district, and the street in it."""
    parts = spot.district.split("/")
    paths = ["/".join(parts[:depth]) for depth in range(min(2, len(parts)), len(parts) + 1)]
    return " · ".join(names().district(path) for path in paths)


def _days() -> int:
    asked = request.values.get("days", "")
    return int(asked) if asked.isdecimal() and int(asked) in PERIODS else USUAL


def _kind() -> SpotKind:
    asked = request.args.get("kind", "")
    return SpotKind(asked) if asked in list(SpotKind) else SpotKind.HOT


def _span(days: int) -> Span:
    return Span(today() - timedelta(days=days - 1), today())


def _view_url(**changed: object) -> str:
    """This page with another choice."""
    held = {name: request.args.get(name, "") for name in ("days", "kind", "district", "category")} | changed
    return "/hot-spots?" + urlencode({name: value for name, value in held.items() if value})


def _next(path: str, rows: list[HotSpotBulletin]) -> str | None:
    if len(rows) < bulletins.PAGE:
        return None
    return f"{path}?" + urlencode({"after": key_of(rows[-1].published_at, rows[-1].id)})
