"""The comparison of the calculus with counted seconds, in small; `benchmarks/calendar.py` makes a million."""

import pytest

from benchmarks import calendar


@pytest.mark.feature("Q01")
def test_every_answer_is_the_counted_one() -> None:
    found = calendar.run(10_000, seed=7)
    assert found["compared"] == 10_000
    assert found["differences"] == 0
