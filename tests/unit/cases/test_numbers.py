"""A number that a citizen mistypes is recognised as mistyped."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.cases import numbers

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=20)


@pytest.mark.feature("W14")
@given(DIGITS, st.data())
def test_every_single_wrong_digit_is_found(digits: str, data: st.DataObject) -> None:
    number = digits + numbers.check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    for wrong in set("0123456789") - {number[place]}:
        assert not numbers.is_sound(number[:place] + wrong + number[place + 1 :])
    assert numbers.is_sound(number)


@pytest.mark.feature("W14")
@given(DIGITS, st.data())
def test_every_swap_of_neighbours_is_found(digits: str, data: st.DataObject) -> None:
    number = digits + numbers.check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 2))
    assume(number[place] != number[place + 1])
    assert not numbers.is_sound(number[:place] + number[place + 1] + number[place] + number[place + 2 :])


def test_the_published_example_of_damm() -> None:
    assert numbers.check_digit("572") == "4"


@pytest.mark.parametrize("typed", ["", "4", "12 34", "٥٧٢٤", "-5724", "20261118x"])
def test_what_is_no_number_is_not_sound(typed: str) -> None:
    assert not numbers.is_sound(typed)


def test_short_form_means_the_newest_such_day() -> None:
    full = numbers.expand_short("1118-00335", date(2026, 11, 21))
    assert full is not None
    assert full.startswith("2026111800335")
    assert numbers.is_sound(full)
    assert numbers.short(full) == "1118-00335"
    assert str(numbers.expand_short("1231-00001", date(2026, 11, 21))).startswith("20251231")
    assert numbers.expand_short("abc", date(2026, 11, 21)) is None
