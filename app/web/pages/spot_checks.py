"""Spot checks: drawing a sample, making a check, the department's own with its appeal, the leader's decision."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from uuid import UUID

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city
from app.cases.models import CaseFile, WorkOrder
from app.cases.routes import now, today
from app.core.db import transaction
from app.core.errors import CitydeskError, Invalid
from app.core.http import language, site
from app.core.ids import new_id
from app.documents import documents_of
from app.identity import can
from app.identity.guard import actor, permits
from app.lifecycle.routes import runtime
from app.supervision import spot_checks, spot_samples
from app.supervision.spot_queries import (
    View,
    check_by_id,
    checks_in,
    checks_of_sample,
    sample_by_id,
    samples_of,
    scope_of_check,
)
from app.web.names import choices_of
from app.web.pages.frame import blueprint, form_command_id, page
from app.web.problems import sentence
from app.web.templating import t

PERIOD = timedelta(days=30)


@blueprint.get("/spot-checks")
@permits("spotcheck.read")
def spot_check_list() -> str:
    """Supervisors draw and make them, leaders decide appeals, departments see what was found with them."""
    may_draw = can(actor(), "spotcheck.draw")
    asked = request.args.get("view", "")
    view: View = next((each for each in get_args(View) if each == asked), _first_view())
    with site().sessions() as session:
        lines = checks_in(session, actor(), view)
        samples = samples_of(session) if may_draw or can(actor(), "audit.read") else []
        departments = choices_of(each.code for each in city.departments(session)) if may_draw else []
    return page(
        "spot_checks.html", lines=lines, view=view, views=_views(), samples=samples, departments=departments,
        may_draw=may_draw, command_id=new_id(), first_day=today() - PERIOD, last_day=today(), most=spot_samples.MOST,
    )  # fmt: skip


@blueprint.post("/spot-checks/samples")
@permits("spotcheck.draw")
def draw_sample() -> Response:
    try:
        with transaction(site().sessions) as session:
            sample = spot_samples.draw_sample(
                session, _wanted(), actor=actor(), now=now(), zone=site().settings.city_zone,
                command_id=form_command_id(),
            )  # fmt: skip
            address = f"/spot-checks/samples/{sample.id}"
    except CitydeskError as error:
        flash(sentence(error), "error")
        return redirect("/spot-checks")
    return redirect(address)


@blueprint.get("/spot-checks/samples/<uuid:sample_id>")
@permits("spotcheck.draw")
def spot_sample(sample_id: UUID) -> str:
    """The sample, and whether drawing it again gives the same."""
    with site().sessions() as session:
        sample = sample_by_id(session, sample_id)
        lines = checks_of_sample(session, sample_id, actor())
        again = spot_samples.redraw(session, sample, site().settings.city_zone)
    return page("spot_sample.html", sample=sample, lines=lines, again=again)


@blueprint.get("/spot-checks/<uuid:check_id>")
@permits("spotcheck.read")
def spot_check(check_id: UUID) -> str:
    with site().sessions() as session:
        check = check_by_id(session, check_id, actor())
        scope = scope_of_check(check)
        makes = check.state == "OPEN" and can(actor(), "spotcheck.draw", scope)
        criteria = spot_checks.criteria_of(runtime(), session, check) if makes else []
        order = session.get_one(WorkOrder, check.order_id)
        case_no, summary = _case(session, check.case_id)
        photos = documents_of(session, [order.id])
    appeals = check.state == "CHECKED" and bool(check.deduction) and can(actor(), "spotcheck.appeal", scope)
    return page(
        "spot_check.html", check=check, order=order, case_no=case_no, summary=summary, photos=photos,
        criteria=criteria, makes=makes, lang=language(), verdicts=spot_checks.VERDICTS,
        decisions=spot_checks.DECISIONS, command_id=new_id(),
        appeals=appeals and (check.appeal_until is None or now() <= check.appeal_until),
        decides=check.state == "APPEALED" and can(actor(), "spotcheck.decide", scope),
    )  # fmt: skip


@blueprint.post("/spot-checks/<uuid:check_id>/result")
@permits("spotcheck.draw")
def record_check(check_id: UUID) -> Response:
    verdicts = {
        key.removeprefix("verdict."): value for key, value in request.form.items() if key.startswith("verdict.")
    }
    return _done(check_id, "web.spot.recorded", lambda session: spot_checks.record_check(
        runtime(), session, check_id, verdicts, request.form.get("note", ""), actor=actor(), now=now(),
        command_id=form_command_id(),
    ))  # fmt: skip


@blueprint.post("/spot-checks/<uuid:check_id>/appeal")
@permits("spotcheck.appeal")
def appeal_check(check_id: UUID) -> Response:
    return _done(check_id, "web.spot.appealed", lambda session: spot_checks.appeal(
        session, check_id, request.form.get("text", ""), actor=actor(), now=now(), command_id=form_command_id()
    ))  # fmt: skip


@blueprint.post("/spot-checks/<uuid:check_id>/decision")
@permits("spotcheck.decide")
def decide_check(check_id: UUID) -> Response:
    return _done(check_id, "web.spot.decided", lambda session: spot_checks.decide_appeal(
        session, check_id, request.form.get("decision", ""), request.form.get("text", ""),
        _points(request.form.get("left", "")), actor=actor(), now=now(), command_id=form_command_id(),
    ))  # fmt: skip


def _done(check_id: UUID, said: str, deed: Callable[[Session], Any]) -> Response:
    """A refusal is said on the page, with the words that were typed."""
    try:
        with transaction(site().sessions) as session:
            deed(session)
        flash(t(said))
    except CitydeskError as error:
        typed = (request.form.get("text") or request.form.get("note") or "").strip()
        flash(f"{sentence(error)} {t('web.supervision.kept', text=typed) if typed else ''}".strip(), "error")
    return redirect(f"/spot-checks/{check_id}")


def _wanted() -> spot_samples.Draw:
    """Raises Invalid."""
    form = request.form
    try:
        first, last = date.fromisoformat(form["first_day"]), date.fromisoformat(form["last_day"])
        size = int(form["size"])
    except (KeyError, ValueError):
        raise Invalid("supervision.check.days") from None
    return spot_samples.Draw(
        first, last, size, form.get("department") or None, spot_samples.district_of(actor())
    )  # fmt: skip


def _points(written: str) -> Decimal | None:
    try:
        return Decimal(written) if written else None
    except InvalidOperation:
        return None


def _views() -> list[View]:
    views: list[View] = ["done"]
    if can(actor(), "spotcheck.decide") or can(actor(), "spotcheck.draw"):
        views = ["appealed", *views]
    return ["open", *views] if can(actor(), "spotcheck.draw") else views


def _first_view() -> View:
    return _views()[0]


def _case(session: Session, case_id: UUID) -> tuple[str, str]:
    case = session.get_one(CaseFile, case_id)
    return case.case_no or "", case.incident_summary
