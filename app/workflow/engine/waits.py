"""What events wait for: messages, clocks, signals, conditions, errors, escalations. Subclasses of Spiff's event
definitions; due time and correlation key are computed once, when the wait opens, and kept in the waiting token."""

from datetime import datetime
from typing import Any

from SpiffWorkflow.bpmn.specs import event_definitions as spiff
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition

from app import feel

from . import scopes, userwork
from .expressions import Expr
from .token import Token
from .types import Fault


class MessageWait(spiff.MessageEventDefinition):
    """Takes one message of its name with its correlation key."""

    def __init__(self, name: str, key: Expr | None) -> None:
        super().__init__(name)
        self.key = key

    def open(self, token: Token, seen_from: Token) -> None:
        """Expressions are evaluated as `seen_from` sees: a boundary event's host."""
        if self.key is not None:
            token.internal_data["key"] = correlation_key(seen_from, self.key)
        token.await_outside()

    def repeats(self, token: Token) -> bool:
        return True

    def open_again(self, token: Token, fired: Token) -> None:
        token.await_outside()

    def takes(self, token: Token, name: str, key: str | None) -> bool:
        return name == self.name and token.internal_data.get("key") == key


class TimerWait(TimerEventDefinition):
    """A date, a duration, or a cycle `R[n]/[<first time>/]<duration>`."""

    def __init__(self, name: str, expression: Expr, kind: str) -> None:
        super().__init__(name, expression)
        self.kind = kind

    def open(self, token: Token, seen_from: Token) -> None:
        value = scopes.evaluate(seen_from, self.expression)
        if self.kind == "timeCycle":
            times, first, every = _cycle(seen_from, value)
            token.internal_data["left"], value = times, first or every
        self._wait_until(token, due(seen_from, value, token.journal.now))

    def follows(self, changed: frozenset[str]) -> bool:
        """Is it a date that reads one of these variables?"""
        return self.kind == "timeDate" and bool(self.expression.names & changed)

    def repeats(self, token: Token) -> bool:
        """`left`: how often it fires altogether, this time included; 0 stands for without end."""
        return self.kind == "timeCycle" and token.internal_data["left"] != 1

    def open_again(self, token: Token, fired: Token) -> None:
        _, _, every = _cycle(token, scopes.evaluate(seen_from(token), self.expression))
        left = fired.internal_data["left"]
        token.internal_data["left"] = left - 1 if left else 0
        self._wait_until(token, due(token, every, datetime.fromisoformat(fired.internal_data["due"])))

    def next_due(self, token: Token, last: datetime | None, count: int) -> datetime | None:
        """Of a start event: when it comes next, after it came `count` times, lastly at `last`."""
        value = scopes.evaluate(token, self.expression)
        now = token.journal.now
        if self.kind == "timeCycle":
            times, first, every = _cycle(token, value)
            if times and count >= times:
                return None
            return due(token, first, now) if first and last is None else due(token, every, last or now)
        return None if last is not None else due(token, value, now)

    def _wait_until(self, token: Token, instant: datetime) -> None:
        token.internal_data["due"] = instant.isoformat()
        token.await_outside(due=instant)


class SignalWait(spiff.SignalEventDefinition):
    """Takes every signal of its name that is thrown while it waits, here or in another instance."""

    def open(self, token: Token, seen_from: Token) -> None:
        token.await_outside()

    def open_again(self, token: Token, fired: Token) -> None:
        token.await_outside()

    def repeats(self, token: Token) -> bool:
        return True


class ConditionWait(spiff.ConditionalEventDefinition):
    """Takes the moment when its condition becomes true: asked whenever the instance comes to rest. One that has taken
    it (`held`) has to see it false first."""

    def open(self, token: Token, seen_from: Token) -> None:
        token.await_outside()

    def open_again(self, token: Token, fired: Token) -> None:
        token.internal_data["held"] = True
        token.await_outside()

    def repeats(self, token: Token) -> bool:
        return True

    def came_true(self, token: Token) -> bool:
        if not scopes.holds(seen_from(token), self.expression):
            token.internal_data.pop("held", None)
            return False
        return "held" not in token.internal_data


class Catch:
    """Nothing waits for what is thrown: it looks for its catcher."""

    def open(self, token: Token, seen_from: Token) -> None:
        raise AssertionError("not waited for")

    def open_again(self, token: Token, fired: Token) -> None:
        raise AssertionError("not waited for")

    def repeats(self, token: Token) -> bool:
        return False


class ErrorCatch(Catch, spiff.ErrorEventDefinition):
    """An error's code; None catches all."""


class EscalationCatch(Catch, spiff.EscalationEventDefinition):
    """An escalation's code; None catches all."""


def correlation_key(token: Token, expression: Expr) -> str:
    value = scopes.evaluate(token, expression)
    if value is None or isinstance(value, (dict, list, bool)):
        raise Fault(token.element, f"the correlation key {expression.text} gives {value!r}: a text or number is wanted")
    return str(value)


def due(token: Token, value: Any, start: datetime) -> datetime:
    """When a duration from `start`, or a date, comes."""
    if isinstance(value, str) and value.lstrip("-").startswith("P"):
        value = duration(token, value)
    if isinstance(value, (feel.DayTimeDuration, feel.YearMonthDuration)):
        return _as_datetime(token, feel.add(start, value))
    if value is None:
        raise Fault(token.element, "the timer's expression gives no time")
    return userwork.as_instant(token, "a timer", value)


def duration(token: Token, text: str) -> feel.Duration:
    try:
        return feel.parse_duration(text)
    except ValueError:
        raise Fault(token.element, f"{text!r} is no duration") from None


def _as_datetime(token: Token, value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise Fault(token.element, f"the timer's duration leads to no time: {value!r}")
    return value


def _cycle(token: Token, value: Any) -> tuple[int, str | None, Any]:
    """Of `R3/PT1H`: 3, None and the duration; of `R3/2026-01-05T09:00:00Z/P1D` also the first time."""
    count, *parts = str(value).split("/")
    sound = count.startswith("R") and (count[1:] or "0").isdigit() and count != "R0"
    if not sound or len(parts) not in (1, 2):
        raise Fault(token.element, f"{value!r} is no cycle such as R3/PT1H")
    *first, every = parts
    start = token.journal.now
    if due(token, every, start) <= start:
        raise Fault(token.element, f"the cycle {value!r} stands still")
    return int(count[1:] or 0), first[0] if first else None, duration(token, every)


def seen_from(token: Token) -> Token:
    """Whose eyes an event's expressions see with: a boundary event's host's, else its own."""
    host = token.internal_data.get("host")
    return token if host is None else token.workflow.tasks.get(host, token)
