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


class DrawSchema(Schema):
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    size = fields.Integer(required=True, validate=validate.Range(1, 500))
    department = fields.String(load_default=None, allow_none=True)


class StratumSchema(Schema):
    department = fields.String()
    population = fields.Integer()
    drawn = fields.Integer()


class CheckSchema(Schema):
    id = fields.UUID()
    sample_id = fields.UUID()
    order_no = fields.String()
    case_no = fields.String()
    department = fields.String()
    state = fields.String(metadata={"description": "OPEN, CHECKED, APPEALED or DECIDED"})
    findings = fields.List(fields.Dict())
    note = fields.String()
    deduction = fields.Float(allow_none=True)
    counted = fields.Float(allow_none=True, metadata={"description": "What the department's points lose"})
    checked_at = fields.AwareDateTime(allow_none=True)
    appeal_text = fields.String(allow_none=True)
    decision = fields.String(allow_none=True)
    decision_text = fields.String(allow_none=True)


class ChecksSchema(Schema):
    checks = fields.List(fields.Nested(CheckSchema))


class SampleSchema(Schema):
    id = fields.UUID()
    seed = fields.String()
    population = fields.Integer()
    population_hash = fields.Function(lambda sample: sample.population_hash.hex())
    strata = fields.List(fields.Nested(StratumSchema))
    drawn_at = fields.AwareDateTime()
    drawn_by_name = fields.String()


class ChecksQuery(Schema):
    view = fields.String(load_default="done", validate=validate.OneOf(["open", "appealed", "done"]))


class VerdictsSchema(Schema):
    verdicts = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(["OK", "MINOR", "MAJOR"])), required=True,
        metadata={"description": "By criterion of the table spot_check"},
    )  # fmt: skip
    note = fields.String(load_default="", validate=validate.Length(0, 2000))


class AppealSchema(Schema):
    text = fields.String(required=True, validate=validate.Length(2, 2000))


class DecisionSchema(Schema):
    decision = fields.String(required=True, validate=validate.OneOf(["UPHELD", "REDUCED", "REVOKED"]))
    text = fields.String(required=True, validate=validate.Length(2, 2000))
    left = fields.Decimal(load_default=None, allow_none=True, metadata={"description": "Points left, with REDUCED"})
