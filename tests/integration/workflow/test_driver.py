"""The two server functions of a command, as the driver sends them."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.db import Sessions
from app.core.ids import new_id
from app.workflow.driver import LOCK, call

NOTHING = [None] * 11


def ask(sessions: Sessions, instance: str, rounds: int = 1) -> list[object]:
    with sessions() as session:
        for _ in range(rounds):
            found = call(session, LOCK, (instance, str(new_id()), None, None, "false"), commit=False)
    return list(found)


def prepared(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(text("select name from pg_prepared_statements")))


def test_a_function_is_prepared_once_for_a_connection_whatever_its_first_transaction_comes_to(
    sessions: Sessions,
) -> None:
    with pytest.raises(DBAPIError, match="advance_lock"):
        ask(sessions, "no id at all")
    assert prepared(sessions) == ["advance_lock"], "the transaction is undone, what is prepared stays"
    assert ask(sessions, str(new_id()), rounds=3) == NOTHING
    for _ in range(20):
        with sessions() as session:
            session.execute(text("select 1"))
    assert prepared(sessions) == ["advance_lock"], "reading neither prepares nor drops anything"


def test_a_new_connection_prepares_anew(sessions: Sessions) -> None:
    assert ask(sessions, str(new_id())) == NOTHING
    with sessions() as session:
        mine = session.scalar(text("select pg_backend_pid()"))
        session.connection().invalidate()
    assert ask(sessions, str(new_id())) == NOTHING
    with sessions() as session:
        assert session.scalar(text("select pg_backend_pid()")) != mine
