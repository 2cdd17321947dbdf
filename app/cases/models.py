"""Tables of the case: registration, case, orders and their limits, and the dated facts around them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

Instant = DateTime(timezone=True)


class CaseFile(Base):
    """One matter (案卷). Status, stage and limits are three separate things; `custom` holds what forms add."""

    __tablename__ = "case_file"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_no: Mapped[str | None]
    instance_id: Mapped[UUID]
    """Of its lifecycle; of the newest round where it was opened again."""
    earlier_instances: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    status: Mapped[str]
    stage: Mapped[str]
    origin: Mapped[str]
    kind: Mapped[str]
    machine_made: Mapped[bool] = mapped_column(default=False)
    category: Mapped[str]
    sub_category: Mapped[str | None]
    component_class: Mapped[str | None]
    component_owner: Mapped[str | None]
    service_type: Mapped[str]
    appeal_type: Mapped[str | None]
    incident_summary: Mapped[str] = mapped_column(default="")
    detailed_content: Mapped[str] = mapped_column(default="")
    district: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    longitude: Mapped[float | None]
    latitude: Mapped[float | None]
    urgency: Mapped[str]
    confidential: Mapped[bool] = mapped_column(default=False)
    lead_department: Mapped[str | None]
    departments: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    round: Mapped[int] = mapped_column(default=0)
    rework_count: Mapped[int] = mapped_column(default=0)
    reopen_count: Mapped[int] = mapped_column(default=0)
    supervision_level: Mapped[str | None]
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    registered_at: Mapped[datetime] = mapped_column(Instant)
    filed_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None]


class Registration(Base):
    """One citizen's report of a case (登记表): the number they keep, the reply they wish and the one they got."""

    __tablename__ = "registration"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    acceptance_no: Mapped[str | None]
    case_id: Mapped[UUID]
    command_id: Mapped[UUID]
    command_hash: Mapped[bytes]
    citizen_id: Mapped[UUID | None]
    caller_name: Mapped[str | None]
    caller_phone: Mapped[str | None]
    caller_email: Mapped[str | None]
    reported_at: Mapped[datetime] = mapped_column(Instant)
    channel: Mapped[str]
    incident_source: Mapped[str]
    reply_wish: Mapped[str]
    duty_staff: Mapped[UUID]
    duty_staff_name: Mapped[str]
    leader_instruction: Mapped[str | None]
    leader_text: Mapped[str | None]
    reply_way: Mapped[str | None]
    reply_text: Mapped[str | None]
    replied_at: Mapped[datetime | None] = mapped_column(Instant)
    processing_result: Mapped[str | None]
    opinion: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant)


class Merge(Base):
    """A report that joined a case (并单); `content` is what was reported, so that it can become a case of its own. One
    row for each report of a case that was merged into another."""

    __tablename__ = "merge"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    registration_id: Mapped[UUID]
    from_case_id: Mapped[UUID | None]
    """The case that rests in this one since (并案); None: the report never had one of its own."""
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[UUID | None]
    undone_by_name: Mapped[str | None]


class CaseSearch(Base):
    """What free text finds a case by: its words in one written form, kept by a trigger."""

    __tablename__ = "case_search"
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    registered_at: Mapped[datetime] = mapped_column(Instant)
    address: Mapped[str]
    body: Mapped[str]


class SavedQuery(Base):
    """Conditions over cases that somebody keeps under a name (F07)."""

    __tablename__ = "saved_query"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[UUID]
    name: Mapped[str]
    conditions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseField(Base):
    """A key of `case_file.custom` that conditions and exports may name (F09)."""

    __tablename__ = "case_field"
    key: Mapped[str] = mapped_column(primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    shape: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(JSONB, default=list)
    added_at: Mapped[datetime] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)


class ProcessingForm(Base):
    """A processing form (处理单) of one method, with the number of that method's series (P05, P06)."""

    __tablename__ = "processing_form"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    round: Mapped[int]
    method: Mapped[str]
    processing_no: Mapped[str | None]
    content: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[UUID]
    made_by_name: Mapped[str]


class WorkOrder(Base):
    """The dispatch of a case to one department; its own instance runs that department's diagram."""

    __tablename__ = "work_order"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_no: Mapped[str]
    case_id: Mapped[UUID]
    instance_id: Mapped[UUID]
    processing_form_id: Mapped[UUID]
    department: Mapped[str]
    role: Mapped[str]
    state: Mapped[str]
    round: Mapped[int]
    district: Mapped[str]
    urgency: Mapped[str]
    dispatched_at: Mapped[datetime] = mapped_column(Instant)
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    reported_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    result_text: Mapped[str | None]
    responsible_person: Mapped[str | None]
    cost: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    objection_rule: Mapped[str | None]
    objection_text: Mapped[str | None]
    custom: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    place: Mapped[str | None] = mapped_column(server_default=FetchedValue())
    """The board's column it stands in, None on no board any more; the database keeps this and the next three."""
    confidential: Mapped[bool] = mapped_column(server_default=FetchedValue())
    due_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    """When the first of its running limits falls due; `NEVER` where none runs, or all stand still."""
    warn_at: Mapped[datetime] = mapped_column(Instant, server_default=FetchedValue())
    """When the first reminder of any of them is due."""


class TimeLimit(Base):
    """The truth about a time limit; timers in diagrams only read it. `value` and `unit` are None for a plain duration
    or instant. `state` stays None while it runs."""

    __tablename__ = "time_limit"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    kind: Mapped[str]
    element: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(Instant)
    warn_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    escalate_at: Mapped[datetime] = mapped_column(Instant)
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    unit: Mapped[str | None]
    calendar_id: Mapped[UUID | None]
    calendar_version: Mapped[int | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    pauses: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    extensions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str | None]


class StageTime(Base):
    """One stay of a case in one stage (D13, D14); a rework makes another stay."""

    __tablename__ = "stage_time"
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseFact(Base):
    """Something that became true of a case, by whom and when."""

    __tablename__ = "case_fact"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]
    reason: Mapped[str | None]
    text: Mapped[str | None]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class LeaderInstruction(Base):
    __tablename__ = "leader_instruction"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    instruction: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]


class ReturnVisit(Base):
    """One attempt to ask one caller whether they are content."""

    __tablename__ = "return_visit"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    registration_id: Mapped[UUID]
    case_id: Mapped[UUID]
    round: Mapped[int]
    attempt: Mapped[int]
    result: Mapped[str]
    resolved: Mapped[str | None]
    processing_result: Mapped[str | None]
    opinion: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[UUID]
    actor_name: Mapped[str]


class Evaluation(Base):
    """A case's score of one round: `parts` says how it came about, point by point."""

    __tablename__ = "evaluation"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    round: Mapped[int]
    score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    on_time: Mapped[bool]
    weight: Mapped[int]
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Instant)
    department: Mapped[str | None] = mapped_column(server_default=FetchedValue())
    """The one that led the case; the database keeps it."""
