"""What each event says: messages, timers, signals, conditions, errors, escalations."""

import re
from datetime import date

from app import feel

from ..model import Node
from ..types import SIGNAL
from .checker import Checker

THROWING = ("endEvent", "intermediateThrowEvent")
EVENT_KINDS = {
    "endEvent": frozenset({"none", "message", "error", "terminate", "signal", "escalation"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "link"}),
    "intermediateCatchEvent": frozenset({"message", "timer", "signal", "conditional", "link"}),
    "boundaryEvent": frozenset({"message", "timer", "error", "signal", "escalation", "conditional"}),
}
"""Start events are checked with their scope."""


def check_event(checker: Checker, node: Node) -> None:
    event, kinds = node.event, EVENT_KINDS.get(node.type)
    if kinds is not None and event.kind not in kinds:
        checker.unsupported_event(node)
    match event.kind:
        case "message":
            _check_message(checker, node)
        case "timer":
            _check_timer(checker, node)
        case "signal":
            _check_signal(checker, node)
        case "conditional":
            if not event.text:
                checker.error(node, "condition-missing")
            else:
                checker.expression(node, event.text, feel_only=True)
        case "error":
            _check_code(checker, node, "error-code-dynamic", "error-without-code")
        case "escalation":
            _check_code(checker, node, "escalation-code-dynamic", "escalation-without-code")


def _check_code(checker: Checker, node: Node, dynamic: str, missing: str) -> None:
    code = node.event.code
    if code is not None and code.startswith("="):
        checker.error(node, dynamic, code=code)
    elif code is None and node.type in THROWING:
        checker.error(node, missing)


def _check_signal(checker: Checker, node: Node) -> None:
    name = node.event.name
    if not name:
        checker.error(node, "signal-without-name")
    elif name.startswith("="):
        checker.error(node, "signal-name-dynamic", signal=name)


def _check_message(checker: Checker, node: Node) -> None:
    event = node.event
    if not event.name:
        checker.error(node, "message-without-name")
    elif event.name.startswith("="):
        checker.error(node, "message-name-dynamic", message=event.name)
    elif event.name.startswith(SIGNAL):
        checker.error(node, "message-name-reserved", message=event.name)
    starts_process = node.type == "startEvent" and node.parent is None
    if event.key is not None:
        checker.expression(node, event.key, feel_only=True)
    elif event.name and not starts_process:
        checker.error(node, "message-without-key", message=event.name)


def _check_timer(checker: Checker, node: Node) -> None:
    event = node.event
    if event.timer is None or not event.text:
        checker.error(node, "timer-without-time")
        return
    expression = checker.expression(node, event.text)
    if expression is not None and expression.static and not _is_time(event.timer, expression.text):
        cron = event.timer == "timeCycle" and (len(event.text.split()) > 4 or event.text.startswith("@"))
        checker.error(node, "timer-cron" if cron else "bad-timer", kind=event.timer, text=event.text)
    once = node.type == "intermediateCatchEvent" or (node.type != "startEvent" and node.interrupting)
    if event.timer == "timeCycle" and once:
        checker.error(node, "cycle-once")


def _is_time(kind: str, text: str) -> bool:
    if kind == "timeCycle":
        count, *first, text = (text if "/" in text else f"{text}/").split("/")
        sound = re.fullmatch(r"R\d*", count) and count != "R0" and len(first) < 2
        if not sound or not all(_is_time("timeDate", each) for each in first):
            return False
    try:
        value = feel.parse_temporal(text)
    except ValueError:
        return False
    return isinstance(value, date if kind == "timeDate" else (feel.DayTimeDuration, feel.YearMonthDuration))
