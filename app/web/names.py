"""Words for the city's codes, in the page's language. The tables are small and change rarely: kept for some seconds."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import current_app, g

from app import city, contacts
from app.core.http import language, site
from app.core.i18n import has_text, text
from app.core.sorting import by_name

KEPT_SECONDS = 15.0
GROUP = "group:"
"""Before a skill group's code, which may be a category's too."""

Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """`names.department('gas')`; an unknown code shows itself, none shows a dash."""

    labels: Labels
    lang: str

    def of(self, code: str | None) -> str:
        if not code:
            return "—"
        known = self.labels.get(code, {})
        return known.get(self.lang) or known.get("en") or code

    department = category = district = of

    def all_of(self, codes: list[str]) -> str:
        return "、".join(map(self.of, codes)) if self.lang == "zh-CN" else ", ".join(map(self.of, codes))


def names() -> Names:
    """The words for this request."""
    if "names" not in g:
        g.names = Names(_labels(), language())
    found: Names = g.names
    return found


def choices_of(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their words, in the words' order: by pinyin."""
    return by_name([(code, names().of(code)) for code in codes], lambda each: each[1])


def forget_names() -> None:
    """After a change in this process; the others read them anew within some seconds."""
    current_app.extensions.pop("citydesk-labels", None)
    g.pop("names", None)


def groups_in_words(groups: Iterable[str]) -> str:
    """A task's candidate groups: roles by their names, departments by theirs."""
    lang = language()
    words = [
        text(f"identity.role.{group}", lang) if has_text(f"identity.role.{group}") else names().of(group)
        for group in groups
    ]
    return text("web.and", lang).join(words)


def city_name() -> str:
    """The whole city's own name, for the top bar: the district that all others lie in."""
    roots = {code.partition("/")[0] for code in _labels() if "/" in code}
    return names().of(min(roots)) if roots else "Citydesk"


def _labels() -> Labels:
    cache = current_app.extensions.setdefault("citydesk-labels", {})
    now = time.monotonic()
    if now - cache.get("at", -KEPT_SECONDS) >= KEPT_SECONDS:
        with site().sessions() as session:
            groups = {f"{GROUP}{each.code}": each.names for each in contacts.skill_groups(session, retired=True)}
            cache["labels"] = city.labels(session) | groups
        cache["at"] = now
    labels: Labels = cache["labels"]
    return labels
