"""JSON of supervision."""

from marshmallow import Schema, fields, validate

from app.city import Unit
from app.core.http import PageQuery

VIEWS = ("standing", "overdue", "awaited", "answered", "closed")


class DemandsQuery(PageQuery):
    view = fields.String(load_default="standing", validate=validate.OneOf(VIEWS))
    department = fields.String(load_default=None)


class AnswerSchema(Schema):
    id = fields.UUID()
    department = fields.String()
    text = fields.String()
    at = fields.AwareDateTime()
    actor_name = fields.String()


class DemandSchema(Schema):
    id = fields.UUID()
    level = fields.String()
    reason = fields.String(metadata={"description": "A code where a diagram or a rule raised it"})
    text = fields.String()
    departments = fields.List(fields.String())
    at = fields.AwareDateTime()
    actor_name = fields.String()
    rule = fields.Dict(allow_none=True, metadata={"description": "The row of the table that raised it"})
    answer_due_at = fields.AwareDateTime(allow_none=True)
    state = fields.String(metadata={"description": "OPEN, ANSWERED or CLOSED"})
    answered_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    closed_by_name = fields.String(allow_none=True)
    closing_text = fields.String(allow_none=True)
    raised_from = fields.UUID(allow_none=True)
    case_no = fields.String()
    order_no = fields.String(allow_none=True)
    answers = fields.List(fields.Nested(AnswerSchema))


class DemandsSchema(Schema):
    supervisions = fields.List(fields.Nested(DemandSchema))
    next = fields.String(allow_none=True)


class RaiseSchema(Schema):
    level = fields.String(required=True, validate=validate.OneOf(["NOTICE", "REMINDER", "SUPERVISION", "CIRCULAR"]))
    text = fields.String(required=True, validate=validate.Length(2, 2000))
    order_no = fields.String(load_default=None, metadata={"description": "Absent: all that work on the case"})
    answer_value = fields.Integer(load_default=None, validate=validate.Range(1, 60), allow_none=True)
    answer_unit = fields.String(load_default=Unit.WORKING_DAY.value, validate=validate.OneOf([u.value for u in Unit]))
    raised_from = fields.UUID(load_default=None, allow_none=True)


class RaisedSchema(Schema):
    id = fields.UUID()


class SayingSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(2, 2000))
    department = fields.String(load_default=None)


class ClosingSchema(Schema):
    text = fields.String(load_default="", validate=validate.Length(0, 2000))
