"""Telephone numbers and names: one written form, and what is shown to those who may not see them."""

import re
import unicodedata

DOT = "•"
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "夏侯", "司徒", "端木")


def normalise_phone(written: str) -> str:
    """Digits only, without China's country code: "+86 138-1234 6721" → "13812346721". Other countries' numbers
    keep their plus. What holds no digit gives ""."""
    plain = unicodedata.normalize("NFKC", written).strip()
    foreign = plain.startswith(("+", "00"))
    digits = re.sub(r"[^0-9]", "", plain)
    if plain.startswith("00"):
        digits = digits[2:]
    if foreign and digits.startswith("86"):
        number = digits[2:]
        return number if number.startswith("1") and len(number) == 11 else f"0{number.lstrip('0')}"
    return f"+{digits}" if foreign and digits else digits


def mask_phone(phone: str) -> str:
    """ "13812346721" → "138••••6721": enough to recognise a number one knows, too little to call it.

    At least four digits are hidden; a short number shows its last two only.
    """
    if len(phone) < 9:
        shown = phone[-2:] if len(phone) > 4 else ""
        return DOT * (len(phone) - len(shown)) + shown
    return phone[:3] + DOT * (len(phone) - 7) + phone[-4:]


def mask_name(name: str) -> str:
    """The surname stays: "王小明" → "王••", "欧阳娜" → "欧阳•", "John Smith" → "J•••"."""
    name = name.strip()
    if not name:
        return ""
    if not "\u4e00" <= name[0] <= "\u9fff":
        return name[0] + DOT * 3
    shown = 2 if name.startswith(_COMPOUND) and len(name) > 2 else 1
    return name[:shown] + DOT * max(1, len(name) - shown)
