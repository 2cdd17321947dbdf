"""Telephone numbers and names: one written form, and what is shown to those who may not see them."""

import re
import unicodedata

DOT = "•"
_WRITTEN_WITH_TWO = """
欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 夏侯 司徒 端木 太史 公羊 澹台 公冶 宗政
濮阳 淳于 单于 太叔 申屠 轩辕 钟离 宇文 长孙 鲜于 闻人 司空 赫连 呼延 万俟 独孤 南宫 西门
东郭 百里 拓跋 第五
"""
_COMPOUND = tuple(_WRITTEN_WITH_TWO.split())


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


def masked_phone(phone: str | None) -> str | None:
    """ "13812346721" → "138••••6721": enough to recognise a number one knows, too little to call it.

    At least four characters are hidden, a shorter number as a whole.
    """
    if not phone:
        return phone
    if len(phone) >= 11:
        front, back = 3, 4
    else:
        front, back = 0, min(2, max(0, len(phone) - 4))
    hidden = len(phone) - front - back
    return phone[:front] + DOT * hidden + phone[len(phone) - back :]


def masked_email(email: str | None) -> str | None:
    """ "wangxm@mail.example" → "w•••@mail.example"."""
    if not email or "@" not in email:
        return masked_text(email)
    name, _, host = email.rpartition("@")
    return f"{name[:1]}{DOT * 3}@{host}"


def masked_name(name: str | None) -> str | None:
    """The surname stays: "王小明" → "王••", "欧阳娜" → "欧阳•", "John Smith" → "J•••"."""
    if not name or not (name := name.strip()):
        return name
    if not "\u4e00" <= name[0] <= "\u9fff":
        return name[0] + DOT * 3
    shown = 2 if name.startswith(_COMPOUND) and len(name) > 2 else 1
    return name[:shown] + DOT * max(1, len(name) - shown)


def masked_text(value: str | None) -> str | None:
    """Hides all but that there is something: free text may hold anything about a person."""
    return DOT * 6 if value else value
