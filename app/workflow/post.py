"""Posting a message inside the caller's own transaction, by a process that runs no instances: the sweep routes it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
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


def post_if_awaited(
    session: Session, name: str, key: str, payload: Mapping[str, Any], *, dedupe: str, now: datetime
) -> None:
    """Like `post`, but only where an instance waits for it or the deployed diagrams name such a message: news that
    come by the thousand would fill the inbox otherwise."""
    waits = select(exists().where(Subscription.name == name, Subscription.key == key))
    if name in _named(session) or session.scalar(waits):
        post(session, name, key, payload, dedupe=dedupe, now=now, expires_in=timedelta(days=1))


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
