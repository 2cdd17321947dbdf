"""Numbers are given last, when the engine has moved and only the write is left, so that their counters stay locked
for the shortest time; a rollback gives them back (W14)."""

from datetime import tzinfo

from sqlalchemy.orm import Session

from app.cases import numbers
from app.cases.actions import first_registration, number_case
from app.cases.enums import ProcessingMethod
from app.cases.models import CaseFile, ProcessingForm
from app.lifecycle.subject import CASE
from app.workflow import OnInstance

_WAITING = "lifecycle.forms_without_number"


def number_form_later(session: Session, form: ProcessingForm) -> None:
    session.info.setdefault(_WAITING, []).append(form)


def number_now(session: Session, case: CaseFile, on: OnInstance, zone: tzinfo) -> None:
    """For a case that is registered and dispatched by one command: its orders' numbers need the case's."""
    if case.case_no is None:
        number_case(session, case, first_registration(session, case.id), on, zone)


def give_numbers(session: Session, on: OnInstance, zone: tzinfo) -> None:
    """Number the case and the processing forms this transaction made."""
    if on.subject_kind != CASE:
        return
    case = session.get(CaseFile, on.subject_id)
    if case is not None:
        number_now(session, case, on, zone)
    for form in session.info.pop(_WAITING, ()):
        if form in session:  # not one of an attempt that was rolled back
            form.processing_no = numbers.next_processing_no(session, ProcessingMethod(form.method), on.now, zone)
            on.change("processing_no", None, form.processing_no)
    session.flush()
