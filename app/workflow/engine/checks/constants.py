"""Constants where a value is wanted: a forgotten “=”, dates and priorities that are none, people who are not there."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from app import feel
from app.feel.builtins import BUILTINS
from app.feel.inspection import constant

from ..build import USER_FIELDS
from ..model import Node
from ..reasons import LIKE_FEEL
from .checker import Checker
from .dataflow import Dataflow

PRIORITIES = range(101)
LITERALS = frozenset({"true", "false", "null"})
_PEOPLE = frozenset({"userTask"})
MEANT_FOR: Mapping[str, frozenset[str]] = {
    "taskDefinition": frozenset(
        {"serviceTask", "sendTask", "businessRuleTask", "scriptTask", "endEvent", "intermediateThrowEvent"}
    ),
    "formDefinition": _PEOPLE,
    "assignmentDefinition": _PEOPLE,
    "taskSchedule": _PEOPLE,
    "priorityDefinition": _PEOPLE,
    "calledDecision": frozenset({"businessRuleTask"}),
    "calledElement": frozenset({"callActivity"}),
    "script": frozenset({"scriptTask"}),
}
"""Extensions that do nothing on other elements: left over when an element was made another one."""
GROUP_LIST = re.compile(r'=\s*(\[\s*)?("[^"\\]*"|[\w.]+)(\s*,\s*("[^"\\]*"|[\w.]+))*(\s*\])?\s*')
"""A text or a variable, or a list of them."""


def check_constants(checker: Checker, data: Dataflow) -> None:
    for flow in data.flows.values():
        for node in flow.nodes.values():
            names = data.inside(node).names()
            for mapping in (*node.zeebe.inputs, *node.zeebe.outputs):
                _forgotten(checker, node, mapping.source, names)
            for extension, types in MEANT_FOR.items():
                if extension in node.zeebe.attributes and not _is_meant(node, types):
                    checker.warn(node, "extension-unused", extension=f"zeebe:{extension}", element=node.type)
            if node.type == "userTask":
                _user_task(checker, data, node, names)
            if node.event.timer == "timeDuration":
                _ahead(checker, data, node)


def _is_meant(node: Node, types: frozenset[str]) -> bool:
    if node.type in ("endEvent", "intermediateThrowEvent"):
        return node.type in types and node.event.kind == "message"
    return node.type in types


def _forgotten(checker: Checker, node: Node, text: str, names: Iterable[str]) -> bool:
    """A text that reads like an expression, without the “=” that makes it one."""
    text = text.strip()
    if text.startswith("=") or not text:
        return False
    called = re.match(r"([^\W\d][\w ]*?)\s*\(", text)
    if (called and called.group(1) in {*BUILTINS, *checker.registry.functions}) or LIKE_FEEL.search(text):
        checker.error(node, "equals-forgotten", text=text)
        return True
    if text in LITERALS:
        checker.warn(node, "equals-forgotten", text=text)
        return True
    if text.partition(".")[0] in set(names):
        checker.warn(node, "variable-as-text", text=text)
        return True
    return False


def _user_task(checker: Checker, data: Dataflow, node: Node, names: list[str]) -> None:
    for field in ("due", "follow_up"):
        given = (node.zeebe.get(*USER_FIELDS[field]) or "").strip()
        if given and not given.startswith("=") and not _is_date(given):
            checker.error(node, "bad-date", field=USER_FIELDS[field][1], text=given)
    text = node.zeebe.get(*USER_FIELDS["priority"])
    value = _constant(data, text)
    if value is not None and not _is_priority(value):
        checker.error(node, "bad-priority", text=feel.value_text(value))
    for field in ("assignee", "users"):
        text = node.zeebe.get(*USER_FIELDS[field])
        value = _constant(data, text)
        people = value if isinstance(value, list) else str(value).split(",") if isinstance(value, str) else []
        for person in people:
            if isinstance(person, str) and person.strip() and not _is_known(checker, person.strip()):
                if text is not None and text.strip() in names:
                    checker.warn(node, "variable-as-text", text=text)
                else:
                    checker.error(node, "unknown-person", person=person.strip())


def _constant(data: Dataflow, text: str | None) -> object:
    """What a field gives in any case; None where that hangs on variables."""
    if text is None or not text.strip():
        return None
    if not text.strip().startswith("="):
        return text.strip()
    tree = data.parse(text)
    known = None if tree is None else constant(tree)
    return None if known is None else known.value


def _is_date(text: str) -> bool:
    try:
        return isinstance(feel.parse_temporal(text), date)
    except ValueError:
        return False


def _is_priority(value: object) -> bool:
    try:
        return int(str(value)) in PRIORITIES
    except ValueError:
        return False


def _is_known(checker: Checker, person: str) -> bool:
    """People are named by their id."""
    try:
        id_ = str(UUID(person))
    except ValueError:
        return False
    return not checker.registry.people or id_ in checker.registry.people


def _ahead(checker: Checker, data: Dataflow, node: Node) -> None:
    """A duration that is over before it begins."""
    value = _constant(data, node.event.text)
    try:
        span = feel.parse_duration(value) if isinstance(value, str) else value
    except ValueError:
        if node.event.text.strip().startswith("="):
            checker.error(node, "bad-timer", kind="timeDuration", text=str(value))
        return
    length = span.nanos if isinstance(span, feel.DayTimeDuration) else getattr(span, "months", 1)
    if length <= 0:
        checker.warn(node, "timer-not-ahead", text=node.event.text)


def check_groups(checker: Checker, data: Dataflow) -> None:
    for flow in data.flows.values():
        for node in flow.nodes.values():
            text = node.zeebe.get(*USER_FIELDS["groups"])
            if node.type == "userTask" and text:
                _groups(checker, node, text.strip())


def _groups(checker: Checker, node: Node, text: str) -> None:
    """The constants among them: `gas, water`, or the texts of a FEEL list `=["gas", department]`."""
    if text.startswith("="):
        groups = re.findall(r'"([^"]*)"', text) if GROUP_LIST.fullmatch(text) else []
    else:
        groups = [part.strip() for part in text.split(",") if part.strip()]
    for group in groups:
        if checker.registry.groups and group not in checker.registry.groups:
            checker.error(node, "unknown-group", group=group)
