"""JSON of in-app notices."""

from marshmallow import Schema, fields

from app.core.http import PageQuery


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


class ReadSchema(Schema):
    read = fields.Integer(metadata={"description": "How many became read; 0 when it was read before"})
