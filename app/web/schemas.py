"""JSON of what belongs to the workflow itself."""

from marshmallow import Schema, fields


class IncidentSchema(Schema):
    no = fields.Integer()
    kind = fields.String()
    element = fields.String(allow_none=True)
    message = fields.String()
    state = fields.String()
    attempts = fields.Integer()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)
    subject_kind = fields.String(allow_none=True)
    subject_id = fields.UUID(allow_none=True)


class IncidentsSchema(Schema):
    incidents = fields.List(fields.Nested(IncidentSchema))


class RetriedSchema(Schema):
    state = fields.String(metadata={"description": "RETRIED: it went through; the instance runs on"})
