"""Facts of calls come in batches, whole or in pieces, and again after a crash: the records are the same."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.contacts import SEAT_STATE, CallKind, Fact, take_facts
from app.core.db import Sessions
from app.core.ids import derived_id

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
ANNA, BEN = UUID(int=101), UUID(int=102)
TABLES = ("call", "call_leg", "call_event", "recording", "callback_request", "seat_state")


def story() -> list[Fact]:
    """Two calls at once: one is answered after it rang in vain elsewhere, and recorded; the other gives up."""
    talked, left = derived_id("test", "talked"), derived_id("test", "left")
    sound = str(derived_id("test", "sound"))
    told: list[tuple[UUID, str, dict[str, Any]]] = [
        (ANNA, SEAT_STATE, {"state": "IDLE", "seat": "8001"}),
        (talked, CallKind.ARRIVED, {"direction": "IN", "caller": "13800136799", "called": "12345", "channel": "c1"}),
        (talked, CallKind.QUEUED, {"group": "GENERAL", "priority": 2}),
        (left, CallKind.ARRIVED, {"direction": "IN", "caller": "13900136799", "called": "12345", "channel": "c2"}),
        (talked, CallKind.RANG, {"leg": "l1", "kind": "SEAT", "agent": str(ANNA), "number": "8001"}),
        (ANNA, SEAT_STATE, {"state": "RINGING", "seat": "8001", "call": str(talked)}),
        (left, CallKind.QUEUED, {"group": "GENERAL"}),
        (talked, CallKind.LEG_ENDED, {"leg": "l1", "cause": "no_answer"}),
        (ANNA, SEAT_STATE, {"state": "PAUSED", "seat": "8001", "reason": "NO_ANSWER"}),
        (BEN, SEAT_STATE, {"state": "RINGING", "seat": "8002", "call": str(talked)}),
        (talked, CallKind.RANG, {"leg": "l2", "kind": "SEAT", "agent": str(BEN), "number": "8002"}),
        (talked, CallKind.ANSWERED, {"leg": "l2", "agent": str(BEN)}),
        (talked, CallKind.RECORDING, {"recording": sound, "kind": "TALK", "name": "r"}),
        (BEN, SEAT_STATE, {"state": "ON_CALL", "seat": "8002", "call": str(talked)}),
        (left, CallKind.ENDED, {"outcome": "ABANDONED", "cause": "caller"}),
        (talked, CallKind.ENDED, {"outcome": "ANSWERED", "cause": "seat"}),
        (talked, CallKind.RECORDED, {"recording": sound, "kind": "TALK", "seconds": 31}),
    ]
    numbers: dict[UUID, int] = {}
    facts = []
    for second, (subject, kind, body) in enumerate(told):
        numbers[subject] = numbers.get(subject, 0) + 1
        facts.append(Fact(subject, numbers[subject], kind, NOW + timedelta(seconds=second), body))
    return facts


def take(sessions: Sessions, batches: Iterable[Sequence[Fact]]) -> None:
    for batch in batches:
        with sessions.begin() as session:
            take_facts(session, batch, NOW, lambda *_: None, Path("/nowhere"))


def records(sessions: Sessions) -> dict[str, list[Any]]:
    with sessions() as session:
        return {table: list(session.execute(text(f"select * from {table} order by id"))) for table in TABLES}  # noqa: S608


def forget(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for table in (*TABLES, "message"):
            session.execute(text(f"delete from {table}"))  # noqa: S608


@pytest.mark.feature("Q06")
def test_a_calls_record_is_what_its_facts_add_up_to(sessions: Sessions) -> None:
    take(sessions, [story()])
    with sessions() as session:
        call = session.execute(text("select * from call where outcome = 'ANSWERED'")).one()
        legs = session.execute(text("select id, answered_at is not null, cause from call_leg order by id")).all()
        asked = session.execute(text("select phone, reason from callback_request")).all()
        states = session.execute(
            text("select state, until from seat_state where user_id = :anna order by since"), {"anna": ANNA}
        ).all()
    assert (call.agent, call.skill_group, call.priority, call.last_no) == (BEN, "GENERAL", 2, 9)
    assert call.answered_at - call.queued_at == timedelta(seconds=9)
    assert [tuple(leg) for leg in legs] == [("l1", False, "no_answer"), ("l2", True, None)]
    assert [tuple(row) for row in asked] == [("13900136799", "ABANDONED")]
    assert [state for state, _ in states] == ["IDLE", "RINGING", "PAUSED"]
    assert [until for _, until in states] == [NOW + timedelta(seconds=5), NOW + timedelta(seconds=8), None]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 16)), st.data())
def test_however_the_facts_are_cut_and_repeated_the_records_are_the_same(
    sessions: Sessions, cuts: set[int], data: st.DataObject
) -> None:
    facts = story()
    forget(sessions)
    take(sessions, [[fact] for fact in facts])
    one_by_one = records(sessions)
    forget(sessions)
    edges = [0, *sorted(cuts), len(facts)]
    batches = [facts[start:end] for start, end in pairwise(edges)]
    again = data.draw(st.integers(0, len(batches)))
    take(sessions, [*batches[:again], *batches[max(0, again - 2) : again], *batches[again:]])
    assert records(sessions) == one_by_one
