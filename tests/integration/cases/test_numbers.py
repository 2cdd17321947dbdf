"""Numbers under many hands: none twice, none missing, also when transactions fail."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.cases import numbers
from app.cases.enums import ProcessingMethod
from app.core.db import Sessions

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.mark.feature("W14")
def test_eight_hands_get_every_number_once_though_some_fail(sessions: Sessions) -> None:
    start = threading.Barrier(8)

    def work(hand: int) -> list[str]:
        start.wait()
        got = []
        for turn in range(25):
            with sessions() as session:
                number = numbers.next_acceptance_no(session, NOW, ZONE)
                if (hand + turn) % 3 == 0:
                    session.rollback()
                else:
                    session.commit()
                    got.append(number)
        return got

    with ThreadPoolExecutor(8) as pool:
        taken = [number for got in pool.map(work, range(8)) for number in got]
    counts = sorted(int(number[8:13]) for number in taken)
    assert counts == list(range(1, len(taken) + 1))
    assert all(numbers.is_sound(number) and number.startswith("20261118") for number in taken)


@pytest.mark.feature("P06")
def test_every_processing_method_counts_for_itself(sessions: Sessions) -> None:
    with sessions.begin() as session:
        made = [
            numbers.next_processing_no(session, method, NOW, ZONE)
            for method in (ProcessingMethod.FILE_CASE, ProcessingMethod.ASSIST, ProcessingMethod.FILE_CASE)
        ]
    assert made == ["LA-2026-000001", "XB-2026-000001", "LA-2026-000002"]


def test_a_new_day_begins_at_one(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = numbers.next_case_numbers(session, NOW, ZONE)[0]
        next_day = numbers.next_case_numbers(session, datetime(2026, 11, 18, 16, 0, tzinfo=UTC), ZONE)[0]
    assert (first[:11], next_day[:11]) == ("26111800001", "26111900001")
