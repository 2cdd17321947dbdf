"""What an instance is about: the case, or one order of it."""

from typing import Any

from sqlalchemy.orm import Session

from app.cases.models import CaseFile, WorkOrder
from app.core.errors import NotFound
from app.core.i18n import has_text
from app.workflow import OnInstance

CASE = "case"
ORDER = "order"


def order_of(session: Session, on: OnInstance) -> WorkOrder | None:
    """The order whose instance this is; None for a case's own instance."""
    if on.subject_kind != ORDER:
        return None
    order = session.get(WorkOrder, on.subject_id)
    if order is None:
        raise NotFound("cases.order_unknown")
    hold(session, order)
    return order


def case_of(session: Session, on: OnInstance) -> CaseFile:
    """The case this instance belongs to, directly or as one of its orders. Raises NotFound."""
    order = order_of(session, on)
    case = session.get(CaseFile, order.case_id if order else on.subject_id)
    if case is None:
        raise NotFound("cases.unknown")
    hold(session, case)
    return case


def hold(session: Session, row: CaseFile | WorkOrder) -> None:
    """A session forgets rows nobody holds: keep what one command's operations ask for again and again."""
    session.info.setdefault("lifecycle.held", {})[row.id] = row


def said(value: Any, fallback: str = "") -> str:
    """An input mapping's text; FEEL gives null where a field was left empty."""
    return fallback if value is None else str(value)


def reason_key(code: str) -> str:
    """Diagrams give reasons as codes; a code that has a text is said in the reader's language."""
    key = f"enum.Reason.{code}"
    return key if has_text(key) else code


def persons_reason(on: OnInstance) -> str | None:
    """What the person wrote who asked for this (a withdrawal); it goes to the erasable part of the history."""
    reason = on.command.content.get("reason")
    if reason:
        on.change("reason", None, str(reason), personal=True)
    return str(reason) if reason else None
