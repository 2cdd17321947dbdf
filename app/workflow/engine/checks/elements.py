"""What each element says: mappings, operations, forms, decisions, called processes, groups."""

import re

from ..build import USER_FIELDS
from ..model import ACTIVITIES, Loop, Node
from ..scopes import RESERVED
from ..types import Operation
from ..versions import TAG, asked_tag, drawn_id, resolved, tag_of
from .checker import Checker
from .events import THROWING, check_event
from .sources import texts_of

KNOWN_EXTENSIONS = frozenset(
    {
        "formDefinition",
        "userTask",
        "assignmentDefinition",
        "taskSchedule",
        "priorityDefinition",
        "ioMapping",
        "taskDefinition",
        "taskHeaders",
        "calledDecision",
        "script",
        "calledElement",
        "subscription",
        "properties",
        "versionTag",
    }
)
TARGET = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def check_node(checker: Checker, node: Node) -> None:
    if node.loop is not None:
        _check_loop(checker, node, node.loop)
    for name in node.zeebe.attributes.keys() - KNOWN_EXTENSIONS:
        checker.error(node, "unsupported-extension", extension=f"zeebe:{name}")
    _check_binding(checker, node)
    if "" in node.zeebe.headers:
        checker.error(node, "header-without-key")
    if node.event.kind == "message" and node.type in THROWING:
        _check_operation(checker, node)
    else:
        check_event(checker, node)
    _check_mappings(checker, node)
    specific = CHECKS.get(node.type)
    if specific is not None:
        specific(checker, node)


def _check_binding(checker: Checker, node: Node) -> None:
    """Which version is meant: `latest` and `deployment` are the bundle's own, as an instance stays on its bundle."""
    tag = asked_tag(node)
    if tag is None:
        return
    name = node.zeebe.get("calledElement", "processId")
    if not TAG.fullmatch(tag):
        checker.error(node, "version-tag-missing")
    elif node.type != "callActivity":
        form = checker.bundle.forms.get(node.zeebe.get("formDefinition", "formId") or "")
        if form is None or form.get("versionTag") != tag:
            checker.error(node, "version-tag-here", tag=tag)
    elif name is not None and name.startswith("="):
        checker.error(node, "version-tag-dynamic", process=name)


def _check_loop(checker: Checker, node: Node, loop: Loop) -> None:
    if not loop.multiple:
        checker.error(node, "unsupported-standard-loop")
        return
    if node.type not in ACTIVITIES or node.is_event_subprocess:
        checker.error(node, "loop-here")
    if loop.collection is None:
        checker.error(node, "loop-without-collection")
    for expression in (loop.collection, loop.output_element, loop.completion):
        checker.expression(node, expression, feel_only=True)
    for name in (loop.element, loop.output_collection):
        if name is not None:
            _check_name(checker, node, name)
    if (loop.output_collection is None) != (loop.output_element is None):
        checker.error(node, "loop-output-half")


# ---------------------------------------------------------------- mappings
def _check_mappings(checker: Checker, node: Node) -> None:
    for mapping in (*node.zeebe.inputs, *node.zeebe.outputs):
        _check_target(checker, node, mapping.target)
        if not mapping.source.strip():
            checker.error(node, "mapping-without-source", target=mapping.target)
        checker.expression(node, mapping.source)


def _check_name(checker: Checker, node: Node, name: str) -> None:
    if "." in name:
        checker.error(node, "bad-target", target=name)
    else:
        _check_target(checker, node, name)


def _check_target(checker: Checker, node: Node, target: str) -> None:
    if not TARGET.fullmatch(target):
        checker.error(node, "bad-target", target=target)
    elif RESERVED & set(target.split(".")):
        checker.error(node, "reserved-name", name=target)


# ---------------------------------------------------------------- tasks
def _check_operation(checker: Checker, node: Node) -> None:
    name = node.zeebe.get("taskDefinition", "type")
    if name is None:
        checker.error(node, "operation-missing", element=node.type)
        return
    if name.startswith("="):
        checker.error(node, "operation-dynamic", operation=name)
        return
    operation = checker.registry.operations.get(name)
    if operation is None:
        checker.error(node, "unknown-operation", operation=name)
        return
    if not _may_call(checker, node.process, operation):
        checker.error(node, "operation-not-granted", operation=name, process=node.process)
    headers = node.zeebe.headers.keys()
    given = {mapping.target.partition(".")[0] for mapping in node.zeebe.inputs}
    for wanted in operation.inputs:
        if wanted not in given and wanted not in headers:
            checker.error(node, "operation-input-missing", operation=name, input=wanted)
    for extra in sorted(given - {*operation.inputs, *operation.optional}):
        if operation.inputs or operation.optional:
            checker.warn(node, "operation-input-unknown", operation=name, input=extra)
    for header in headers - {"", *operation.inputs, *operation.optional}:
        if operation.inputs or operation.optional:
            checker.warn(node, "header-unread", header=header, operation=name)


def _may_call(checker: Checker, process: str, operation: Operation) -> bool:
    process = drawn_id(process)
    if (process, operation.name) in checker.registry.grants:
        return True
    return any(
        process.startswith(allowed[:-1]) if allowed.endswith("*") else process == allowed
        for allowed in operation.processes
    )


def _check_user_task(checker: Checker, node: Node) -> None:
    form = node.zeebe.attributes.get("formDefinition", {})
    form_id = form.get("formId")
    if form and not form_id:
        checker.error(node, "form-not-linked")
    elif form_id and form_id not in checker.bundle.forms:
        checker.error(node, "unknown-form", form=form_id)
    elif form_id and not node.zeebe.outputs and texts_of(checker.bundle.forms[form_id]):
        checker.warn(node, "form-without-output", form=form_id)
    if not any(node.zeebe.get(*USER_FIELDS[who]) for who in ("assignee", "groups", "users")):
        checker.warn(node, "nobody-assigned")
    for where in USER_FIELDS.values():
        checker.expression(node, node.zeebe.get(*where))


def _check_rule_task(checker: Checker, node: Node) -> None:
    if "calledDecision" not in node.zeebe.attributes:
        _check_operation(checker, node)
        return
    decision = node.zeebe.get("calledDecision", "decisionId")
    if decision is None:
        checker.error(node, "decision-missing")
        return
    expression = checker.expression(node, decision)
    if expression is not None and expression.static and decision not in checker.bundle.decisions:
        checker.error(node, "unknown-decision", decision=decision)
    _check_result(checker, node, node.zeebe.get("calledDecision", "resultVariable"))


def _check_script(checker: Checker, node: Node) -> None:
    if "script" not in node.zeebe.attributes:
        _check_operation(checker, node)
        return
    text = node.zeebe.get("script", "expression")
    if text is None:
        checker.error(node, "script-missing")
    checker.expression(node, text, feel_only=True)
    _check_result(checker, node, node.zeebe.get("script", "resultVariable"))


def _check_result(checker: Checker, node: Node, name: str | None) -> None:
    if name is None:
        checker.error(node, "result-missing")
    else:
        _check_target(checker, node, name)


def _check_call(checker: Checker, node: Node) -> None:
    name = node.zeebe.get("calledElement", "processId")
    if name is None:
        checker.error(node, "process-missing")
        return
    expression = checker.expression(node, name)
    if expression is None or not expression.static:
        return
    tag = asked_tag(node)
    tags = {id_: tag_of(process) for id_, process in checker.bundle.processes.items()}
    if tag and resolved(name, tag, tags) not in checker.bundle.processes:
        checker.error(node, "unknown-version", process=name, tag=tag)
    elif not tag and name not in checker.bundle.processes:
        checker.error(node, "unknown-process", process=name)


CHECKS = {
    "serviceTask": _check_operation,
    "sendTask": _check_operation,
    "userTask": _check_user_task,
    "businessRuleTask": _check_rule_task,
    "scriptTask": _check_script,
    "callActivity": _check_call,
}
