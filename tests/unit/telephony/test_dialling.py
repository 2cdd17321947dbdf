"""Who may call what."""

from itertools import pairwise

import pytest

from app.contacts.dialling import MAY, may_dial, reach_of


@pytest.mark.parametrize(
    ("number", "reach"),
    [
        ("119", "EMERGENCY"), ("13812346721", "LOCAL"), ("65432100", "LOCAL"), ("02112345678", "NATIONAL"),
        ("0044201234567", "FOREIGN"), ("+12025550100", "FOREIGN"), ("+8613812346721", "LOCAL"), ("16812345", "PREMIUM"),
        ("16612345678", "LOCAL"), ("9001234", "PREMIUM"), ("12a4", "NONE"), ("", "NONE"), ("1" * 30, "NONE"),
    ],
)  # fmt: skip
def test_reach_of_a_number(number: str, reach: str) -> None:
    assert reach_of(number, internal=False) == reach


def test_rights_widen_step_by_step_and_premium_is_closed() -> None:
    order = ["NONE", "INTERNAL", "LOCAL", "NATIONAL", "ALL"]
    for narrow, wide in pairwise(order):
        assert set(MAY[narrow]) < set(MAY[wide])
    assert not may_dial("NATIONAL", "16812345", internal=False)
    assert not may_dial("NATIONAL", "0044201234567", internal=False)
    assert not may_dial("NONE", "7001", internal=True)
    assert not may_dial("unheard of", "119", internal=False)
    assert may_dial("INTERNAL", "7001", internal=True)
