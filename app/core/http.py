"""What the routes of every feature share: the services they use, typed API blueprints, command ids, pages.

The faces import this and Flask; the domain never does.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from uuid import UUID

import flask_smorest
from flask import Request, current_app, g, request
from marshmallow import Schema, fields, validate
from webargs.core import is_json, missing
from webargs.flaskparser import FlaskParser

from app.core import reading
from app.core.clock import Clock
from app.core.db import Sessions
from app.core.errors import Invalid
from app.core.i18n import LANGUAGES, choose_language
from app.core.ids import new_id
from app.core.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

MAX_PAGE = 200
LANGUAGE_COOKIE = "language"


class HasSessions(Protocol):
    """The runtime, as far as `core` may know it."""

    @property
    def sessions(self) -> Sessions: ...
    @property
    def clock(self) -> Clock: ...


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a route needs, put there once by `create_app`."""

    runtime: Any
    """The workflow's Runtime; `core` lies below it and cannot name its type."""
    settings: Settings

    @property
    def sessions(self) -> Sessions:
        return cast(HasSessions, self.runtime).sessions

    @property
    def clock(self) -> Clock:
        return cast(HasSessions, self.runtime).clock


def site() -> Site:
    """The site that serves this request."""
    return cast(Site, current_app.extensions["citydesk"])


class _Parser(FlaskParser):
    """Reads bodies strictly."""

    def _raw_load_json(self, req: Request) -> Any:
        return reading.loads(req.get_data(cache=True)) if is_json(req.mimetype) else missing


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """flask-smorest's blueprint with types, so that `mypy --strict` sees through its decorators."""

    ARGUMENTS_PARSER = _Parser()

    def operation(self, rule: str, method: str = "GET") -> Callable[[Callable[P, R]], Callable[P, R]]:
        """One method of one resource, e.g. `@blueprint.operation("/tasks/<uuid:task_id>/completion", "POST")`."""
        return cast(Callable[[Callable[P, R]], Callable[P, R]], self.route(rule, methods=[method]))

    def takes(self, schema: type[Schema], location: str = "json") -> Callable[[Callable[..., R]], Callable[..., R]]:
        """The body (or query) is checked by `schema`; the view gets a dict as its last positional argument."""
        return cast(Callable[[Callable[..., R]], Callable[..., R]], self.arguments(schema, location=location))

    def gives(
        self, schema: type[Schema] | Schema | None, status: int = 200
    ) -> Callable[[Callable[..., R]], Callable[..., R]]:
        """What the view returns is dumped by `schema`."""
        return cast(Callable[[Callable[..., R]], Callable[..., R]], self.response(status, schema))


def language() -> str:
    """The language to answer in. A page: what was chosen in this browser, else the account's, else the browser's;
    a program: what it accepts, else the account's. Found once a request, when first asked for."""
    if "language" not in g:
        g.language = _choose_language()
    return str(g.language)


def _choose_language() -> str:
    chosen, accepted = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("Accept-Language")
    account = g.actor.language if g.get("actor") is not None else None
    if request.path.startswith("/api/"):
        return choose_language(accepted, account or site().settings.default_language)
    if chosen in LANGUAGES:
        return str(chosen)
    return account or choose_language(accepted, site().settings.default_language)


class PageQuery(Schema):
    """Keyset paging: `next` of one answer is `after` of the following question."""

    after = fields.String(load_default=None, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))


def command_id() -> UUID:
    """The `Idempotency-Key` header: a repeated request with the same key returns the first one's result.
    Without one the request gets a fresh id. Raises Invalid when it is no uuid."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return new_id()
    try:
        return UUID(given)
    except ValueError:
        raise Invalid("core.idempotency_key") from None


def key_of(at: datetime, row_id: UUID) -> str:
    """The keyset of a page's last row, opaque to whoever sends it back as `after`."""
    return urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode()


def keyset(after: str | None) -> tuple[datetime, UUID] | None:
    """The inverse of `key_of`. Raises Invalid."""
    if after is None:
        return None
    try:
        at, _, row_id = urlsafe_b64decode(after.encode()).decode().partition("|")
        return datetime.fromisoformat(at), UUID(row_id)
    except ValueError:
        raise Invalid("core.keyset", {"after": ("core.keyset", {})}) from None
