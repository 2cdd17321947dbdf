"""REST: exports, and what a telephone reported before."""

from typing import Any
from uuid import UUID

from flask import Response, send_file
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from app.cases.conditions import Day
from app.cases.saved_queries import query_by_id
from app.core.errors import Invalid
from app.core.http import ApiBlueprint, PageQuery, key_of, keyset, language, site
from app.identity.guard import actor, permits, public
from app.reports.actions import FOLDER, ask_for_export
from app.reports.bulletins import PAGE, public_bulletins
from app.reports.contacts import look_at_contacts
from app.reports.figures import Span
from app.reports.hot_spots import SpotKind, hot_spots
from app.reports.models import ReportJob
from app.reports.queries import file_of, job_of

exports = ApiBlueprint("exports", __name__, url_prefix="/exports", description="Cases as tables")
contacts = ApiBlueprint("contacts", __name__, url_prefix="/contacts", description="What a telephone reported before")

spots = ApiBlueprint("hot_spots", __name__, url_prefix="/hot-spots", description="What is reported most, and where")
LONGEST_SPAN = 92


class NewExportSchema(Schema):
    format = fields.String(required=True, validate=validate.OneOf(["xlsx", "csv"]))
    conditions = fields.Dict(load_default=None)
    query_id = fields.UUID(load_default=None)


class JobSchema(Schema):
    id = fields.UUID()
    state = fields.String()
    done = fields.Integer()
    total = fields.Integer(allow_none=True)
    created_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    expires_at = fields.AwareDateTime()


class PhoneSchema(Schema):
    phone = fields.String(required=True, validate=validate.Length(3, 40))


class ContactSchema(Schema):
    reported_at = fields.AwareDateTime()
    number = fields.String()
    case_no = fields.String(allow_none=True, metadata={"description": "null: from before this system"})
    caller_name = fields.String()
    category = fields.String()
    summary = fields.String()
    result = fields.String()
    status = fields.String(allow_none=True)


class ContactsSchema(Schema):
    contacts = fields.List(fields.Nested(ContactSchema))


class SpotsQuery(Schema):
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    district = fields.String(load_default="", metadata={"description": "A path; what lies in it counts too"})
    kind = fields.Enum(SpotKind, load_default=SpotKind.HOT)

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 <= (data["last_day"] - data["first_day"]).days < LONGEST_SPAN:
            raise ValidationError(f"1 to {LONGEST_SPAN} days", "last_day")


class SpotSchema(Schema):
    topic = fields.String()
    district = fields.String()
    count = fields.Integer()
    before = fields.Integer(metadata={"description": "In as many days just before"})
    hard = fields.Integer(metadata={"description": "Reworked, not solved, or highly supervised"})
    kinds = fields.Function(lambda spot: [kind.value for kind in spot.kinds()])


class SpotsSchema(Schema):
    spots = fields.List(fields.Nested(SpotSchema))


class BulletinSchema(Schema):
    id = fields.UUID()
    first_day = fields.Date()
    last_day = fields.Date()
    text = fields.String()
    entries = fields.List(fields.Dict())
    published_at = fields.AwareDateTime()


class BulletinsSchema(Schema):
    bulletins = fields.List(fields.Nested(BulletinSchema))
    next = fields.String(allow_none=True)


@spots.operation("")
@permits("figures.read")
@spots.takes(SpotsQuery, location="query")
@spots.gives(SpotsSchema)
def list_spots(query: dict[str, Any]) -> dict[str, Any]:
    """Matters and places with most reports, or those that are difficult or rising, within one's reach"""
    span = Span(query["first_day"], query["last_day"])
    with site().sessions() as session:
        return {"spots": hot_spots(session, actor(), span, district=query["district"], kind=query["kind"])}


@spots.operation("/bulletins")
@public
@spots.takes(PageQuery, location="query")
@spots.gives(BulletinsSchema)
def list_bulletins(query: dict[str, Any]) -> dict[str, Any]:
    """What was made public, the newest first; needs no sign-in"""
    limit = min(query["limit"], PAGE)
    with site().sessions() as session:
        rows = public_bulletins(session, after=keyset(query["after"]), limit=limit)
    following = key_of(rows[-1].published_at, rows[-1].id) if len(rows) == limit else None
    return {"bulletins": rows, "next": following}


@exports.operation("", "POST")
@permits("case.export")
@exports.takes(NewExportSchema)
@exports.gives(JobSchema, 202)
def ask(body: dict[str, Any]) -> ReportJob:
    """Order a table of the cases that hold; a worker makes it"""
    return order_export(body["conditions"], body["query_id"], body["format"])


@exports.operation("/<uuid:job_id>")
@permits("case.export")
@exports.gives(JobSchema)
def one(job_id: UUID) -> ReportJob:
    """How far an export of one's own is"""
    with site().sessions() as session:
        return job_of(session, job_id, actor(), "EXPORT")


@exports.operation("/<uuid:job_id>/file")
@permits("case.export")
@exports.gives(None)
def file(job_id: UUID) -> Response:
    """The table, for whoever ordered it"""
    return send_export(job_id)


@contacts.operation("", "POST")
@permits("citizen.read")
@contacts.takes(PhoneSchema)
@contacts.gives(ContactsSchema)
def list_contacts(body: dict[str, Any]) -> dict[str, Any]:
    """Earlier reports from a telephone, those from before this system too. Asked in the body: what stands in an address
    ends in logs"""
    here = site()
    with here.sessions.begin() as session:
        return {"contacts": look_at_contacts(session, body["phone"], actor(), here.clock.now())}


def order_export(tree: Any, query_id: UUID | None, form: Any) -> ReportJob:
    """Order, commit, and tell a worker. Raises Invalid without conditions, NotFound for an unknown query."""
    here = site()
    with here.sessions.begin() as session:
        if query_id is not None:
            tree = query_by_id(session, query_id, actor()).conditions
        if tree is None:
            raise Invalid("reports.export.what")
        day = Day(here.clock.now(), here.settings.city_zone)
        job = ask_for_export(session, tree, form, actor=actor(), language=language(), day=day)
    enqueue(job.id)
    return job


def enqueue(job_id: UUID) -> None:
    queue = site().runtime.queue
    if queue is not None:
        queue.enqueue([job_id])


def send_export(job_id: UUID) -> Response:
    """Raises NotFound: another's, not ready, or expired."""
    here = site()
    with here.sessions() as session:
        job = file_of(session, job_id, actor(), "EXPORT", here.clock.now())
    name = f"citydesk-{job.created_at.astimezone(here.settings.city_zone):%Y%m%d-%H%M}.{job.params['format']}"
    sent = send_file(here.settings.data_dir / FOLDER / str(job.file), as_attachment=True, download_name=name)
    sent.headers["Cache-Control"] = "private, no-store"
    return sent
