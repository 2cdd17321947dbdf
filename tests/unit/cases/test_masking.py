"""Masked citizens' data keep just enough to recognise somebody by."""

import pytest

from app.cases.masking import masked_name, masked_phone


@pytest.mark.feature("Q05")
@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812346721", "138••••6721"),
        ("0571-8812346", "057•••••2346"),
        ("12319", "•••19"),
        ("1", "1"),
        ("", ""),
        (None, None),
    ],
)
def test_phone(phone: str | None, shown: str | None) -> None:
    assert masked_phone(phone) == shown


def test_name() -> None:
    assert (masked_name("王丽华"), masked_name(None)) == ("王••", None)
