"""Errors and escalations walk outward from where they are thrown: the activity's own boundary events, the event
sub-processes of its scope, the boundary events of the sub-process or call around it, and so on. The first that fits
takes it."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Protocol, TypeVar

from .token import Token
from .types import Fault

Kind = Literal["error", "escalation"]


class Catches(Protocol):
    """Boundary events and listeners."""

    @property
    def takes_thrown(self) -> Kind | None: ...

    @property
    def code(self) -> str | None: ...


C = TypeVar("C", bound=Catches)


def throw_error(origin: Token, code: str, payload: Mapping[str, Any]) -> None:
    """Hand the error to its catcher. Raises Fault when there is none."""
    if not _throw(origin, "error", code, payload):
        raise Fault(origin.element, f"the error {code!r} is not caught", payload)


def throw_escalation(origin: Token, code: str, payload: Mapping[str, Any]) -> None:
    """Hand the escalation to its catcher. One that nobody catches passes, as in Camunda 8."""
    _throw(origin, "escalation", code, payload)


def _throw(origin: Token, kind: Kind, code: str, payload: Mapping[str, Any]) -> bool:
    token: Token | None = origin
    while token is not None:
        run, spec = token.workflow, token.task_spec
        if token.live:
            boundary = _fitting(spec.boundaries, kind, code)
            if boundary is not None:
                boundary.take_thrown(token, payload, origin.element)
                return True
        # what an event sub-process throws it does not catch itself
        listeners = [listener for listener in run.spec.listeners if listener.exits[0].target is not spec]
        found = None if run.interrupted else _fitting(listeners, kind, code)
        if found is not None:
            found.take_thrown(run, payload, origin.element)
            return True
        token = run.owner
    return False


def _fitting(candidates: Iterable[C], kind: Kind, code: str) -> C | None:
    """The one for this very code, else the one for every code."""
    catching = [c for c in candidates if c.takes_thrown == kind and c.code in (None, code)]
    return min(catching, key=lambda c: c.code is None, default=None)
