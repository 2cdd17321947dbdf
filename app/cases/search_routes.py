"""REST: searching, queries that people save, and the fields that administrators add to them."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from app.cases import saved_queries
from app.cases.conditions import Day
from app.cases.fields import COMPARISONS, Shape, known_fields
from app.cases.routes import case_line, now, today
from app.cases.schemas import CaseLineSchema, CasesSchema
from app.cases.search import Hit, Kind, search
from app.core.db import transaction
from app.core.http import ApiBlueprint, PageQuery, key_of, keyset, language, site
from app.core.i18n import text
from app.identity.guard import actor, permits

searching = ApiBlueprint("search", __name__, url_prefix="/search", description="Finding cases")
queries = ApiBlueprint("queries", __name__, url_prefix="/queries", description="Queries over cases that people save")
case_fields = ApiBlueprint("case-fields", __name__, url_prefix="/case-fields", description="What conditions may name")


class SearchQuery(PageQuery):
    q = fields.String(required=True, validate=validate.Length(1, 200))
    kind = fields.String(load_default=None, validate=validate.OneOf([kind.value for kind in Kind]))


class HitSchema(CaseLineSchema):
    found_by = fields.String()
    caller_name = fields.String(allow_none=True, metadata={"description": "Always masked"})
    caller_phone = fields.String(allow_none=True, metadata={"description": "Always masked"})
    excerpt = fields.String()


class HitsSchema(Schema):
    hits = fields.List(fields.Nested(HitSchema))
    next = fields.String(allow_none=True)


class NewQuerySchema(Schema):
    name = fields.String(required=True)
    conditions = fields.Dict(required=True)
    shared = fields.Boolean(load_default=False)


class ConditionsQuery(PageQuery):
    conditions = fields.Dict(required=True)


class QuerySchema(Schema):
    id = fields.UUID()
    name = fields.String()
    conditions = fields.Dict()
    shared = fields.Boolean()
    mine = fields.Boolean()


class QueriesSchema(Schema):
    queries = fields.List(fields.Nested(QuerySchema))


class FieldSchema(Schema):
    key = fields.String()
    shape = fields.String()
    name = fields.String()
    comparisons = fields.List(fields.String())
    values = fields.List(fields.String())


class FieldsSchema(Schema):
    fields_ = fields.List(fields.Nested(FieldSchema), data_key="fields")


class NewFieldSchema(Schema):
    key = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    shape = fields.String(required=True, validate=validate.OneOf([shape.value for shape in saved_queries.ADDABLE]))
    choices = fields.List(fields.String(validate=validate.Length(1, 60)), load_default=list)


@searching.operation("", "POST")
@permits("case.read")
@searching.takes(SearchQuery)
@searching.gives(HitsSchema)
def find_cases(query: dict[str, Any]) -> dict[str, Any]:
    """By any number, a telephone or its last four digits, a person, an address, or words; the newest first. Asked in
    the body: what stands in an address ends in logs"""
    kind = Kind(query["kind"]) if query["kind"] else None
    with site().sessions() as session:
        found = search(
            session, actor(), query["q"], today=today(), kind=kind, after=keyset(query["after"]), limit=query["limit"]
        )
    return {"hits": [hit_line(hit) for hit in found.hits], "next": key_of(*found.after) if found.after else None}


@queries.operation("")
@permits("case.read")
@queries.gives(QueriesSchema)
def list_queries() -> dict[str, Any]:
    """One's own and the shared ones"""
    with site().sessions() as session:
        return {"queries": saved_queries.queries_of(session, actor())}


@queries.operation("", "POST")
@permits("case.read")
@queries.takes(NewQuerySchema)
@queries.gives(QuerySchema, 201)
def save_query(body: dict[str, Any]) -> saved_queries.QueryView:
    """Keep conditions under a name"""
    with transaction(site().sessions) as session:
        return saved_queries.save(
            session, body["name"], body["conditions"], actor=actor(), day=day(), shared=body["shared"]
        )


@queries.operation("/<uuid:query_id>/cases")
@permits("case.read")
@queries.takes(PageQuery, location="query")
@queries.gives(CasesSchema)
def run_query(query: dict[str, Any], query_id: UUID) -> dict[str, Any]:
    """The cases that hold now"""
    with site().sessions() as session:
        tree = saved_queries.query_by_id(session, query_id, actor()).conditions
        return page_of(session, tree, query)


@queries.operation("/cases", "POST")
@permits("case.read")
@queries.takes(ConditionsQuery)
@queries.gives(CasesSchema)
def try_conditions(query: dict[str, Any]) -> dict[str, Any]:
    """The cases that hold, without saving the conditions"""
    with site().sessions() as session:
        return page_of(session, query["conditions"], query)


@queries.operation("/<uuid:query_id>", "DELETE")
@permits("case.read")
@queries.gives(None, 204)
def forget_query(query_id: UUID) -> None:
    """Remove a query of one's own"""
    with transaction(site().sessions) as session:
        saved_queries.forget(session, query_id, actor=actor(), now=now())


@case_fields.operation("")
@permits("case.read")
@case_fields.gives(FieldsSchema)
def list_fields() -> dict[str, Any]:
    """The fields, and what each may be compared by"""
    with site().sessions() as session:
        known = known_fields(session)
    return {
        "fields_": [
            {"key": field.key, "shape": field.shape.value, "name": field_name(field.key, field.names),
             "comparisons": list(COMPARISONS[field.shape]), "values": list(field.values)}
            for field in known.values()
        ]
    }  # fmt: skip


@case_fields.operation("", "POST")
@permits("field.manage")
@case_fields.takes(NewFieldSchema)
@case_fields.gives(NewFieldSchema, 201)
def add_field(body: dict[str, Any]) -> dict[str, Any]:
    """Let conditions name a key that forms write beside the case's own fields"""
    with transaction(site().sessions) as session:
        saved_queries.add_field(
            session, body["key"], body["names"], Shape(body["shape"]), body["choices"], actor=actor(), now=now()
        )
    return body


@case_fields.operation("/<key>", "DELETE")
@permits("field.manage")
@case_fields.gives(None, 204)
def remove_field(key: str) -> None:
    """Conditions may name it no more"""
    with transaction(site().sessions) as session:
        saved_queries.remove_field(session, key, actor=actor(), now=now())


def page_of(session: Any, tree: Any, query: dict[str, Any]) -> dict[str, Any]:
    """A page of the cases that hold, and the key of the next."""
    most = query["limit"]
    found = saved_queries.run(session, actor(), tree, day(), after=keyset(query["after"]), limit=most)
    following = key_of(*found[-1].key()) if len(found) == most else None
    return {"cases": [case_line(line, now()) for line in found], "next": following}


def day() -> Day:
    return Day(now(), site().settings.city_zone)


def hit_line(hit: Hit) -> dict[str, Any]:
    return case_line(hit.line, now()) | {
        "found_by": hit.kind.value, "caller_name": hit.caller_name, "caller_phone": hit.caller_phone,
        "excerpt": hit.excerpt,
    }  # fmt: skip


def field_name(key: str, names: Any) -> str:
    """A field's name in the reader's language."""
    return str(names.get(language()) or names["en"]) if names else text(f"cases.field.{key}", language())
