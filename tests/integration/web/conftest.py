"""The web application in this process, over a demo city of its own; people ask it with their tokens."""

from dataclasses import dataclass
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.settings import Settings
from app.web.app import create_app
from app.workflow import Runtime
from tests.demo_city import PASSWORD, demo_template, demo_url, running, runtime, settings

__all__ = ["demo_template", "demo_url", "running", "runtime", "settings"]


@dataclass
class Person:
    """Somebody with a token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"}
        if key:
            headers["Idempotency-Key"] = key
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, body: object, key: str | None = None) -> TestResponse:
        return self.ask("POST", path, key, json=body)


@dataclass
class House:
    """The application and a way in."""

    app: Flask

    def person(self, username: str) -> Person:
        client = self.app.test_client()
        answer = client.post("/api/v1/sessions", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        return Person(client, answer.json["token"])

    def browser(self, username: str | None = None) -> FlaskClient:
        """A browser with cookies, signed in by the page when a name is given."""
        client = self.app.test_client()
        if username:
            form = {"username": username, "password": PASSWORD, "csrf_token": csrf_of(client, "/sign-in")}
            answer = client.post("/sign-in", data=form)
            assert answer.status_code == 302, answer.text
        return client


def forget_sign_ins(settings: Settings) -> None:
    """All tests sign in from one address; on a fast machine they are more a minute than the product allows there."""
    store = redis.Redis.from_url(settings.redis_url)
    for key in store.scan_iter("*citydesk-limit*"):
        store.delete(key)
    store.close()


def csrf_of(client: FlaskClient, path: str) -> str:
    """The token a page carries."""
    page = client.get(path).text
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


@pytest.fixture
def house(runtime: Runtime, settings: Settings) -> House:
    forget_sign_ins(settings)
    app = create_app(runtime, settings)
    app.config["TESTING"] = True
    return House(app)
