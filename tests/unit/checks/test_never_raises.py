"""Whatever stands in a file, checking tells it and never fails itself."""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from lxml import etree

from app.workflow.engine import check_files
from app.workflow.engine.types import Registry

STRANGE: list[Any] = [None, 5, "x", [], {}, True, "=(", [5], {"a": [1]}, "\u0000"]
WHOLE = [
    b"null", b"5", b'"x"', b"{}", b"[]", b'{"components":' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"id": 5, "components": [null, 5, "x", []]}', b'{"id": "a", "components": [{"type": [], "key": {}}]}',
    b'{"id": "a", "components": [{"type": "select", "key": "a", "values": [[], {}, null]}]}',
    b'{"id": "a", "components": [{"type": "group", "components": 5}]}',
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def test_forms_with_anything_anywhere(files: Mapping[str, bytes], registry: Registry) -> None:
    form = json.loads(files["forms/judgement.form"])
    for path in list(places(form)):
        for strange in STRANGE:
            changed = copy.deepcopy(form)
            here = changed
            for step in path[:-1]:
                here = here[step]
            here[path[-1]] = strange
            check_files({"forms/judgement.form": json.dumps(changed).encode()}, registry)


@pytest.mark.parametrize("content", WHOLE)
def test_what_is_no_form_is_told(content: bytes, registry: Registry) -> None:
    assert [finding for finding in check_files({"a.form": content}, registry) if finding.severity == "error"]


@pytest.mark.parametrize("file", ["processes/decisions/time_limits.dmn", "processes/departments/default.bpmn"])
def test_files_that_lack_any_one_element(files: Mapping[str, bytes], registry: Registry, file: str) -> None:
    root = etree.fromstring(files[file])
    drawn = ("Bounds", "waypoint", "BPMNShape", "BPMNEdge", "property", "properties", "incoming", "outgoing")
    for element in [each for each in root.iter() if each is not root and isinstance(each.tag, str)][::3]:
        parent = element.getparent()
        if parent is None or etree.QName(element).localname in drawn:
            continue
        place, tail = parent.index(element), element.tail
        parent.remove(element)
        check_files({file: etree.tostring(root)}, registry)
        parent.insert(place, element)
        element.tail = tail
