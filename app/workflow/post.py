"""Posting a message inside the caller's own transaction, by a process that runs no instances: the sweep routes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.workflow import codec
from app.workflow.bundles import files_of
from app.workflow.deliver import INSERT, KEPT
from app.workflow.models import Subscription
from app.workflow.queries import current_bundle_id

_MESSAGE = re.compile(rb"<(?:\w+:)?message\b[^>]*\bname=\"([^\"]+)\"")
_known: dict[UUID, frozenset[str]] = {}


def post(
    session: Session, name: str, key: str | None, payload: Mapping[str, Any], *, dedupe: str, now: datetime,
    expires_in: timedelta = KEPT,
) -> None:  # fmt: skip
    """The message goes out with the caller's commit, once for each `dedupe`."""
    row = (new_id(), name, key or "", codec.dump(payload), dedupe, now, now + expires_in)
    session.connection().exec_driver_sql(INSERT, row)


@dataclass(frozen=True, slots=True)
class Post:
    """A message that may interest nobody."""

    name: str
    key: str
    payload: Mapping[str, Any]
    dedupe: str


def post_awaited(session: Session, posts: Sequence[Post], *, now: datetime) -> None:
    """Like `post`, but only where an instance waits for it or the deployed diagrams name such a message: news that
    come by the thousand would fill the inbox otherwise."""
    if not posts:
        return
    named = _named(session)
    of_key = select(Subscription.name, Subscription.key).where(Subscription.key.in_({post.key for post in posts}))
    awaited = {(name, key) for name, key in session.execute(of_key)}
    for each in posts:
        if each.name in named or (each.name, each.key) in awaited:
            post(session, each.name, each.key, each.payload, dedupe=each.dedupe, now=now, expires_in=timedelta(days=1))


def _named(session: Session) -> frozenset[str]:
    """Names of the messages in the deployed diagrams; looked up once a bundle."""
    bundle = current_bundle_id(session)
    if bundle is None:
        return frozenset()
    if bundle not in _known:
        files = files_of(session, bundle)
        names = {name.decode() for path, body in files.items() if path.endswith(".bpmn")
                 for name in _MESSAGE.findall(body)}  # fmt: skip
        _known.clear()
        _known[bundle] = frozenset(names)
    return _known[bundle]
