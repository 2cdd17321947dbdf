"""Ids are UUIDv7 made by the application: sortable by time, no round trip to the database."""

from uuid import NAMESPACE_OID, UUID, uuid5

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()


def derived_id(*parts: object) -> UUID:
    """The same parts always give the same id: command ids of timers and messages, so that a repeat is recognised."""
    return uuid5(NAMESPACE_OID, "|".join(str(part) for part in parts))
