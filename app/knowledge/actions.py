"""Keeping phrases. They change no case; what everybody sees is recorded."""

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.identity import Actor, require
from app.knowledge.models import Phrase

LONGEST_TITLE, LONGEST_BODY = 40, 1000
MOST = 200
"""Of one person's own."""
STREAM = UUID("6a1c7a51-6f0e-4b9c-9d8e-2f1f5f0f7a10")
"""The administrative stream of what everybody's phrases were."""


def keep_phrase(session: Session, title: str, body: str, *, shared: bool, actor: Actor, now: datetime) -> Phrase:
    """Raises Invalid (a sentence for each field), Forbidden for who may not share."""
    title, body = title.strip(), body.strip()
    wrong: dict[str, tuple[str, dict[str, object]]] = {}
    if not 0 < len(title) <= LONGEST_TITLE:
        wrong["title"] = ("knowledge.phrase.title", {"most": LONGEST_TITLE})
    if not 0 < len(body) <= LONGEST_BODY:
        wrong["body"] = ("knowledge.phrase.body", {"most": LONGEST_BODY})
    if wrong:
        raise Invalid("knowledge.phrase.wrong", wrong)
    if shared:
        require(actor, "phrase.share")
    elif (session.scalar(select(func.count()).where(Phrase.owner == actor.id)) or 0) >= MOST:
        raise Invalid("knowledge.phrase.too_many", most=MOST)
    phrase = Phrase(
        id=new_id(), owner=None if shared else actor.id, title=title, body=body, made_at=now, made_by=actor.id
    )
    session.add(phrase)
    if shared:
        _record(session, "phrase.added", {"old": None, "new": {"title": title, "body": body}}, actor, now)
    return phrase


def remove_phrase(session: Session, phrase_id: UUID, *, actor: Actor, now: datetime) -> None:
    """One's own, or everybody's by who may share. Raises NotFound, Forbidden."""
    phrase = session.get(Phrase, phrase_id)
    if phrase is None or phrase.owner not in (None, actor.id):
        raise NotFound("knowledge.phrase.unknown")
    if phrase.owner is None:
        require(actor, "phrase.share")
        old = {"title": phrase.title, "body": phrase.body}
        _record(session, "phrase.removed", {"old": old, "new": None}, actor, now)
    session.delete(phrase)


def load_demo_phrases(session: Session, actor: Actor, now: datetime) -> None:
    """The demo city's, for everybody; again changes nothing."""
    known = json.loads((Path(__file__).parent / "demo_phrases.json").read_text(encoding="utf-8"))
    rows = [
        {"id": uuid5(STREAM, title), "owner": None, "title": title, "body": body, "made_at": now, "made_by": actor.id}
        for title, body in known.items()
    ]
    session.execute(insert(Phrase).values(rows).on_conflict_do_nothing())


def _record(session: Session, kind: str, change: dict[str, object], actor: Actor, now: datetime) -> None:
    audit.record(session, STREAM, kind, actor=actor, now=now, changes={"phrase": change}, stream_name="phrases")
