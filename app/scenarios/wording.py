"""How what “then” says must be written: problems of each kind of value."""

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from app.cases.enums import OrderState
from app.scenarios.comparing import known

Issue = tuple[str, dict[str, object]]
"""A problem's code and params."""
Enums = Mapping[str, type[StrEnum]]
"""Which closed list a key's value is from: it may be called by its label in either language."""
NO_ENUMS: Enums = {}


def listed(wanted: Any) -> list[Any]:
    return wanted if isinstance(wanted, list) else [wanted]


def anything(_: Any) -> Iterator[Issue]:
    yield from ()


def code(enum: type[StrEnum]) -> Callable[[Any], Iterator[Issue]]:
    def problems(wanted: Any) -> Iterator[Issue]:
        for one in listed(wanted):
            if one is not None and not known(enum, one):
                yield "unknown_value", {"value": one, "known": ", ".join(enum)}

    return problems


def keys(*keys: str, enums: Enums = NO_ENUMS, short: bool = False) -> Callable[[Any], Iterator[Issue]]:
    """A mapping with some of these keys, or several; `short`: a text may stand for it."""

    def problems(wanted: Any) -> Iterator[Issue]:
        for one in listed(wanted):
            if not isinstance(one, Mapping):
                if not (short and isinstance(one, str)):
                    yield "check_mapping_wanted", {"known": ", ".join(keys)}
                continue
            for key in one:
                if key not in keys:
                    yield "unknown_check_key", {"name": key, "known": ", ".join(keys)}
                elif key in enums and not known(enums[key], one[key]):
                    yield "unknown_value", {"value": one[key], "known": ", ".join(enums[key])}

    return problems


def mapping(wanted: Any) -> Iterator[Issue]:
    if not isinstance(wanted, Mapping):
        yield "check_mapping_wanted", {"known": "category, district, urgency …"}


def orders(wanted: Any) -> Iterator[Issue]:
    if not isinstance(wanted, Mapping):
        yield "check_mapping_wanted", {"known": "gas: SIGNED"}
        return
    for state in wanted.values():
        yield from code(OrderState)(state)


def boolean(wanted: Any) -> Iterator[Issue]:
    if not isinstance(wanted, bool):
        yield "bool_wanted", {}
