"""Who may call what. Pure. Premium and foreign numbers are closed to everybody but the right ALL."""

from typing import Literal

Reach = Literal["INTERNAL", "EMERGENCY", "LOCAL", "NATIONAL", "FOREIGN", "PREMIUM", "NONE"]

EMERGENCY = ("110", "119", "120", "122", "999", "112", "911")
PREMIUM = ("168", "16", "900", "1259", "1258")
"""Prefixes of numbers that cost more than a call."""
LONGEST = 20
MAY: dict[str, tuple[Reach, ...]] = {
    "NONE": (),
    "INTERNAL": ("INTERNAL", "EMERGENCY"),
    "LOCAL": ("INTERNAL", "EMERGENCY", "LOCAL"),
    "NATIONAL": ("INTERNAL", "EMERGENCY", "LOCAL", "NATIONAL"),
    "ALL": ("INTERNAL", "EMERGENCY", "LOCAL", "NATIONAL", "FOREIGN", "PREMIUM"),
}
"""Right to dial → what it opens."""


def reach_of(number: str, internal: bool) -> Reach:
    """What kind of call it would be. `internal`: it is an extension or seat of ours."""
    digits = number.lstrip("+")
    if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST:
        return "NONE"
    if internal:
        return "INTERNAL"
    if number in EMERGENCY:
        return "EMERGENCY"
    if number.startswith(("+", "00")):
        return "LOCAL" if number.startswith(("+86", "0086")) and len(digits) >= 13 else "FOREIGN"
    if number.startswith(PREMIUM) and not (number.startswith("16") and len(number) == 11):  # 16x are mobiles too
        return "PREMIUM"
    return "NATIONAL" if number.startswith("0") else "LOCAL"


def may_dial(right: str, number: str, internal: bool) -> bool:
    return reach_of(number, internal) in MAY.get(right, ())
