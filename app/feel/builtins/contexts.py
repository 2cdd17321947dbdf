"""Functions on contexts."""

from app.feel.builtins.registry import builtin
from app.feel.errors import Failure
from app.feel.limits import Run
from app.feel.values import Value


@builtin("get value(m: context, key: string)")
def get_value(context: dict[str, Value], key: str) -> Value:
    return context.get(key)


@builtin("get value(context: context, keys: list)")
def get_value_at(context: dict[str, Value], keys: list[Value]) -> Value:
    value: Value = context
    if not keys:
        return None
    for key in keys:
        if not isinstance(key, str) or not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


@builtin("get entries(m: context)")
def get_entries(context: dict[str, Value]) -> Value:
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context(entries: list)")
def context_of(entries: list[Value]) -> Value:
    result: dict[str, Value] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            raise Failure("feel.argument_value")
        if entry["key"] in result:
            raise Failure("feel.duplicate_key", name=entry["key"])
        result[entry["key"]] = entry["value"]
    return result


@builtin("context put(context: context, key: string, value)", run=True)
def context_put(run: Run, context: dict[str, Value], key: str, value: Value) -> Value:
    run.step(len(context))
    return {**context, key: value}


@builtin("context put(context: context, keys: list, value)", run=True)
def context_put_at(run: Run, context: dict[str, Value], keys: list[Value], value: Value) -> Value:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise Failure("feel.argument_value")
    run.step(len(context) + len(keys))
    first, *rest = keys
    if not rest:
        return {**context, first: value}
    inner = context.get(first)
    if inner is not None and not isinstance(inner, dict):
        raise Failure("feel.argument_value")
    return {**context, first: context_put_at(run, inner or {}, rest, value)}


@builtin("context merge(contexts: list)", run=True)
def context_merge(run: Run, contexts: list[Value]) -> Value:
    merged: dict[str, Value] = {}
    for each in contexts:
        if not isinstance(each, dict):
            raise Failure("feel.argument_value")
        run.step(len(each))
        merged.update(each)
    return merged
