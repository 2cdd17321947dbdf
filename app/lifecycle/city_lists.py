"""The city's own lists as options of forms: a field names its list by the property `list`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import city
from app.core.errors import Invalid
from app.core.sorting import by_name

Option = Mapping[str, Any]


def lists_for(session: Session, form: Mapping[str, Any]) -> dict[str, Sequence[Option]]:
    """The lists a form names. A list the city has not filled is left out: the file's own options stay."""
    read = {name: _known(session, name) for name in set(_named(form)) if name in LISTS}
    return {name: options for name, options in read.items() if options}


def is_department(session: Session, code: str) -> bool:
    """Whether the city has it; a city without departments refuses none."""
    known = _known(session, "departments")
    return not known or any(option["value"] == code for option in known)


KEPT = 5.0
"""Seconds for which a process keeps a list: a new department appears in forms that much later."""
_kept: dict[tuple[str, str], tuple[float, Sequence[Option]]] = {}


def _known(session: Session, name: str) -> Sequence[Option]:
    key, now = (str(session.get_bind().engine.url), name), time.monotonic()
    until, options = _kept.get(key, (0.0, ()))
    if now >= until:
        options = LISTS[name](session)
        _kept[key] = (now + KEPT, options)
    return options


def _named(component: Mapping[str, Any]) -> Iterator[str]:
    if name := (component.get("properties") or {}).get("list"):
        yield str(name)
    for child in component.get("components") or ():
        yield from _named(child)


def _option(value: str, names: Mapping[str, str], when: str | None = None) -> Option:
    option = {"value": value, "label": names.get("en", value), "label:zh-CN": names.get("zh-CN", value)}
    return option if when is None else {**option, "when": when}


def _districts(session: Session) -> list[Option]:
    """Districts and their parts, each named with what it lies in."""
    places = {place.code: place for place in city.districts(session)}
    found = []
    for place in places.values():
        above = places.get(place.parent or "")
        if place.depth == 1 or above is None:
            found.append(_option(place.code, place.names))
        elif place.depth > 1:
            names = {
                "en": f"{above.names.get('en', '')} · {place.names.get('en', place.code)}",
                "zh-CN": f"{above.names.get('zh-CN', '')} · {place.names.get('zh-CN', place.code)}",
            }
            found.append(_option(place.code, names))
    return found


def _departments(session: Session) -> list[Option]:
    active = [each for each in city.departments(session) if each.active]
    return [_option(each.code, each.names) for each in by_name(active, lambda each: each.names["zh-CN"])]


def _categories(session: Session) -> list[Option]:
    return [_option(m.code, m.names) for m in city.categories(session) if m.parent is None and m.active]


def _sub_categories(session: Session) -> list[Option]:
    return [
        _option(matter.code, matter.names, f'=category = "{matter.parent}"')
        for matter in city.categories(session)
        if matter.parent is not None and matter.active
    ]


def _component_classes(session: Session) -> list[Option]:
    return [_option(word.code, word.names) for word in city.component_classes(session)]


def _terms(kind: str) -> Callable[[Session], list[Option]]:
    return lambda session: [_option(word.code, word.names) for word in city.terms(session, kind)]


LISTS: Mapping[str, Callable[[Session], list[Option]]] = {
    "districts": _districts,
    "departments": _departments,
    "categories": _categories,
    "sub_categories": _sub_categories,
    "component_classes": _component_classes,
    "submission_kinds": _terms("SUBMISSION"),
    "consultation_topics": _terms("CONSULTATION_TOPIC"),
}


def require_departments(session: Session, values: Mapping[str, Any]) -> None:
    """Departments that somebody names must be the city's, whatever the form's own list says: a dispatch to another
    could only end in an incident."""
    wrong: dict[str, tuple[str, Mapping[str, object]]] = {}
    for key in ("lead_department", "assist_departments"):
        named = values.get(key) or ()
        for code in [named] if isinstance(named, str) else named:
            if not is_department(session, str(code)):
                wrong[key] = ("city.no_department", {"code": str(code)})
    if wrong:
        raise Invalid("lifecycle.form_incomplete", wrong)
