"""The components of form-js viewer 1.23 and where each one's value lies."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

Component: TypeAlias = Mapping[str, Any]
Path: TypeAlias = tuple[str | int, ...]

TEXT = frozenset({"textfield", "textarea"})
SINGLE = frozenset({"select", "radio"})
MULTIPLE = frozenset({"checklist", "taglist"})
VALUED = TEXT | SINGLE | MULTIPLE | {"number", "datetime", "checkbox", "expression"}
CONTAINERS = frozenset({"default", "group", "dynamiclist"})
SHOWN = frozenset({"text", "separator", "spacer", "button", "table", "image", "documentPreview"})
KNOWN = VALUED | CONTAINERS | SHOWN
REFUSED = frozenset({"html", "iframe", "filepicker"})
"""html and iframe would run what an analyst pasted in every reader's page; files come by their own door."""


def own_path(component: Component) -> Path:
    """`key` of a field or `path` of a container, split at its dots; a container without one adds nothing."""
    text = component.get("path") if component.get("type") in CONTAINERS else component.get("key")
    return tuple(text.split(".")) if isinstance(text, str) and text else ()


def every(components: Any) -> Iterator[Component]:
    """All components, containers before their own, whatever the data."""
    for component in components if isinstance(components, list) else ():
        if isinstance(component, Mapping):
            yield component
            yield from every(component.get("components"))


def at(data: Any, path: Path) -> Any:
    """The value at a path, None where there is none."""
    for step in path:
        if isinstance(step, int) and isinstance(data, list) and step < len(data):
            data = data[step]
        elif isinstance(data, Mapping):
            data = data.get(step)
        else:
            return None
    return data


def put(data: dict[str, Any], path: Path, value: Any) -> None:
    """Write a value at a path; objects and list rows on the way are made. Rows must come in order."""
    here: Any = data
    for step, following in pairwise(path):
        fresh: Any = [] if isinstance(following, int) else {}
        if isinstance(here, list):
            if step == len(here):
                here.append(fresh)
            here = here[int(step)]
        else:
            if not isinstance(here.get(step), dict | list):
                here[step] = fresh
            here = here[step]
    here[path[-1]] = value


def dotted(path: Path) -> str:
    """A path as errors and histories name it: `contacts.0.phone`."""
    return ".".join(map(str, path))
