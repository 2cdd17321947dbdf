"""Short messages through any gateway that takes an HTTP request (N01). What it answers says what is known: nothing went
out (`NotSent`, `Refused`), it was taken, or, after a broken or slow answer, nobody can say."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

from app.messaging.errors import NotSent, Refused
from app.messaging.providers import OFF, TIMEOUT, Parcel

LATER = (429, 503)
"""The gateway took nothing and says so."""
NO_ENTRY = (401, 403, 407)
WORDS = 200
"""Characters of an answer that are kept as the reason."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """`body`: a JSON document, or a form `mobile={address}&content={body}`; in its texts {address}, {body}, {id} and
    {secret} are filled in. `header`: one more header, `Authorization: Bearer {secret}`. `accepted`: what the answer to
    a message that was taken contains; empty: every 2xx means taken."""

    url: str
    body: str
    header: str = ""
    secret: str = ""
    accepted: str = ""


class HttpGateway:
    name = "http gateway"

    def __init__(self, settings: GatewaySettings, timeout: float = TIMEOUT) -> None:
        """Raises ValueError where the body is no JSON document and no form, or leaves out address or text."""
        self.settings, self.template = settings, read_body(settings.body)
        self.timeout = timeout
        self._client: httpx.Client | None = None
        self._off_until, self._trouble = 0.0, ""

    def send(self, parcel: Parcel, /) -> str | None:
        """Raises NotSent, Refused; httpx.TransportError and Unclear when it may have gone out."""
        if time.monotonic() < self._off_until:
            raise NotSent(self._trouble)
        try:
            answer = self._client_now().post(self.settings.url, headers=self._headers(), **self._content(parcel))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._off(f"the gateway cannot be reached: {type(error).__name__}: {error}") from error
        return self._judged(answer)

    def _judged(self, answer: httpx.Response) -> str | None:
        code, words = answer.status_code, f"{answer.status_code} {' '.join(answer.text.split())[:WORDS]}".strip()
        if code in NO_ENTRY:
            raise self._off(f"the gateway refuses the secret: {words}")
        if code in LATER:
            raise NotSent(words)
        if code >= 500 or code == 408:
            raise Unclear(words)
        if code >= 300:
            raise Refused(words)
        if self.settings.accepted and self.settings.accepted not in answer.text:
            raise Refused(words)
        return answer.headers.get("X-Message-Id") or words[4 : 4 + WORDS] or None

    def _off(self, trouble: str) -> NotSent:
        """Others' messages must not wait for it again."""
        self._trouble, self._off_until = trouble, time.monotonic() + OFF
        return NotSent(trouble)

    def _client_now(self) -> httpx.Client:
        """Made by the process that sends, which may be a fork of the one that read the settings."""
        if self._client is None:
            self._client = httpx.Client(timeout=self.timeout, follow_redirects=False, trust_env=False)
        return self._client

    def _headers(self) -> dict[str, str]:
        name, _, value = self.settings.header.partition(":")
        return {name.strip(): value.strip().replace("{secret}", self.settings.secret)} if value else {}

    def _content(self, parcel: Parcel) -> dict[str, Any]:
        filled = _filled(self.template, {
            "{address}": parcel.address, "{body}": parcel.body, "{id}": str(parcel.id),
            "{secret}": self.settings.secret,
        })  # fmt: skip
        return {"json": filled} if is_json(self.settings.body) else {"data": filled}


class Unclear(Exception):
    """The gateway broke down over the message: it may have gone out."""


def is_json(body: str) -> bool:
    return body.lstrip().startswith(("{", "["))


def read_body(body: str) -> Any:
    """The template taken apart. Raises ValueError."""
    if not all(place in body for place in ("{address}", "{body}")):
        raise ValueError("it must contain {address} and {body}")
    if not is_json(body):
        return dict(parse_qsl(body, strict_parsing=True))
    return json.loads(body)


def _filled(template: Any, places: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {key: _filled(value, places) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, places) for value in template]
    if not isinstance(template, str):
        return template
    for place in places:  # what a citizen wrote may itself contain such a word, so all places are cut out at once
        template = template.replace(place, f"\0{place}\0")
    return "".join(places.get(part, part) for part in template.split("\0"))
