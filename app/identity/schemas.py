"""JSON of sign-ins and people."""

from marshmallow import Schema, fields, validate


class SignInSchema(Schema):
    username = fields.String(required=True, validate=validate.Length(1, 100))
    password = fields.String(required=True, validate=validate.Length(1, 1000), load_only=True)


class GrantSchema(Schema):
    role = fields.String()
    district = fields.String(allow_none=True, metadata={"description": "A district's path; null is the whole city"})
    department = fields.String(allow_none=True)


class PersonSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    language = fields.String()
    grants = fields.List(fields.Nested(GrantSchema))


class SignedInSchema(Schema):
    token = fields.String(metadata={"description": "Send it as `Authorization: Bearer …`; it is shown only once"})
    person = fields.Nested(PersonSchema)


class SessionSchema(Schema):
    id = fields.UUID()
    created_at = fields.AwareDateTime()
    last_seen_at = fields.AwareDateTime()
    agent = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    current = fields.Boolean(metadata={"description": "The one that asks"})


class SessionsSchema(Schema):
    sessions = fields.List(fields.Nested(SessionSchema))
