"""Errors walk outward from where they are thrown: the activity's own boundary events, the event sub-processes of its
scope, the boundary events of the sub-process or call around it, and so on. The first that fits takes it."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from .token import Token
from .types import Fault


class Catches(Protocol):
    """Boundary events and listeners."""

    @property
    def error_code(self) -> str | None: ...

    @property
    def catches_errors(self) -> bool: ...


C = TypeVar("C", bound=Catches)


def throw_error(origin: Token, code: str, payload: Mapping[str, Any]) -> None:
    """Hand the error to its catcher. Raises Fault when there is none."""
    token: Token | None = origin
    while token is not None:
        if token.live:
            boundary = _fitting(token.task_spec.boundaries, code)
            if boundary is not None:
                boundary.take_error(token, payload, origin.element)
                return
        run = token.workflow
        listener = None if run.interrupted else _fitting(run.spec.listeners, code)
        if listener is not None:
            listener.take_error(run, payload, origin.element)
            return
        token = run.owner
    raise Fault(origin.element, f"the error {code!r} is not caught", payload)


def _fitting(candidates: Iterable[C], code: str) -> C | None:
    """The one for this very code, else the one for every code."""
    catching = [c for c in candidates if c.catches_errors and c.error_code in (None, code)]
    return min(catching, key=lambda c: c.error_code is None, default=None)
