"""Variables live in scopes, as in Camunda 8: one set per process instance (and per called process), and local ones of
an activity. They are read innermost first and written to the nearest scope that holds the name, else the instance's.
Values are never changed in place: a write replaces them."""

from collections.abc import Mapping, Sequence
from typing import Any

from .expressions import Expr
from .journal import Journal
from .token import Token
from .types import Fault
from .values import settled

ScopeRef = tuple[str | None, dict[str, Any]]
"""The token that holds the scope (None: the instance) and its variables."""

RESERVED = frozenset({"typename", "$"})
"""Names no variable may have."""


def chain(token: Token) -> list[ScopeRef]:
    """Scopes visible from a token, innermost first; the last one is the process instance's."""
    out: list[ScopeRef] = []
    at: Token | None = token
    while at is not None:
        local = at.internal_data.get("scope")
        if local is not None:
            out.append((at.id, local))
        run = at.workflow
        if run.variables is not None:
            out.append((run.owner_id, run.variables))
            break
        at = run.owner
    return out


def visible(scopes: Sequence[ScopeRef]) -> Mapping[str, Any]:
    if len(scopes) == 1:
        return scopes[0][1]
    merged: dict[str, Any] = {}
    for _, values in reversed(scopes):
        merged.update(values)
    return merged


def evaluate(token: Token, expression: Expr, *, strict: bool = True, extra: Mapping[str, Any] | None = None) -> Any:
    """The value as seen from the token, which also sees `extra`. Null because of an error is, with `strict`, a Fault
    with the element and the variables that the expression reads."""
    if expression.static:
        return expression.text or None
    variables, journal = visible(chain(token)), token.journal
    if extra:
        variables = {**variables, **extra}
    value, error = expression(variables, journal.functions, journal.now)
    if error is not None and strict:
        data = {name: variables[name] for name in sorted(expression.names) if name in variables}
        raise Fault(token.element, f"{expression.text}: {error}", data)
    return settled(value)


def holds(token: Token, condition: Expr, *, extra: Mapping[str, Any] | None = None, element: str | None = None) -> bool:
    """Whether a condition is true; null counts as false. Raises Fault (at `element`) for what is neither."""
    value = evaluate(token, condition, strict=False, extra=extra)
    if value is None or value is False or value is True:
        return bool(value)
    raise Fault(element or token.element, f"{condition.text} gives {value!r}, not true or false")


def assign(journal: Journal, scopes: Sequence[ScopeRef], target: str, value: Any) -> None:
    """Write to the nearest scope that has the variable, else to the last. `a.b` sets a key of the context `a`."""
    name, _, rest = target.partition(".")
    key, scope = scopes[-1]
    for candidate in scopes:
        if name in candidate[1]:
            key, scope = candidate
            break
    old = scope.get(name)
    journal.wrote(key, name, old)
    scope[name] = _nested(old, rest.split("."), value) if rest else value


def _nested(old: Any, path: Sequence[str], value: Any) -> dict[str, Any]:
    base = old if isinstance(old, dict) else {}
    inner = _nested(base.get(path[0]), path[1:], value) if len(path) > 1 else value
    return {**base, path[0]: inner}


def open_local(token: Token, mappings: Sequence[tuple[str, Expr]]) -> None:
    """Evaluate input mappings in order into the activity's own scope; later ones see earlier ones."""
    if not mappings:
        return
    local: dict[str, Any] = token.internal_data.setdefault("scope", {})
    for target, source in mappings:
        assign(token.journal, [(token.id, local)], target, evaluate(token, source))


def hand_out(
    token: Token, payload: Mapping[str, Any], mappings: Sequence[tuple[str, Expr]], *, one_of_many: bool = False
) -> None:
    """What an element leaves behind: its output mappings alone where there are some, else the whole payload. One
    instance of a multi-instance activity writes what it has itself there (its item, its result), as in Camunda 8."""
    journal = token.journal
    if mappings:
        local = token.internal_data.setdefault("scope", {})
        local.update(payload)
        outer = [s for s in chain(token) if one_of_many or s[1] is not local]
        for target, source in mappings:
            assign(journal, outer, target, evaluate(token, source))
        return
    if payload:
        scopes = chain(token)
        for name, value in payload.items():
            assign(journal, scopes, name, value)


def admit(element: str | None, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables from outside. Raises Fault for a name that no variable may have."""
    for name in variables:
        if not isinstance(name, str) or not name or name in RESERVED:
            raise Fault(element, f"a variable may not be called {name!r}")
    return {name: settled(value) for name, value in variables.items()}
