"""Searching, and conditions that people set themselves; both work without JavaScript."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import flash, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import city
from app.cases import saved_queries
from app.cases.fields import COMPARISONS, WITHOUT_VALUE, Field, Shape, known_fields
from app.cases.routes import now, today
from app.cases.search import Found, Kind, search
from app.cases.search_routes import day, field_name, page_of
from app.core.db import transaction
from app.core.errors import CitydeskError
from app.core.http import key_of, keyset, site
from app.identity.guard import actor, permits
from app.web.names import choices_of, names
from app.web.pages.frame import blueprint, page
from app.web.problems import sentence
from app.web.templating import label, t

ROWS = 50
MOST_ROWS = 12


@blueprint.route("/search", methods=["GET", "POST"])
@permits("case.read")
def search_page() -> str | Response:
    """Words lead to cases, a number straight to its one; without words the saved queries stand there.

    What is asked comes in the body only, pages after the first too: a telephone stands in no address and no log."""
    asked = request.form.get("q", "").strip()[:200]
    with site().sessions() as session:
        found = _found(session, asked)
        saved = saved_queries.queries_of(session, actor())
    if request.method == "POST" and [hit.kind for hit in found.hits] == [Kind.NUMBER]:
        return redirect(f"/cases/{found.hits[0].line.case_no}")
    following = key_of(*found.after) if found.after else None
    return page("search.html", asked=asked, hits=found.hits, saved=saved, following=following)


@blueprint.get("/queries")
@permits("case.read")
def query_page() -> str:
    """Conditions, row by row, and the cases that hold."""
    failed = None
    result: dict[str, Any] = {"cases": [], "next": None}
    with site().sessions() as session:
        known = known_fields(session)
        opened = _opened(session)
        rows = _rows_of(opened.conditions) if opened and not request.args.getlist("f") else rows_from()
        values = {key: _values(session, known[key]) for key, _, _ in rows if key in known}
        rows = [(key, comparison, coded(value, values.get(key, []))) for key, comparison, value in rows]
        way = next(iter(opened.conditions), "all") if opened and "way" not in request.args else way_from()
        tree = opened.conditions if opened and not request.args.getlist("f") else tree_of(rows, way, known)
        if rows:
            try:
                query = {"limit": ROWS, "after": request.args.get("after")}
                result = page_of(session, tree, query)
            except CitydeskError as error:
                failed = _faults(error)
        shown = [{"key": f.key, "name": field_name(f.key, f.names), "comparisons": COMPARISONS[f.shape]}
                 for f in known.values()]  # fmt: skip
    worded_rows = [(key, comparison, worded(value, values.get(key, []))) for key, comparison, value in rows]
    address = [("way", way), *((part, value) for row in rows for part, value in zip("fcv", row, strict=True))]
    next_url = f"/queries?{urlencode([*address, ('after', result['next'])])}" if result["next"] else None
    return page(
        "queries.html", rows=worded_rows or [("", "", "")], fields=shown, values=values, way=way, cases=result["cases"],
        failed=failed, next_url=next_url, opened=opened, address=address, asked=bool(rows),
        without=sorted(WITHOUT_VALUE), comparisons=dict.fromkeys(c for each in COMPARISONS.values() for c in each),
    )  # fmt: skip


@blueprint.post("/queries")
@permits("case.read")
def save_query() -> Response:
    rows, way = rows_from(request.form), way_from(request.form)
    shared = request.form.get("shared") == "1"
    try:
        with transaction(site().sessions) as session:
            tree = tree_of(rows, way, known_fields(session))
            made = saved_queries.save(
                session, request.form.get("name", ""), tree, actor=actor(), day=day(), shared=shared
            )
    except CitydeskError as error:
        flash(sentence(error), "error")
        parts = [("way", way), *((part, value) for row in rows for part, value in zip("fcv", row, strict=True))]
        return redirect(f"/queries?{urlencode(parts)}")
    flash(t("web.queries.saved", name=made.name))
    return redirect(f"/queries?{urlencode({'query': str(made.id)})}")


@blueprint.post("/queries/<uuid:query_id>/removal")
@permits("case.read")
def forget_query(query_id: UUID) -> Response:
    with transaction(site().sessions) as session:
        saved_queries.forget(session, query_id, actor=actor(), now=now())
    flash(t("web.queries.removed"))
    return redirect("/search")


def tree_of(rows: list[tuple[str, str, str]], way: str, known: dict[str, Field]) -> dict[str, Any]:
    """The page's rows as a tree; several values of "is one of" are parted by commas."""
    parts = []
    for key, comparison, value in rows:
        part: dict[str, Any] = {"field": key, "is": comparison or _first_comparison(known.get(key))}
        if part["is"] not in WITHOUT_VALUE:
            many = part["is"] == "any_of"
            part["value"] = [v.strip() for v in value.replace("，", ",").split(",") if v.strip()] if many else value
        parts.append(part)
    return {way: parts}


def _found(session: Session, asked: str) -> Found:
    if not asked:
        return Found((), None)
    return search(session, actor(), asked, today=today(), after=keyset(request.form.get("after")), limit=ROWS)


def _opened(session: Session) -> saved_queries.QueryView | None:
    """The saved query in the address."""
    try:
        wanted = UUID(request.args.get("query", ""))
    except ValueError:
        return None
    return saved_queries.query_by_id(session, wanted, actor())


def rows_from(source: Any = None) -> list[tuple[str, str, str]]:
    given = request.args if source is None else source
    rows = zip(given.getlist("f"), given.getlist("c"), given.getlist("v"), strict=False)
    return [(f, c, v.strip()) for f, c, v in rows if f][:MOST_ROWS]


def _rows_of(tree: Any) -> list[tuple[str, str, str]]:
    """A saved tree as rows, as far as it is flat; deeper groups run, but are shown by the API only."""
    nodes: list[Any] = next(iter(tree.values()), [])
    flat = [node for node in nodes if "field" in node]
    return [(node["field"], node["is"], _written(node.get("value"))) for node in flat]


def _faults(error: CitydeskError) -> str:
    """The sentence, and one for each condition that does not hold, by its place in the page."""
    sentences = [sentence(error)]
    for place, (key, params) in getattr(error, "fields", {}).items():
        number = place.rpartition(".")[2]
        which = t("web.queries.condition", n=int(number) + 1) if number.isdigit() else place
        sentences.append(t("web.queries.fault", which=which, fault=t(key, **params)))
    return " ".join(sentences)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def way_from(source: Any = None) -> str:
    return "any" if (request.args if source is None else source).get("way") == "any" else "all"


def _first_comparison(field: Field | None) -> str:
    return COMPARISONS[field.shape][0] if field else "is"


def coded(text: str, choices: list[tuple[str, str]]) -> str:
    """What was chosen by its words as the codes they stand for; several are parted by commas. A word that two values
    share stays a word: only its code says which."""
    if not choices:
        return text
    words = [word for _, word in choices]
    codes = {word: code for code, word in choices if words.count(word) == 1}
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    return codes.get(text) or ", ".join(codes.get(part, part) for part in parts)


def worded(text: str, choices: list[tuple[str, str]]) -> str:
    """Codes as people read them; the way back from `coded`."""
    words = [word for _, word in choices]
    unlike = {code: word for code, word in choices if words.count(word) == 1}
    shown = [unlike.get(part.strip(), part.strip()) for part in text.split(",")]
    return ", ".join(shown) if choices else text


def _values(session: Session, field: Field) -> list[tuple[str, str]]:
    """Values to choose from, with their words; none for what is typed."""
    words = names()
    if field.shape is Shape.FLAG:
        return [("true", t("web.yes")), ("false", t("web.no"))]
    if field.key in ("lead_department", "departments"):
        return choices_of(each.code for each in city.departments(session))
    if field.key == "district":
        return [(each.code, words.district(each.code)) for each in city.districts(session)]
    if field.key in ("category", "sub_category"):
        top = field.key == "category"
        matters = city.categories(session)
        return [(each.code, words.category(each.code)) for each in matters if (each.parent is None) == top]
    return [(value, label(field.enum, value) if field.enum else value) for value in field.values or ()]
