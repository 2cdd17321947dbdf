"""Numbers are given last, when the engine has moved and only the writing is left, so that their counters stay locked
for the shortest time; a rollback gives them back (W14)."""

from datetime import tzinfo

from sqlalchemy.orm import Session

from app.cases import numbers
from app.cases.actions import number_case
from app.cases.enums import ProcessingMethod
from app.lifecycle.dossier import Dossier, dossier_of
from app.lifecycle.subject import CASE, ORDER
from app.workflow import OnInstance


def number_now(dossier: Dossier, on: OnInstance, zone: tzinfo) -> None:
    """For a case that is registered and dispatched by one command: its orders' numbers need the case's."""
    if dossier.case.case_no is None:
        number_case(dossier.session, dossier.case, dossier.registration, on, zone)


def give_numbers(session: Session, on: OnInstance, zone: tzinfo) -> None:
    """Number the case and the processing forms this command made, and write what its dossier gathered. An order that
    is started by its case's command is written with it."""
    if on.subject_kind not in (CASE, ORDER):
        return
    dossier = dossier_of(session, on)
    if dossier.owner != on.instance_id:
        return
    number_now(dossier, on, zone)
    for form in dossier.unnumbered_forms():
        form.processing_no = numbers.next_processing_no(session, ProcessingMethod(form.method), on.now, zone)
        on.change("processing_no", None, form.processing_no)
    dossier.save()
