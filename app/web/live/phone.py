"""News of the telephone, as pages get them: an agent hears of their own seat and of the calls they are in; who leads a
shift hears that something changed, and asks."""

import json
from dataclasses import dataclass
from typing import Any

from app.citizens import masked_phone
from app.contacts import LIVE
from app.identity import Actor, can

TOLD = ("kind", "call", "stage", "direction", "group", "mark", "district", "held", "began_at", "queued_at",
        "answered_at", "leg", "agent", "state", "seat", "reason", "since", "to", "way", "name", "outcome")  # fmt: skip
"""What of a piece of news leaves the server; numbers only masked."""

__all__ = ["BOARD", "LIVE", "PhoneNews", "concerns", "leads_shift", "read_phone"]

BOARD = "event: board\ndata: \n\n"
CALLBACKS = "event: callbacks\ndata: \n\n"


@dataclass(frozen=True, slots=True)
class PhoneNews:
    """`agents`: ids of those whom it concerns."""

    agents: frozenset[str]
    event: str
    of_all: bool = False
    """It concerns everybody who may read calls."""


def read_phone(data: bytes | str) -> PhoneNews:
    """Raises ValueError for what is no news."""
    plain = json.loads(data)
    if not isinstance(plain, dict):
        raise ValueError("no news of the telephone")
    if plain.get("about") == "callback":
        return PhoneNews(frozenset(), CALLBACKS, of_all=True)
    agents = {*plain.get("agents", ()), plain.get("agent"), plain.get("by")} - {None}
    body: dict[str, Any] = {key: plain[key] for key in TOLD if plain.get(key) is not None}
    body["about"] = plain.get("about")
    if plain.get("about") == "call":
        number = plain.get("caller") if plain.get("direction") == "IN" else plain.get("called")
        body["phone"] = masked_phone(number) if plain.get("direction") != "INTERNAL" else number
    return PhoneNews(frozenset(map(str, agents)), f"event: phone\ndata: {json.dumps(body, ensure_ascii=False)}\n\n")


def concerns(news: PhoneNews, actor: Actor) -> bool:
    return can(actor, "call.read") if news.of_all else str(actor.id) in news.agents


def leads_shift(actor: Actor) -> bool:
    return can(actor, "call.supervise")
