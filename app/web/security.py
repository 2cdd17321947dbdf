"""Who asks, may they, is it really them, how often: decided before any view runs. And the headers of every answer."""

from typing import Any, cast

from flask import Flask, Response, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect

from app import identity
from app.core.db import transaction
from app.core.errors import Forbidden, Invalid
from app.core.http import site
from app.core.settings import Settings
from app.identity import guard

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_INS = "120 per minute"
"""By address: argon2 takes 50 ms of CPU each. Wrong passwords are counted more strictly by identity."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # data only: the dial of a limit, the width of a meter
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",  # the street's pages without a network
        "media-src 'self'",  # recordings
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

csrf = CSRFProtect()


def install(app: Flask) -> None:
    csrf.init_app(app)
    app.before_request(_identify)
    app.before_request(_protect)
    app.after_request(_add_headers)


def _identify() -> None:
    """Read the actor once. A bearer token wins over the cookie and needs no CSRF token: no browser sends it unasked."""
    g.actor, g.token, g.by_cookie = None, "", False
    if request.endpoint == "static":
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token, g.by_cookie = session.get("token", ""), True
    if not token.strip():
        return
    g.token = token.strip()
    with transaction(site().sessions) as database:
        g.actor = identity.actor_of_token(database, g.token, site().clock.now())


def _protect() -> None:
    """Permission first, then CSRF for whoever came by cookie (the sign-in page too: a foreign site must not sign
    somebody in as somebody else)."""
    if request.endpoint is None:
        return  # 404 or 405 follows
    guard.check(current_app.view_functions.get(request.endpoint), g.actor)
    _refuse_nul()
    if request.method in SAFE_METHODS or not g.by_cookie:
        return
    if request.path.startswith("/api/") and g.actor is None:
        return  # signs in by JSON, which no foreign form can send, and sets no cookie
    try:
        csrf.protect()
    except CSRFError:
        raise Forbidden("web.csrf") from None


def _refuse_nul() -> None:
    """PostgreSQL's text cannot hold NUL; no person types it. JSON bodies: `core.reading`."""
    given = [request.path, *request.args.keys(), *request.args.values()]
    if request.method not in SAFE_METHODS and not request.is_json:
        given += request.form.values()
    if any("\0" in text for text in given):
        raise Invalid("workflow.nul")


def limit_sign_ins(app: Flask, settings: Settings, endpoints: tuple[str, ...]) -> None:
    """Count in Valkey, so that all web processes count together; in memory while Valkey is away."""
    url = settings.redis_url
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=f"redis+{url}" if url.startswith("unix://") else url,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        in_memory_fallback_enabled=True,
        key_prefix="citydesk-limit",
    )
    limit = limiter.shared_limit(SIGN_INS, scope="sign-in", methods=["POST"])
    for endpoint in endpoints:
        app.view_functions[endpoint] = cast(Any, limit(app.view_functions[endpoint]))


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(self), microphone=(self)")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"  # citizens' data: not in a shared computer's cache
    return response
