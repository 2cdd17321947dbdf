"""JSON of in-app notices."""

from marshmallow import Schema, fields, validate

from app.core.http import PageQuery
from app.messaging.channels import OUTSIDE, MessageState


class NoticeQuery(PageQuery):
    unread_only = fields.Boolean(load_default=False)


class NoticeSchema(Schema):
    id = fields.UUID()
    kind = fields.String()
    sentence = fields.String(metadata={"description": "In the asker's language"})
    subject_kind = fields.String()
    subject_id = fields.UUID()
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)


class NoticesSchema(Schema):
    notices = fields.List(fields.Nested(NoticeSchema))
    unread = fields.Integer()
    next = fields.String(allow_none=True)


class OutgoingQuery(PageQuery):
    channel = fields.String(load_default=None, validate=validate.OneOf([each.value for each in OUTSIDE]))
    state = fields.String(load_default=None, validate=validate.OneOf([each.value for each in MessageState]))


class OutgoingSchema(Schema):
    id = fields.UUID()
    channel = fields.String()
    recipient_kind = fields.String()
    recipient_id = fields.UUID(allow_none=True)
    address = fields.String(allow_none=True, metadata={"description": "Masked"})
    state = fields.String()
    why = fields.String(metadata={"description": "Why it did not go out, or why nobody knows"})
    attempts = fields.Integer()
    provider = fields.String(allow_none=True)
    provider_id = fields.String(allow_none=True)
    kind = fields.String()
    subject_kind = fields.String()
    subject_id = fields.UUID()
    text = fields.String(allow_none=True, metadata={"description": "null for those who may read no case"})
    created_at = fields.AwareDateTime()
    sent_at = fields.AwareDateTime(allow_none=True)


class OutgoingMessagesSchema(Schema):
    messages = fields.List(fields.Nested(OutgoingSchema))
    next = fields.String(allow_none=True)


class ReadSchema(Schema):
    read = fields.Integer(metadata={"description": "How many became read; 0 when it was read before"})
