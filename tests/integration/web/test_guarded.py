"""Every route says who may use it, and means it."""

from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule, UUIDConverter

from app import identity
from app.core.db import transaction
from app.identity import OPERATOR
from app.identity.guard import PUBLIC, SIGNED_IN, permission_of
from app.workflow import Runtime

from .conftest import PASSWORD, House, csrf_of

METHODS = ("GET", "POST", "PUT", "DELETE")


def routes(app: Flask) -> list[tuple[str, str, str | None]]:
    """(method, path with some arguments, permission) of every route."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            permission = permission_of(app.view_functions[rule.endpoint])
            built = rule.build({name: _some(rule, name) for name in rule.arguments})
            assert built is not None
            found += [(method, built[1], permission) for method in METHODS if method in (rule.methods or ())]
    return found


def _some(rule: Rule, name: str) -> object:
    match rule._converters[name]:
        case UUIDConverter():
            return uuid4()
        case IntegerConverter():
            return 1
    return "x"


def test_no_route_has_forgotten_its_permission(house: House) -> None:
    forgotten = [(method, path) for method, path, permission in routes(house.app) if permission is None]
    assert not forgotten


def test_who_has_not_signed_in_gets_nowhere(house: House) -> None:
    client = house.app.test_client()
    for method, path, permission in routes(house.app):
        if permission == PUBLIC:
            continue
        answer = client.open(path, method=method, json={} if method != "GET" else None)
        if method == "GET" and not path.startswith("/api/"):
            assert answer.status_code == 302, path
            assert answer.location.startswith("/sign-in"), path
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.mimetype == "application/problem+json"


def test_a_stranger_is_refused_by_every_permission(house: House, runtime: Runtime) -> None:
    """Somebody with a login and no grant may see their own things only."""
    with transaction(runtime.sessions) as session:
        identity.add_user(session, "stranger", "陌生人", PASSWORD, [], OPERATOR, runtime.clock.now(), demo=True)
    stranger = house.person("stranger")
    headers = {"Authorization": f"Bearer {stranger.token}", "Accept": "application/json"}
    refused = set()
    for method, path, permission in routes(house.app):
        if permission in (PUBLIC, SIGNED_IN):
            continue
        answer = stranger.client.open(path, method=method, headers=headers, json={} if method != "GET" else None)
        assert answer.status_code == 403, (method, path, answer.status_code)
        refused.add(permission)
    assert {"case.read", "case.register", "incident.retry", "order.withdraw", "history.read"} <= refused


@pytest.mark.parametrize("path", ["/sign-out", "/account/password", "/language"])
def test_a_cookie_alone_changes_nothing(house: House, path: str) -> None:
    """A foreign site's form carries the cookie but not the token."""
    browser = house.browser("agent")
    assert browser.post(path, data={}).status_code == 403
    assert browser.get("/account").status_code == 200


def test_a_foreign_site_cannot_use_the_api_by_cookie(house: House) -> None:
    browser = house.browser("agent")
    body = {"values": {}}
    assert browser.post("/api/v1/registrations", json=body).status_code == 403
    token = csrf_of(browser, "/account")
    allowed = browser.post("/api/v1/registrations", json=body, headers={"X-CSRFToken": token})
    assert allowed.status_code == 422


def test_headers_keep_foreign_pages_and_scripts_out(house: House) -> None:
    headers = house.app.test_client().get("/sign-in").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    secure = house.app.test_client().get("/sign-in", base_url="https://city.example")
    assert "Secure" in secure.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_this_site_only(house: House, target: str) -> None:
    client = house.app.test_client()
    form = {"username": "agent", "password": PASSWORD, "csrf_token": csrf_of(client, "/sign-in"), "next": target}
    assert client.post("/sign-in", data=form).location == "/tasks"
