"""Sentences of reminders and messages as a city words them; the shipped ones stand in `texts.json`."""

import string
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Invalid, NotFound
from app.core.i18n import LANGUAGES, has_text, keys_with, shipped, text
from app.core.ids import derived_id
from app.identity import Actor, require
from app.messaging.models import MessageText

PREFIXES = ("notice.", "message.", "supervision.notice", "supervision.result.", "supervision.check.told.")
"""How the keys of sentences begin that `send` is given."""
LONGEST = 500

Worded = Mapping[tuple[str, str], str]
"""(key, language) → the city's own sentence."""


def worded(session: Session, keys: Iterable[str]) -> Worded:
    """Of these keys what the city says otherwise. One statement."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = session.execute(select(MessageText).where(MessageText.key.in_(wanted))).scalars()
    return {(row.key, row.language): row.body for row in rows}


def said(own: Worded, text_key: str, params: Mapping[str, Any], language: str) -> str:
    """Params whose value is itself the key of a text are said in the reader's language too. A param that the sentence
    names and nobody gave is left out."""
    words = {
        name: text(value, language) if isinstance(value, str) and has_text(value) else value
        for name, value in params.items()
    }
    if (body := own.get((text_key, language))) is None:
        return text(text_key, language, **words)
    return body.format_map(_Given(words))


class _Given(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def texts_to_word(session: Session) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """(key, shipped by language, the city's own by language) of every sentence that can be worded anew."""
    keys = keys_with(*PREFIXES)
    own = worded(session, keys)
    return [
        (key, dict(shipped(key)), {each: own[key, each] for each in LANGUAGES if (key, each) in own}) for key in keys
    ]


def reword(session: Session, key: str, bodies: Mapping[str, str], *, actor: Actor, now: datetime) -> None:
    """Say it otherwise, language by language; an empty sentence, or the shipped one, goes back to what ships. Recorded.

    Raises Forbidden, NotFound, Invalid: a sentence too long, or with a {name} that the shipped one does not know."""
    require(actor, "message.word")
    if not has_text(key) or not key.startswith(PREFIXES):
        raise NotFound("messaging.no_text")
    old = worded(session, [key])
    changes = {}
    for language in LANGUAGES:
        body = bodies.get(language, "").strip()
        _check(language, body, shipped(key)[language])
        body = "" if body == shipped(key)[language] else body
        before = old.get((key, language), "")
        if body != before:
            changes[language] = {"old": before or None, "new": body or None}
            _store(session, key, language, body, now)
    if changes:
        audit.record(
            session, derived_id("message_text", key), "message.worded", actor=actor, now=now, changes=changes,
            stream_kind="admin", stream_name=key,
        )  # fmt: skip


def names_in(body: str) -> set[str]:
    """What a sentence leaves open; a name with a format is none that is known. Raises ValueError where its braces make
    no sense."""
    parts = string.Formatter().parse(body)
    return {f"{name}{form}{conversion or ''}" if form or conversion else name for _, name, form, conversion in parts
            if name is not None}  # fmt: skip


def _check(language: str, body: str, known: str) -> None:
    try:
        strange = names_in(body) - names_in(known)
    except ValueError:
        strange = {"{}"}
    if strange:
        named = {"names": ", ".join(sorted(strange))}
        raise Invalid("messaging.text.names", {language: ("messaging.text.names", named)}, **named)
    if len(body) > LONGEST:
        raise Invalid("messaging.text.long", {language: ("messaging.text.long", {"most": LONGEST})}, most=LONGEST)


def _store(session: Session, key: str, language: str, body: str, now: datetime) -> None:
    if not body:
        session.execute(delete(MessageText).where(MessageText.key == key, MessageText.language == language))
        return
    new = insert(MessageText).values(key=key, language=language, body=body, changed_at=now)
    changed = {"body": body, "changed_at": now}
    session.execute(new.on_conflict_do_update(index_elements=["key", "language"], set_=changed))
