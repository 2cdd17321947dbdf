"""Errors become HTTP here and nowhere else: problem details (RFC 9457) for programs and islands, a page for people."""

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Flask, Response, current_app, redirect, render_template, request
from marshmallow import Schema, fields
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import CitydeskError, Invalid, Unauthenticated
from app.core.http import language
from app.core.i18n import has_text, text
from app.core.ids import new_id
from app.identity import TooManyAttempts
from app.web.field_sentences import field_sentence
from app.web.names import groups_in_words

logger = logging.getLogger(__name__)


class ProblemSchema(Schema):
    """application/problem+json"""

    type = fields.String(metadata={"description": "urn:citydesk:problem:<code>"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String(metadata={"description": "What happened, what was kept, what to do"})
    code = fields.String(metadata={"description": "Stable, for programs"})
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "By field"}
    )
    reference = fields.String(metadata={"description": "Find it in the server's log by this"})


def install(app: Flask) -> None:
    app.register_error_handler(CitydeskError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(Exception, _unexpected)


def wants_problem() -> bool:
    """Does a program (or an island) ask, rather than a person's browser for a page?"""
    if request.path.startswith("/api/") or request.is_json:
        return True
    accepts = request.accept_mimetypes
    return accepts["application/json"] > accepts["text/html"]


def _expected(error: CitydeskError) -> AnyResponse:
    if isinstance(error, Unauthenticated) and not wants_problem() and request.method == "GET":
        return redirect("/sign-in?" + urlencode({"next": request.full_path.rstrip("?")}))
    errors = {}
    if isinstance(error, Invalid):
        errors = {field: [text(key, language(), **params)] for field, (key, params) in error.fields.items()}
    detail = sentence(error)
    response = _answer(error.status, error.key, detail, errors)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(int(error.retry_after.total_seconds()) + 1)
    return response


def sentence(error: CitydeskError) -> str:
    """What a person is told, in the language of the page; groups by their names in that language."""
    params = dict(error.params)
    groups = params.get("groups")
    if isinstance(groups, list):
        params["who"] = groups_in_words(groups)
    return text(error.key, language(), **params)


def _http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()
    if status >= 500:
        return _unexpected(error)
    key = f"web.problem.{status}.detail"
    detail = text(key, language()) if has_text(key) else str(error.description)
    response = _answer(status, f"http-{status}", detail, _schema_errors(error))
    for name, value in error.get_headers():  # Allow, Retry-After …
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _away(error: OperationalError) -> AnyResponse:
    """The database restarts or is out of reach. Nothing was saved; a client with an Idempotency-Key asks again."""
    logger.warning("%s %s: database: %s", request.method, request.path, str(error.orig).strip().splitlines()[0])
    response = _answer(503, "http-503", text("web.problem.503.detail", language()), {})
    response.headers["Retry-After"] = "2"
    return response


def _unexpected(error: Exception) -> AnyResponse:
    reference = new_id().hex[-12:]
    logger.error("%s %s failed, reference %s", request.method, request.path, reference, exc_info=error)
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    detail = text("web.problem.500.detail", language())
    return _answer(500, "http-500", detail, {}, reference=reference)


def _answer(
    status: int, code: str, detail: str, errors: Mapping[str, list[str]], reference: str | None = None
) -> AnyResponse:
    title = _title(status)
    if wants_problem():
        body: dict[str, object] = {
            "type": f"urn:citydesk:problem:{code}", "title": title, "status": status, "detail": detail, "code": code,
        }  # fmt: skip
        if errors:
            body["errors"] = dict(errors)
        if reference:
            body["reference"] = reference
        response = Response(current_app.json.dumps(body), status, mimetype="application/problem+json")
        response.headers["Content-Language"] = language()
        return response
    page = render_template("error.html", status=status, title=title, detail=detail, errors=errors, reference=reference)
    return Response(page, status)


def _title(status: int) -> str:
    key = f"web.problem.{status}.title"
    return text(key if has_text(key) else f"web.problem.{status // 100}00.title", language())


def _schema_errors(error: HTTPException) -> dict[str, list[str]]:
    """webargs hangs {"json": {field: [sentence]}} on a 422; nested fields become dotted names."""
    messages = (getattr(error, "data", None) or {}).get("messages", {})
    found: dict[str, list[str]] = {}
    for by_field in messages.values():
        _flatten("", by_field, found)
    return found


def _flatten(prefix: str, value: object, into: dict[str, list[str]]) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _flatten(f"{prefix}.{name}" if prefix else str(name), inner, into)
    elif isinstance(value, list):
        into[prefix or "_"] = [field_sentence(str(item), language()) for item in value]
