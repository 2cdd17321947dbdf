"""Does a value that an analyst wrote mean the value that was found?"""

from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from app.core.i18n import LANGUAGES, has_text, text
from app.scenarios.sentences import moment


def equal(wanted: Any, found: Any, zone: tzinfo, enum: type[StrEnum] | None = None) -> bool:
    """Times by minutes, numbers by value, codes by themselves or by what they are called in either language."""
    if isinstance(found, datetime):
        at = moment(wanted)
        return at is not None and written(found, zone, seconds=str(wanted).count(":") > 1) == str(wanted).replace(
            "T", " "
        )
    if isinstance(found, bool) or found is None:
        return wanted is found or (found is None and wanted == "none")
    if isinstance(found, Decimal | int | float):
        return _number(wanted) == Decimal(str(found))
    if isinstance(found, list | tuple):
        return isinstance(wanted, list) and len(wanted) == len(found) and all(
            equal(one, other, zone, enum) for one, other in zip(wanted, found, strict=True)
        )  # fmt: skip
    if isinstance(found, dict):
        return isinstance(wanted, dict) and wanted.keys() == found.keys() and all(
            equal(wanted[key], found[key], zone) for key in wanted
        )  # fmt: skip
    return str(wanted) == str(found) or (enum is not None and str(wanted).casefold() in called(enum, str(found)))


def called(enum: type[StrEnum], value: str) -> set[str]:
    """A code's names in every language, as compared."""
    key = f"enum.{enum.__name__}.{value}"
    return {text(key, language).casefold() for language in LANGUAGES} if has_text(key) else set()


def known(enum: type[StrEnum], wanted: Any) -> bool:
    """Is it one of the list, by code or by label?"""
    return any(str(wanted) == value or str(wanted).casefold() in called(enum, value) for value in enum)


def written(value: Any, zone: tzinfo, *, seconds: bool = False) -> str:
    """A found value as an analyst would write it."""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written(one, zone) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(one, zone)}" for key, one in value.items()) + "}"
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _number(wanted: Any) -> Decimal | None:
    if isinstance(wanted, bool):
        return None
    try:
        return Decimal(str(wanted))
    except InvalidOperation:
        return None
