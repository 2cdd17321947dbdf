"""An instance as bytes and back: compact JSON with a format number. Only live tokens are in it.

    {"v": 1, "process": id, "vars": {…}, "over": 0|1, "tokens": [[id, element, state, {…}|null] …],
     "subs": [[owner token, variables|null, over, tokens] …]}

Subs stand in the order they were opened, so an owner always comes before what runs inside it. Values go through
`feel.to_json`. A later format must still read the earlier ones: golden files in the tests hold them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app import feel

from .activities import CallSpec, SubProcessSpec
from .instance import Content, Instance, Run
from .journal import Journal
from .spec import ScopeSpec
from .token import Token
from .types import Fault

FORMAT = 1
PLAIN = frozenset({str, int, bool, type(None)})
LISTS = ("items", "results")
"""Lists of values that a multi-instance activity's token holds."""

Row = list[Any]


def dump(instance: Instance) -> bytes:
    """Bytes that `load` reads. Raises Fault for a value that cannot be stored."""
    try:
        return orjson.dumps(
            {
                "v": FORMAT,
                "process": instance.spec.name,
                "vars": _encode(instance.variables or {}),
                "over": int(instance.interrupted),
                "tokens": _rows(instance),
                "subs": [_sub(owner, content) for owner, content in instance.subprocesses.items()],
            }
        )
    except (TypeError, feel.FeelError) as error:
        raise Fault(None, f"a variable cannot be stored: {error}") from error


def _sub(owner: str, content: Content) -> Row:
    variables = None if content.variables is None else _encode(content.variables)
    return [owner, variables, int(content.interrupted), _rows(content)]


def _rows(run: Run) -> list[Row]:
    return [[t.id, t.task_spec.name, t._state, _internal(t.internal_data)] for t in run.tasks.values()]


def _internal(data: dict[str, Any]) -> dict[str, Any] | None:
    if "scope" in data:
        data = {**data, "scope": _encode(data["scope"])}
    for name in LISTS:
        if name in data:
            data = {**data, name: feel.to_json(data[name])}
    return data or None


def _encode(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if type(value) in PLAIN else feel.to_json(value) for name, value in values.items()}


def _decode(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: feel.from_json(value) if type(value) is dict or type(value) is list else value
        for name, value in values.items()
    }


def load(state: bytes, processes: Mapping[str, ScopeSpec], journal: Journal) -> Instance:
    """The instance. Raises Fault when the state is of an unknown format or does not fit the bundle."""
    data = orjson.loads(state)
    if data.get("v") not in READERS:
        raise Fault(None, f"the state's format {data.get('v')!r} is unknown; this engine reads {sorted(READERS)}")
    try:
        return READERS[data["v"]](data, processes, journal)
    except KeyError as error:
        raise Fault(None, f"the state does not fit the bundle: {error} is missing") from error


def _load_1(data: Mapping[str, Any], processes: Mapping[str, ScopeSpec], journal: Journal) -> Instance:
    instance = Instance(processes[data["process"]], _decode(data["vars"]), journal)
    instance.interrupted = bool(data["over"])
    _fill(instance, data["tokens"])
    for owner_id, variables, over, rows in data["subs"]:
        owner = instance.find(owner_id)
        if owner is None:
            raise KeyError(owner_id)
        decoded = None if variables is None else _decode(variables)
        content = instance.open_content(owner, _content(owner, processes), decoded)
        content.interrupted = bool(over)
        _fill(content, rows)
    return instance


def _content(owner: Token, processes: Mapping[str, ScopeSpec]) -> ScopeSpec:
    spec = owner.task_spec
    if isinstance(spec, CallSpec):
        return processes[owner.internal_data["called"]]
    if not isinstance(spec, SubProcessSpec):
        raise KeyError(f"the content of {owner.element}")
    return spec.content


def _fill(run: Run, rows: list[Row]) -> None:
    specs = run.spec.task_specs
    for id_, element, state, internal in rows:
        token = Token(run, specs[element], state, id_)
        if internal:
            if "scope" in internal:
                internal["scope"] = _decode(internal["scope"])
            for name in LISTS:
                if name in internal:
                    internal[name] = feel.from_json(internal[name])
            token.internal_data = internal


READERS: Mapping[int, Callable[[Mapping[str, Any], Mapping[str, ScopeSpec], Journal], Instance]] = {1: _load_1}
"""By format number."""
