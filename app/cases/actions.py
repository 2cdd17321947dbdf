"""What is written about cases. Called inside the caller's transaction; nothing here commits."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import numbers
from app.cases.enums import (
    CaseStage,
    CaseStatus,
    Channel,
    FactKind,
    IncidentSource,
    MatterKind,
    Origin,
    ReplyWish,
    ServiceType,
    Urgency,
)
from app.cases.form_fields import FIXED, FORM_WRITABLE, ROUTING, Home, NotInList, read, shown
from app.cases.models import CaseFact, CaseFile, Registration, WorkOrder
from app.core.errors import Invalid
from app.core.ids import new_id
from app.identity import Actor


class Recorder(Protocol):
    """Collects what one command changes; it becomes part of that command's history row."""

    def change(self, field: str, old: object, new: object, *, personal: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Received:
    """How a report came in: the command that saves it, who saves it, when and where."""

    command_id: UUID
    actor: Actor
    now: datetime
    zone: tzinfo
    machine_made: bool = False


REGISTRATION_DEFAULTS: Mapping[str, str] = {
    "channel": Channel.PHONE,
    "incident_source": IncidentSource.PUBLIC,
    "reply_wish": ReplyWish.PHONE,
    "service_type": ServiceType.INCIDENT_REPORTING,
    "kind": MatterKind.EVENT,
    "urgency": Urgency.NORMAL,
    "category": "OTHERS",
}


def content_hash(values: Mapping[str, Any], actor: Actor) -> bytes:
    """Same person and same content give the same hash: how a repeated command is told from a clash of ids."""
    content = orjson.dumps([str(actor.id), values], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(content).digest()


def open_case(values: Mapping[str, Any], received: Received, default_district: str) -> tuple[CaseFile, Registration]:
    """A registration and its case NOT_PROCESSED, still without numbers: `number_case` gives them last, and the caller
    inserts them then.

    `values` are the registration form's. Raises Invalid for a value outside its closed list."""
    values = {**REGISTRATION_DEFAULTS, "reported_at": received.now, **_filled(values)}
    parts = _sort_out(values, received.zone)
    case_id = new_id()
    case = CaseFile(
        id=case_id,
        instance_id=case_id,
        earlier_instances=[],
        status=CaseStatus.NOT_PROCESSED,
        stage=CaseStage.REPORTING,
        origin=_origin(values),
        machine_made=received.machine_made,
        district=values.get("district") or default_district,
        confidential=bool(values.get("confidential", False)),
        registered_at=received.now,
        custom=parts.custom,
        departments=[],
        round=0,
        rework_count=0,
        reopen_count=0,
        **{"incident_summary": "", "detailed_content": "", "address": "", **parts.attributes["case"]},
    )
    registration = Registration(
        id=new_id(),
        case_id=case_id,
        command_id=received.command_id,
        command_hash=content_hash(values, received.actor) if not received.machine_made else b"",
        duty_staff=received.actor.id,
        duty_staff_name=received.actor.name,
        created_at=received.now,
        **parts.attributes["registration"],
    )
    return case, registration


def record_opening(case: CaseFile, registration: Registration, on: Recorder) -> None:
    """The report as it was first saved, attribute by attribute, for the first row of its history."""
    rows: Mapping[str, CaseFile | Registration] = {"case": case, "registration": registration}
    for key, attribute in FORM_WRITABLE.items():
        row = rows.get(attribute.home)
        value = getattr(row, attribute.column or key) if row is not None else None
        if value not in (None, ""):
            on.change(key, None, shown(value), personal=attribute.personal)
    for key in ("district", "origin", "confidential"):
        on.change(key, None, getattr(case, key))
    for key, value in case.custom.items():
        on.change(f"custom.{key}", None, value, personal=key not in ROUTING)


def number_case(session: Session, case: CaseFile, registration: Registration, on: Recorder, zone: tzinfo) -> None:
    """Give both their numbers. The counters' rows stay locked until the transaction ends: call it last (W14)."""
    if case.case_no is None:
        case.case_no, registration.acceptance_no = numbers.next_case_numbers(session, case.registered_at, zone)
        on.change("case_no", None, case.case_no)
        on.change("acceptance_no", None, registration.acceptance_no)


def apply_form(
    case: CaseFile, registration: Callable[[], Registration], values: Mapping[str, Any], on: Recorder, zone: tzinfo,
    order: WorkOrder | None = None,
) -> None:  # fmt: skip
    """Write a task's form to the case: attributes in FORM_WRITABLE to their places, other keys to `custom` (of the
    order, for an order's task). `values` hold only fields that the task's deployed form declares and enables.

    Each change is recorded with its old value, personal ones in the erasable detail. Raises Invalid."""
    parts = _sort_out(values, zone)
    _write(case, parts.attributes["case"], on)
    if parts.attributes["registration"]:
        _write(registration(), parts.attributes["registration"], on)
    if order is not None:
        _write(order, parts.attributes["order"], on)
    holder = order if order is not None else case
    changed = {key: value for key, value in parts.custom.items() if holder.custom.get(key) != value}
    for key, value in changed.items():
        on.change(f"custom.{key}", holder.custom.get(key), value, personal=key not in ROUTING)
    if changed:
        holder.custom = {**holder.custom, **changed}


def complete_registration(
    case: CaseFile, registration: Callable[[], Registration], values: Mapping[str, Any], on: Recorder, zone: tzinfo
) -> None:
    """An agent completes what a machine registered: the only task that may still set origin, district and
    confidentiality, and only before the case is filed."""
    if case.filed_at is not None:
        raise Invalid("cases.already_filed", case_no=case.case_no)
    given = _filled(values)
    if district := given.get("district"):
        _set(case, "district", str(district), on)
    if "confidential" in given:
        _set(case, "confidential", bool(given["confidential"]), on)
    _set(case, "origin", _origin({"origin": case.origin, **given}), on)
    apply_form(case, registration, values, on, zone)


def new_fact(
    case: CaseFile, kind: FactKind, *, actor: Actor, now: datetime, reason: str | None = None,
    text: str | None = None, body: Mapping[str, Any] | None = None,
) -> CaseFact:  # fmt: skip
    """Something became true of the case; the caller adds the row. `reason` is a code or short; `text` what a person
    wrote."""
    return CaseFact(
        id=new_id(), case_id=case.id, kind=kind, at=now, actor=actor.id, actor_name=actor.name, reason=reason or None,
        text=text or None, body=dict(body or {}),
    )  # fmt: skip


def end_case(case: CaseFile, status: CaseStatus, outcome: str, on: Recorder, now: datetime) -> None:
    """Close or void. The dated fact is the caller's to record."""
    on.change("status", case.status, status.value)
    case.status, case.outcome, case.ended_at = status, outcome, now


def first_registration(session: Session, case_id: UUID) -> Registration:
    """The report that made the case."""
    query = select(Registration).where(Registration.case_id == case_id).order_by(Registration.created_at).limit(1)
    return session.scalars(query).one()


@dataclass(frozen=True, slots=True)
class _Parts:
    attributes: Mapping[Home, dict[str, Any]]
    custom: dict[str, Any]


def _sort_out(values: Mapping[str, Any], zone: tzinfo) -> _Parts:
    """Each key to its home. Raises Invalid, naming every field that does not hold."""
    parts = _Parts({"case": {}, "registration": {}, "order": {}}, {})
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    for key, value in values.items():
        attribute = FORM_WRITABLE.get(key)
        if attribute is None:
            if key not in FIXED and not key.startswith("_"):
                parts.custom[key] = value
            continue
        try:
            known = read(attribute, value, zone)
        except NotInList:
            wrong[key] = ("cases.not_in_list", {"value": str(value)})
            continue
        if known is not None or not attribute.required:
            parts.attributes[attribute.home][attribute.column or key] = known
    if wrong:
        raise Invalid("cases.values_wrong", wrong)
    return parts


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None and value != ""}


def _origin(values: Mapping[str, Any]) -> str:
    origin = values.get("origin", Origin.PUBLIC_HOTLINE)
    try:
        return Origin(origin).value
    except ValueError:
        raise Invalid("cases.values_wrong", {"origin": ("cases.not_in_list", {"value": str(origin)})}) from None


def _write(row: CaseFile | Registration | WorkOrder, values: Mapping[str, Any], on: Recorder) -> None:
    for key, value in values.items():
        _set(row, key, value, on, personal=FORM_WRITABLE[key].personal)


def _set(
    row: CaseFile | Registration | WorkOrder, key: str, value: Any, on: Recorder, *, personal: bool = False
) -> None:
    old = getattr(row, key)
    if old != value:
        setattr(row, key, value)
        on.change(key, shown(old), shown(value), personal=personal)
