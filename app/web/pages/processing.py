"""How to proceed with a report, chosen while it is registered: the processing form over the registration form, and what
was done with it (P01-P07)."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, request

from app.core.errors import CitydeskError, Invalid
from app.core.http import language, site
from app.identity import Role, group_labels
from app.identity.guard import actor, permits
from app.lifecycle.form_view import shown_form
from app.lifecycle.proceeding import ANSWER, offered, proceed, processing_form
from app.lifecycle.routes import runtime
from app.web.pages.frame import blueprint
from app.web.problems import sentence
from app.web.templating import label, t


@blueprint.post("/registrations/processing")
@permits("case.register")
def offer_processing() -> Any:
    """What the processing form begins with for this report, which is still being written."""
    body = request.get_json()
    values, method = (body.get("values"), body.get("method")) if isinstance(body, dict) else (None, None)
    if not isinstance(values, dict) or not isinstance(method, str):
        raise Invalid("web.form.unreadable")
    with site().sessions() as session:
        return jsonify({"values": offered(runtime(), session, values, method)})


def processing_island() -> dict[str, Any]:
    """The deployed processing form in the reader's language, filled when it is opened."""
    with site().sessions() as session:
        return {"schema": shown_form(processing_form(runtime(), session), language()), "values": {}}


def decides() -> bool:
    """Whether what this person chooses is done at once; else the shift supervisor decides."""
    return Role.SHIFT_SUPERVISOR.value in group_labels(actor())


def chosen_processing() -> dict[str, Any] | None:
    """The processing form's values as the page sent them. Raises Invalid."""
    given = request.get_json().get("processing")
    if given is not None and not isinstance(given, dict):
        raise Invalid("web.form.unreadable")
    return given or None


def go_on(case_id: UUID, processing: dict[str, Any], command_id: UUID) -> None:
    """The report is saved, whatever comes of this; what could not be done stands as a task and is said."""
    method = t("web.answer.method") if processing.get("method") == ANSWER else _method(processing)
    try:
        number = proceed(runtime(), case_id, processing, actor=actor(), command_id=command_id)
    except CitydeskError as error:
        flash(t("web.processing.stopped", why=sentence(error)), "error")
        return
    if processing.get("method") == ANSWER:
        flash(t("web.answer.done" if decides() else "web.processing.proposed", method=method))
    elif number:
        flash(t("web.processing.done", method=method, number=number))
    else:
        flash(t("web.processing.under_way" if decides() else "web.processing.proposed", method=method))


def _method(processing: dict[str, Any]) -> str:
    return label("ProcessingMethod", str(processing.get("method")))
