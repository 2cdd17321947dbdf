"""not, all, any, is defined, get or else."""

from app.feel.builtins.registry import builtin
from app.feel.errors import Failure
from app.feel.values import Value, kind


@builtin("not(negand)")
def not_(negand: Value) -> Value:
    if negand is None or isinstance(negand, bool):
        return None if negand is None else not negand
    raise Failure("feel.not_boolean", kind=kind(negand))


@builtin("all(list*: list)")
def all_(items: list[Value]) -> Value:
    if False in [item for item in items if isinstance(item, bool)]:
        return False
    return True if all(item is True for item in items) else None


@builtin("any(list*: list)")
def any_(items: list[Value]) -> Value:
    if True in [item for item in items if isinstance(item, bool)]:
        return True
    return False if all(item is False for item in items) else None


@builtin("is defined(value)")
def is_defined(value: Value) -> Value:
    return value is not None


@builtin("get or else(value, default)")
def get_or_else(value: Value, default: Value) -> Value:
    return default if value is None else value
