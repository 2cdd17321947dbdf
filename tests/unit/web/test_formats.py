"""Spans of days as people read them."""

from datetime import date

import pytest

from app.web.formats import days


@pytest.mark.parametrize(
    ("first", "last", "english", "chinese"),
    [
        (date(2026, 11, 1), date(2026, 11, 28), "1 – 28 Nov 2026", "2026-11-01 – 2026-11-28"),
        ("2026-10-29", "2026-11-28", "29 Oct – 28 Nov 2026", "2026-10-29 – 2026-11-28"),
        (date(2025, 12, 30), date(2026, 1, 2), "30 Dec 2025 – 2 Jan 2026", "2025-12-30 – 2026-01-02"),
        (date(2026, 11, 3), date(2026, 11, 3), "3 Nov 2026", "2026-11-03"),
    ],
)
def test_a_span_of_days_says_nothing_twice(first: date | str, last: date | str, english: str, chinese: str) -> None:
    assert days(first, last, "en") == english
    assert days(first, last, "zh-CN") == chinese
