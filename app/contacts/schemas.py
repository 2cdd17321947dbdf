"""JSON of the telephone's lists. Secrets are taken and never given."""

from marshmallow import Schema, fields, validate

from app.contacts.equipment import SEAT_KINDS, TRANSPORTS
from app.contacts.marks import ABOUT, MARKS
from app.contacts.roster import FOLLOWING, RIGHTS, SECONDS, STRATEGIES
from app.contacts.upkeep import CODECS
from app.core.http import PageQuery

ACTIVE = {"description": "False: given up, kept for calls that name it"}
WRITE_ONLY = {"description": "Write-only; empty or left out keeps the one there is"}


def codecs(*usual: str) -> "fields.List[str]":
    return fields.List(fields.String(validate=validate.OneOf(CODECS)), load_default=lambda: list(usual))


class SeatSchema(Schema):
    number = fields.String(dump_only=True)
    name = fields.String(load_default="")
    kind = fields.String(required=True, validate=validate.OneOf(SEAT_KINDS))
    contact = fields.String(load_default="", metadata={"description": "SIP address of a gateway's line"})
    secret = fields.String(load_default="", load_only=True, metadata=WRITE_ONLY)
    codecs = codecs("alaw", "ulaw")
    active = fields.Boolean(load_default=True, metadata=ACTIVE)


class SeatsSchema(Schema):
    seats = fields.List(fields.Nested(SeatSchema))


class TrunkSchema(Schema):
    name = fields.String(dump_only=True)
    host = fields.String(required=True)
    port = fields.Integer(load_default=5060)
    transport = fields.String(load_default="udp", validate=validate.OneOf(TRANSPORTS))
    codecs = codecs("alaw", "ulaw")
    username = fields.String(load_default="", metadata={"description": "Given: we register there"})
    password = fields.String(load_default="", load_only=True, metadata=WRITE_ONLY)
    lines = fields.Integer(load_default=0, metadata={"description": "Calls at once; 0: no limit"})
    outward = fields.Boolean(load_default=True)
    caller_id = fields.String(load_default="")
    ask_every = fields.Integer(load_default=30, metadata={"description": "Seconds; 0: never asked"})
    active = fields.Boolean(load_default=True, metadata=ACTIVE)


class TrunksSchema(Schema):
    trunks = fields.List(fields.Nested(TrunkSchema))


class AgentSchema(Schema):
    user_id = fields.UUID(dump_only=True)
    name = fields.String(dump_only=True)
    work_no = fields.String(required=True)
    extension = fields.String(required=True)
    skills = fields.Dict(
        fields.String(), fields.Integer(), load_default=dict, metadata={"description": "Group → level, 1 first"}
    )
    areas = fields.List(fields.String(), load_default=list, metadata={"description": "Districts; none: the city"})
    announce_work_no = fields.Boolean(load_default=False)
    record = fields.Boolean(load_default=True)
    dialling = fields.String(load_default="LOCAL", validate=validate.OneOf(RIGHTS))
    follow_me = fields.List(fields.String(), load_default=list)
    follow_strategy = fields.String(load_default="ALL", validate=validate.OneOf(FOLLOWING))
    active = fields.Boolean(load_default=True, metadata=ACTIVE)


class AgentsSchema(Schema):
    agents = fields.List(fields.Nested(AgentSchema))


class GroupSchema(Schema):
    code = fields.String(dump_only=True)
    names = fields.Dict(fields.String(), fields.String(), required=True)
    service_types = fields.List(fields.String(), load_default=list)
    strategy = fields.String(load_default="LONGEST_IDLE", validate=validate.OneOf(STRATEGIES))
    overflow_to = fields.String(load_default="", allow_none=True)
    record = fields.Boolean(load_default=True)
    survey = fields.Boolean(load_default=True)
    calls_back = fields.Boolean(load_default=True)
    seconds = fields.Dict(fields.String(validate=validate.OneOf(list(SECONDS))), fields.Integer(), load_default=dict)
    active = fields.Boolean(load_default=True, metadata=ACTIVE)


class GroupsSchema(Schema):
    groups = fields.List(fields.Nested(GroupSchema))


class MarkSchema(Schema):
    id = fields.UUID(dump_only=True)
    kind = fields.String(required=True, validate=validate.OneOf(MARKS))
    about = fields.String(load_default="CALLER", validate=validate.OneOf(ABOUT))
    number = fields.String(load_default="", metadata={"description": "Citizens' numbers are given masked"})
    reason = fields.String(required=True)
    level = fields.Integer(load_default=1)
    seat_of = fields.UUID(load_default=None, allow_none=True)
    flow = fields.String(load_default="", allow_none=True)
    code = fields.String(load_default="", load_only=True, metadata=WRITE_ONLY)
    until = fields.AwareDateTime(load_default=None, allow_none=True)
    lifted_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class MarksQuery(PageQuery):
    kind = fields.String(load_default="", validate=validate.OneOf(["", *MARKS]))
    past = fields.Boolean(load_default=False)


class MarksSchema(Schema):
    marks = fields.List(fields.Nested(MarkSchema))
    next = fields.String(allow_none=True)
