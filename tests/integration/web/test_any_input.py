"""Whatever is typed into whatever form: people get an answer, never a fault of ours."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random

import pytest
from flask.testing import FlaskClient

from app.contacts.demo import load_demo_telephone
from app.contacts.demo_calls import load_demo_calls
from app.core.db import transaction
from app.identity import SEED
from app.lifecycle import seed
from app.workflow import Runtime

from .conftest import House, csrf_of

PEOPLE = ("agent", "supervisor", "sanitation", "gas_head", "leader", "auditor", "analyst", "admin")
MOST_PAGES, OF_ONE_KIND, TIMES = 45, 2, 2
ODD = (
    "", "x", "a\tb", "9" * 40, "-1", "0", "1e999", "2026-13-45", "2026-11-28T09:00", "<script>alert(1)</script>", "[]",
    "é" * 2500, "😀" * 30, "'; drop table x; --", "00000000-0000-0000-0000-000000000000", "SUPERVISION", "gas",
)  # fmt: skip
LEFT_OUT = ("sign-out", "password", "session", "/deactivat", "/activ")
"""They would end the walk."""


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    """Name and value."""


class Page(HTMLParser):
    """Its links and its forms."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._in_form = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith("/"):
            self.links.append(given["href"].partition("#")[0])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
            self._in_form = True
        elif self._in_form and given.get("name") and given.get("type") != "file":
            self.forms[-1].fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._in_form = self._in_form and tag != "form"


def kind_of(address: str) -> str:
    """Addresses of two cases are one kind."""
    return re.sub(r"[0-9a-f-]{36}|\d{4,}(-\d+)?", "…", address.partition("?")[0])


def walk(client: FlaskClient) -> Iterator[tuple[str, Page]]:
    """Pages that lead on from the first one, a few of each kind."""
    ahead, seen, kinds = deque(["/"]), set[str](), Counter[str]()
    while ahead and len(seen) < MOST_PAGES:
        address = ahead.popleft()
        if address in seen or kinds[kind_of(address)] >= OF_ONE_KIND or "sign-out" in address:
            continue
        seen.add(address)
        kinds[kind_of(address)] += 1
        answer = client.get(address, follow_redirects=True)
        assert answer.status_code < 500, f"{address}: {answer.status_code}"
        if answer.mimetype == "text/html":
            page = Page(answer.text)
            ahead.extend(page.links)
            yield address, page
        answer.close()


def filled(form: Form, token: str, chance: Random) -> dict[str, str]:
    """Some fields as they stand, some with something odd, some left out."""
    values = {}
    for name, value in form.fields:
        turn = chance.random()
        if name == "csrf_token":
            values[name] = token
        elif turn < 0.7:
            values[name] = chance.choice(ODD)
        elif turn < 0.9:
            values[name] = value
    return values


def test_odd_input_is_answered(house: House, past: Runtime) -> None:
    for username in PEOPLE:
        assert try_everything(house, username) >= 3, f"{username} came to no form"


def try_everything(house: House, username: str) -> int:
    """How many forms were sent."""
    client, chance, tried = house.browser(username), Random(username), Counter[str]()  # noqa: S311
    token = csrf_of(client, "/")
    for address, page in walk(client):
        for form in page.forms:
            action = (form.action or address).partition("?")[0]
            kind = f"{form.method} {kind_of(action)}"
            if tried[kind] >= TIMES or any(part in action for part in LEFT_OUT):
                continue
            tried[kind] += 1
            values = filled(form, token, chance)
            asked = {"query_string": values} if form.method == "get" else {"data": values}
            answer = client.open(action, method=form.method.upper(), **asked)
            assert answer.status_code < 500, f"{username}: {kind} {values}: {answer.status_code}"
            answer.close()
    return sum(tried.values())


@pytest.fixture
def past(runtime: Runtime) -> Runtime:
    """A city in which something of everything is under way."""
    seed.seed(runtime, 12)
    with transaction(runtime.sessions) as session:
        load_demo_telephone(session, SEED, runtime.clock.now())
        load_demo_calls(session, runtime.clock.now())
    return runtime
