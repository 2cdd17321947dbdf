"""What one command knows of its case: each part is read once, and what is new is written at the end, in one go.

The operations of a command ask for the same rows again and again. While the command holds its instance's lock nobody
else changes what it reads here, so one look is enough; and rows that are inserted last carry their numbers at once."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.cases.actions import new_fact
from app.cases.enums import FactKind
from app.cases.models import CaseFile, ProcessingForm, Registration, ReturnVisit, StageTime, TimeLimit, WorkOrder
from app.cases.queries import reports_of
from app.core.db import Base
from app.core.errors import NotFound
from app.lifecycle.subject import ORDER
from app.workflow import OnInstance

Row = TypeVar("Row", bound=Base)

_OPEN = "lifecycle.dossiers"
_PARENTS = (CaseFile, Registration, ProcessingForm, WorkOrder)
"""Others refer to these: they are inserted first, in this order."""


class Dossier:
    """A case and what belongs to it, as one command sees it. Its lists hold what the command added, too."""

    def __init__(self, session: Session, case: CaseFile, owner: UUID) -> None:
        self.session, self.case, self.owner = session, case, owner
        self.known_orders: dict[UUID, WorkOrder] = {}
        """Orders whose instances this command moves: the one it is about, and those it makes."""
        self._new: list[Base] = []
        self._subjects: dict[UUID, Dossier] = session.info.setdefault(_OPEN, {})
        self._subjects[case.id] = self

    @cached_property
    def registration(self) -> Registration:
        """The report that made the case."""
        return self.registrations[0]

    @cached_property
    def registrations(self) -> list[Registration]:
        """Every caller's report that the case answers: its own, the oldest first, then those of merged cases."""
        return self._read(_reports(self.case.id))

    @cached_property
    def orders(self) -> list[WorkOrder]:
        """Every order of the case, in the order of their numbers."""
        return self._read(select(WorkOrder).where(WorkOrder.case_id == self.case.id).order_by(WorkOrder.dispatched_at))

    @cached_property
    def limits(self) -> list[TimeLimit]:
        """Every limit of the case and its orders, the oldest first."""
        query = select(TimeLimit).where(TimeLimit.case_id == self.case.id)
        return self._read(query.order_by(TimeLimit.started_at, TimeLimit.id))

    @cached_property
    def stays(self) -> list[StageTime]:
        return self._read(select(StageTime).where(StageTime.case_id == self.case.id).order_by(StageTime.no))

    @cached_property
    def visits(self) -> list[ReturnVisit]:
        return self._read(select(ReturnVisit).where(ReturnVisit.case_id == self.case.id).order_by(ReturnVisit.at))

    def open_orders(self) -> list[WorkOrder]:
        """Those that no department has ended yet."""
        return [order for order in self.orders if order.ended_at is None]

    def running_limits(self, order: WorkOrder | None) -> list[TimeLimit]:
        """Of one order, or of the case itself; the youngest last."""
        order_id = order.id if order else None
        return [limit for limit in self.limits if limit.order_id == order_id and limit.ended_at is None]

    def unnumbered_forms(self) -> list[ProcessingForm]:
        return [row for row in self._new if isinstance(row, ProcessingForm) and row.processing_no is None]

    def add(self, row: Base) -> None:
        """A new row; it is inserted by `save`."""
        if (kept := _LISTS.get(type(row))) is not None:
            getattr(self, kept).append(row)
        if isinstance(row, WorkOrder):
            self.know(row)
        self._new.append(row)

    def fact(
        self, kind: FactKind, on: OnInstance, *, reason: str | None = None, text: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Something became true of the case by this command."""
        self.add(new_fact(self.case, kind, actor=on.actor, now=on.now, reason=reason, text=text, body=body))

    def added(self, kind: type[Row]) -> list[Row]:
        """Rows of this kind that the command has made so far."""
        return [row for row in self._new if isinstance(row, kind)]

    def know(self, order: WorkOrder) -> None:
        self.known_orders[order.id] = order
        self._subjects[order.id] = self

    def save(self) -> None:
        """Write what is new, parents first, and what has changed."""
        for parent in _PARENTS:
            if rows := [row for row in self._new if isinstance(row, parent)]:
                self.session.add_all(rows)
                self.session.flush()
        self.session.add_all(self._new)
        self._new.clear()
        self.session.flush()

    def _read(self, query: Any) -> list[Any]:
        """Nothing new is in the session yet that the query would have to find."""
        with self.session.no_autoflush:
            return list(self.session.scalars(query))


_LISTS: dict[type[Base], str] = {
    WorkOrder: "orders", TimeLimit: "limits", StageTime: "stays", ReturnVisit: "visits",
}  # fmt: skip


def _reports(case_id: UUID) -> Select[Any]:
    query = select(Registration).where(Registration.id.in_(reports_of(case_id)))
    return query.order_by(Registration.case_id != case_id, Registration.created_at, Registration.id)


def new_dossier(session: Session, case: CaseFile, registration: Registration) -> Dossier:
    """Of a case that this command makes: there is nothing to read."""
    dossier = Dossier(session, case, case.instance_id)
    dossier.registrations = [registration]
    dossier.orders, dossier.limits, dossier.stays, dossier.visits = [], [], [], []
    dossier.add(case)
    dossier.add(registration)
    return dossier


def dossier_of(session: Session, on: OnInstance) -> Dossier:
    """The dossier of the case this instance belongs to, directly or as one of its orders. Raises NotFound."""
    known: dict[UUID | None, Dossier] = session.info.get(_OPEN, {})
    return known.get(on.subject_id) or _opened(session, on)


def case_of(session: Session, on: OnInstance) -> CaseFile:
    """Raises NotFound."""
    return dossier_of(session, on).case


def order_of(session: Session, on: OnInstance) -> WorkOrder | None:
    """The order whose instance this is; None for a case's own instance."""
    return dossier_of(session, on).known_orders[on.subject_id] if on.subject_kind == ORDER and on.subject_id else None


def _opened(session: Session, on: OnInstance) -> Dossier:
    if on.subject_kind != ORDER:
        assert on.subject_id is not None
        of_case = _reports(on.subject_id).add_columns(CaseFile).join(CaseFile, CaseFile.id == on.subject_id)
        found = session.execute(of_case).all()
        if not found:
            raise NotFound("cases.unknown")
        dossier = Dossier(session, found[0][1], on.instance_id)
        dossier.registrations = [registration for registration, _ in found]
        return dossier
    of_order = select(WorkOrder, CaseFile).join(CaseFile, CaseFile.id == WorkOrder.case_id)
    row = session.execute(of_order.where(WorkOrder.id == on.subject_id)).one_or_none()
    if row is None:
        raise NotFound("cases.order_unknown")
    order, case = row
    dossier = Dossier(session, case, on.instance_id)
    dossier.know(order)
    return dossier
