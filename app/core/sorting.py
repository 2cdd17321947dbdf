"""Names in the order in which people look for them: Chinese ones by pinyin, Latin ones by letter."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

from pypinyin import Style, lazy_pinyin

T = TypeVar("T")
Key = tuple[tuple[str, ...], str]

SURNAMES = {
    "单": "shan4", "曾": "zeng1", "解": "xie4", "仇": "qiu2", "区": "ou1", "查": "zha1", "任": "ren2", "华": "hua4",
    "覃": "qin2", "盖": "ge3", "朴": "piao2", "翟": "zhai2", "乐": "yue4", "缪": "miao4", "员": "yun4", "尉": "wei4",
}  # fmt: skip
"""Characters that are read otherwise as a surname than in other words."""


def by_name(things: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """Departments, places, matters."""
    return sorted(things, key=lambda thing: pinyin_key(name(thing)))


def by_person(things: Iterable[T], name: Callable[[T], str]) -> list[T]:
    """People: the first character is a surname."""
    return sorted(things, key=lambda thing: _person_key(name(thing)))


@lru_cache(maxsize=20_000)
def pinyin_key(name: str) -> Key:
    """Syllable by syllable with its tone, so that 李 stands before 林 and 玲 after 林."""
    return tuple(part.casefold() for part in lazy_pinyin(name, style=Style.TONE3, neutral_tone_with_five=True)), name


def _person_key(name: str) -> Key:
    syllables, _ = pinyin_key(name)
    return (SURNAMES.get(name[:1], syllables[0] if syllables else ""), *syllables[1:]), name
