"""JSON of registrations, cases and work orders. Numbers, not ids, name them; enum values stand as in the glossary."""

from marshmallow import Schema, fields, validate

from app.cases.enums import CaseStage, CaseStatus, OrderState, Origin
from app.core.http import PageQuery


class CaseQuery(PageQuery):
    """Filters of the list of cases; several values of one filter mean "any of them"."""

    status = fields.List(fields.String(validate=validate.OneOf([e.value for e in CaseStatus])), load_default=list)
    stage = fields.List(fields.String(validate=validate.OneOf([e.value for e in CaseStage])), load_default=list)
    category = fields.List(fields.String(), load_default=list)
    district = fields.String(load_default=None, metadata={"description": "A path; what lies in it counts too"})
    department = fields.String(load_default=None)
    origin = fields.String(load_default=None, validate=validate.OneOf([e.value for e in Origin]))
    open_only = fields.Boolean(load_default=False)
    overdue = fields.Boolean(load_default=False)
    registered_from = fields.AwareDateTime(load_default=None)
    registered_until = fields.AwareDateTime(load_default=None)


class OrderQuery(PageQuery):
    state = fields.List(fields.String(validate=validate.OneOf([e.value for e in OrderState])), load_default=list)
    department = fields.String(load_default=None)
    open_only = fields.Boolean(load_default=True)


class LimitSchema(Schema):
    kind = fields.String()
    state = fields.String(metadata={"description": "RUNNING, PAUSED, DUE_SOON, OVERDUE, MET or BREACHED"})
    started_at = fields.AwareDateTime()
    warn_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    escalate_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    value = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    provisional = fields.Boolean(metadata={"description": "Counted over a year without a published calendar"})


class OrderSchema(Schema):
    order_no = fields.String()
    case_no = fields.String()
    department = fields.String()
    role = fields.String()
    state = fields.String()
    round = fields.Integer()
    method = fields.String()
    processing_no = fields.String(allow_none=True)
    dispatched_at = fields.AwareDateTime()
    signed_at = fields.AwareDateTime(allow_none=True)
    reported_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    result_text = fields.String(allow_none=True)
    responsible_person = fields.String(allow_none=True)
    objection_rule = fields.String(allow_none=True)
    objection_text = fields.String(allow_none=True)
    limits = fields.List(fields.Nested(LimitSchema))


class OrdersSchema(Schema):
    orders = fields.List(fields.Nested(OrderSchema))
    next = fields.String(allow_none=True)


class RegistrationSchema(Schema):
    """One citizen's report. `masked` says that the citizen's own data are hidden from this reader."""

    acceptance_no = fields.String()
    case_no = fields.String()
    caller_name = fields.String(allow_none=True)
    caller_phone = fields.String(allow_none=True)
    caller_email = fields.String(allow_none=True, metadata={"description": "Always masked"})
    masked = fields.Boolean()
    reported_at = fields.AwareDateTime()
    channel = fields.String()
    incident_source = fields.String()
    reply_wish = fields.String()
    duty_staff_name = fields.String()
    leader_instruction = fields.String(allow_none=True)
    leader_text = fields.String(allow_none=True)
    reply_way = fields.String(allow_none=True)
    reply_text = fields.String(allow_none=True)
    replied_at = fields.AwareDateTime(allow_none=True)
    processing_result = fields.String(allow_none=True)
    opinion = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()


class CaseLineSchema(Schema):
    case_no = fields.String()
    acceptance_no = fields.String()
    status = fields.String()
    stage = fields.String()
    origin = fields.String()
    kind = fields.String()
    category = fields.String()
    sub_category = fields.String(allow_none=True)
    service_type = fields.String()
    incident_summary = fields.String()
    district = fields.String()
    address = fields.String()
    urgency = fields.String()
    confidential = fields.Boolean()
    lead_department = fields.String(allow_none=True)
    departments = fields.List(fields.String())
    rework_count = fields.Integer()
    supervision_level = fields.String(allow_none=True)
    registered_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    limit_state = fields.String(allow_none=True, metadata={"description": "Of the most urgent running limit"})
    limit_due_at = fields.AwareDateTime(allow_none=True)


class CasesSchema(Schema):
    cases = fields.List(fields.Nested(CaseLineSchema))
    next = fields.String(allow_none=True, metadata={"description": "`after` of the next page; null at the end"})


class CaseSchema(Schema):
    case_no = fields.String()
    status = fields.String()
    stage = fields.String()
    closed = fields.Boolean()
    outcome = fields.String(allow_none=True)
    origin = fields.String()
    kind = fields.String()
    category = fields.String()
    sub_category = fields.String(allow_none=True)
    component_class = fields.String(allow_none=True)
    component_owner = fields.String(allow_none=True)
    service_type = fields.String()
    appeal_type = fields.String(allow_none=True)
    incident_summary = fields.String()
    detailed_content = fields.String()
    district = fields.String()
    address = fields.String()
    urgency = fields.String()
    confidential = fields.Boolean()
    lead_department = fields.String(allow_none=True)
    departments = fields.List(fields.String())
    round = fields.Integer()
    rework_count = fields.Integer()
    supervision_level = fields.String(allow_none=True)
    custom = fields.Dict()
    registered_at = fields.AwareDateTime()
    filed_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    registrations = fields.List(fields.Nested(RegistrationSchema))
    limits = fields.List(fields.Nested(LimitSchema))


class StageSchema(Schema):
    stage = fields.String()
    name = fields.String()
    entered_at = fields.AwareDateTime()
    left_at = fields.AwareDateTime(allow_none=True)


class StagesSchema(Schema):
    stages = fields.List(fields.Nested(StageSchema))


class RegistrationsSchema(Schema):
    registrations = fields.List(fields.Nested(RegistrationSchema))
    next = fields.String(allow_none=True)
