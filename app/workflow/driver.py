"""The two hot statements of every command go straight to psycopg, inside the session's transaction.

SQLAlchemy describes the columns of a text statement anew at every call, which took a third of a command's time."""

from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def call(session: Session, statement: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    """One row of a server function. Raises SQLAlchemy's errors, like any other statement of the session."""
    connection = session.connection()
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    try:
        row = raw.execute(statement, parameters, binary=True).fetchone()
    except psycopg.Error as error:
        lost = raw.closed
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement,
            (),
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
    assert row is not None
    return tuple(row)
