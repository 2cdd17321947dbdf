"""The Flask application: one function that puts it together. Wiring calls it with a runtime."""

from datetime import timedelta
from typing import Any, cast

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from flask.sessions import SecureCookieSessionInterface
from flask_smorest import Api

from app.core import reading
from app.core.http import Site
from app.core.settings import Settings
from app.identity.guard import public
from app.web import assets, health, pages, problems, routes, security, templating
from app.web.around import SEAT
from app.web.live import Hub
from app.web.telephone import seat_of

MAX_BODY = 1024 * 1024
"""Bytes. Files have their own road; a form or an API call is text."""


class _SessionCookie(SecureCookieSessionInterface):
    """Secure exactly when the page came by https: on loopback there is none."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return request.is_secure


class _Json(DefaultJSONProvider):
    """Chinese stays readable, keys in the order they were made."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002
        return reading.loads(s)


class _ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest documents and checks; every error is answered by `problems`."""

    ERROR_SCHEMA = problems.ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = "DEFAULT_ERROR"

    def _register_error_handlers(self) -> None:
        return

    @public
    def _openapi_json(self) -> Response:
        return cast(Response, super()._openapi_json())


def create_app(runtime: Any, settings: Settings) -> Flask:
    """The application for `runtime` (the workflow's Runtime: `.sessions`, `.clock` …). No I/O happens here."""
    app = Flask("app.web")
    app.config.update(_config(settings))
    app.extensions["citydesk"] = Site(runtime, settings)
    app.extensions["citydesk-live"] = Hub(runtime.sessions, settings.redis_url, settings.web_threads * 3 // 4)
    app.extensions[SEAT] = seat_of
    app.session_interface = _SessionCookie()
    app.url_map.strict_slashes = False
    app.json = _Json(app)
    problems.install(app)
    security.install(app)
    templating.install(app)
    assets.install(app)
    api = _ProblemApi(app)
    routes.register(api)
    pages.register(app)
    health.install(app)
    security.limit_sign_ins(app, settings, ("pages.sign_in", "sessions.create", "pages.set_password"))
    public(app.view_functions["static"])
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY,
        "SESSION_COOKIE_NAME": "citydesk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        "WTF_CSRF_CHECK_DEFAULT": False,  # security decides: cookies only, never bearer tokens
        "WTF_CSRF_TIME_LIMIT": None,
        "API_TITLE": "Citydesk",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api/v1",
        "OPENAPI_JSON_PATH": "openapi.json",
        "API_SPEC_OPTIONS": {"info": {"description": "Case management for city hotlines."}} | _SECURITY_SCHEME,
    }


_SECURITY_SCHEME: dict[str, object] = {
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "security": [{"bearer": []}],
}
