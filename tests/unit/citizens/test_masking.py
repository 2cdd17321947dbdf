"""Numbers and names as they are stored and as they are shown to those who may not see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.citizens import mask_name, mask_phone, normalise_phone


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("13812346721", "13812346721"),
        ("+86 138-1234 6721", "13812346721"),
        ("0086 13812346721", "13812346721"),
        ("１３８１２３４６７２１", "13812346721"),
        ("(0791) 8888-1234", "079188881234"),
        ("+86 791 8888 1234", "079188881234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("12345", "12345"),
        ("anonymous", ""),
    ],
)
def test_a_number_has_one_written_form(written: str, stored: str) -> None:
    assert normalise_phone(written) == stored
    assert normalise_phone(stored) == stored


@pytest.mark.feature("Q05")
@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812346721", "138••••6721"),
        ("079188881234", "079•••••1234"),
        ("88881234", "••••••34"),
        ("110", "•••"),
        ("", ""),
    ],
)
def test_masked_numbers(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown


@given(st.text("0123456789", min_size=3, max_size=20))
def test_a_mask_keeps_the_length_and_shows_seven_digits_at_most(phone: str) -> None:
    shown = mask_phone(phone)
    assert len(shown) == len(phone)
    digits = [digit for digit in shown if digit.isdigit()]
    assert len(digits) <= min(7, len(phone) - 2)


@pytest.mark.feature("Q05")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王••"),
        ("王明", "王•"),
        ("欧阳娜", "欧阳•"),
        ("欧阳", "欧•"),
        ("John Smith", "J•••"),
        ("", ""),
        ("王", "王•"),
    ],
)
def test_masked_names(name: str, shown: str) -> None:
    assert mask_name(name) == shown
