"""Numbers and names as they are stored and as they are shown to those who may not see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.citizens import masked_name, masked_phone, normalise_phone


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
        ("0571-881234", "057••••1234"),
        ("139123456", "•••••••56"),
        ("12319", "••••9"),
        ("110", "•••"),
        ("1", "•"),
        ("", ""),
        (None, None),
    ],
)
def test_masked_numbers(phone: str | None, shown: str | None) -> None:
    assert masked_phone(phone) == shown


@given(st.text("0123456789", min_size=1, max_size=20))
def test_a_mask_keeps_the_length_and_hides_at_least_four_digits(phone: str) -> None:
    shown = masked_phone(phone) or ""
    assert len(shown) == len(phone)
    assert shown.count("•") >= min(4, len(phone))
    assert len(phone) - shown.count("•") <= 7


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
        (None, None),
    ],
)
def test_masked_names(name: str | None, shown: str | None) -> None:
    assert masked_name(name) == shown
