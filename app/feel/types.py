"""FEEL's types: whether a value is an instance, and how a value is made to fit at a boundary.

`fit` is what happens to inputs, results and arguments: a value that conforms passes, a list of one stands for its
element and the other way round, a date becomes UTC midnight where a date-time is wanted, anything else becomes null.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.feel.errors import FeelSyntaxError
from app.feel.syntax import TypeName
from app.feel.temporal.fields import new_date_time, new_time
from app.feel.values import Function, Range, Value, kind

SIMPLE = frozenset(
    {
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    }
)
_OTHER_NAMES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "days and time duration": "days and time duration",
}


class Type(ABC):
    """Base: what is an instance of it."""

    @abstractmethod
    def has(self, value: Value) -> bool:
        """Whether the value is an instance."""

    def fit(self, value: Value) -> Value:
        """The value, converted where FEEL allows it, or None."""
        if value is None or self.has(value):
            return value
        if isinstance(value, list) and len(value) == 1 and self.has(value[0]):
            return value[0]
        return None


class AnyType(Type):
    def has(self, value: Value) -> bool:
        return value is not None

    def fit(self, value: Value) -> Value:
        return value


class NullType(Type):
    def has(self, value: Value) -> bool:
        return value is None


@dataclass(frozen=True)
class SimpleType(Type):
    kind: str

    def has(self, value: Value) -> bool:
        return kind(value) == self.kind

    def fit(self, value: Value) -> Value:
        fitted = super().fit(value)
        if fitted is None and value is not None and self.kind == "date and time":
            date = value[0] if isinstance(value, list) and len(value) == 1 else value
            if kind(date) == "date":
                return new_date_time(date, new_time(0, 0, 0), 0)
        return fitted


@dataclass(frozen=True)
class AnyOfKind(Type):
    """`list`, `context`, `range`, `function` or `duration` without saying of what."""

    kinds: frozenset[str]

    def has(self, value: Value) -> bool:
        return kind(value) in self.kinds

    def fit(self, value: Value) -> Value:
        if value is not None and "list" in self.kinds and not isinstance(value, list):
            return [value]
        return super().fit(value)


@dataclass(frozen=True)
class ListType(Type):
    inner: Type

    def has(self, value: Value) -> bool:
        return isinstance(value, list) and all(self.inner.has(item) for item in value)

    def fit(self, value: Value) -> Value:
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        fitted = [self.inner.fit(item) for item in items]
        spoilt = any(new is None and old is not None for old, new in zip(items, fitted, strict=True))
        return None if spoilt else fitted


@dataclass(frozen=True)
class ContextType(Type):
    members: Mapping[str, Type]
    required: bool = True
    """Whether a missing member spoils it at a boundary. Item definitions are lenient: missing data is null."""

    def has(self, value: Value) -> bool:
        if not isinstance(value, dict):
            return False
        return all(name in value and _member_has(inner, value[name]) for name, inner in self.members.items())

    def fit(self, value: Value) -> Value:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not isinstance(value, dict):
            return None
        fitted = dict(value)
        for name, inner in self.members.items():
            if name not in value:
                if self.required:
                    return None
                continue
            fitted[name] = inner.fit(value[name])
            if fitted[name] is None and value[name] is not None:
                return None
        return fitted


@dataclass(frozen=True)
class RangeType(Type):
    inner: Type

    def has(self, value: Value) -> bool:
        if not isinstance(value, Range):
            return False
        ends = [end for end in (value.start, value.end) if end is not None]
        return all(self.inner.has(end) for end in ends)


@dataclass(frozen=True)
class FunctionType(Type):
    parameters: tuple[Type, ...]
    result: Type = field(default_factory=AnyType)

    def has(self, value: Value) -> bool:
        if not isinstance(value, Function):
            return False
        if value.variadic:
            return True
        if len(value.parameters) != len(self.parameters):
            return False
        given = value.types or tuple(AnyType() for _ in value.parameters)
        return all(accepts(theirs, ours) for theirs, ours in zip(given, self.parameters, strict=False))


def _member_has(inner: Type, value: Value) -> bool:
    return value is None or inner.has(value)


def accepts(wide: Type | None, narrow: Type) -> bool:
    """Whether a parameter of type `wide` takes every value of type `narrow`."""
    if wide is None or isinstance(wide, AnyType) or wide == narrow:
        return True
    if isinstance(wide, ListType) and isinstance(narrow, ListType):
        return accepts(wide.inner, narrow.inner)
    if isinstance(wide, ContextType) and isinstance(narrow, ContextType):
        return all(name in narrow.members and accepts(t, narrow.members[name]) for name, t in wide.members.items())
    if isinstance(wide, AnyOfKind):
        return ("list" in wide.kinds and isinstance(narrow, ListType)) or (
            "context" in wide.kinds and isinstance(narrow, ContextType)
        )
    return False


ANY = AnyType()
_PLAIN: Mapping[str, Type] = {
    "Any": ANY,
    "any": ANY,
    "Null": NullType(),
    "duration": AnyOfKind(frozenset({"days and time duration", "years and months duration"})),
    "list": AnyOfKind(frozenset({"list"})),
    "context": AnyOfKind(frozenset({"context"})),
    "range": AnyOfKind(frozenset({"range"})),
    "function": AnyOfKind(frozenset({"function"})),
    **{name: SimpleType(name) for name in SIMPLE},
    **{other: SimpleType(name) for other, name in _OTHER_NAMES.items()},
}

FindType = Callable[[str], Type | None]
"""Finds a type that a model defines (an item definition)."""


def built_in(name: str) -> Type | None:
    """A type of FEEL itself, by its name."""
    return _PLAIN.get(name)


def build_type(written: TypeName, find: FindType = lambda _name: None) -> Type:
    """The type that a piece of syntax names. Raises FeelSyntaxError for an unknown one."""
    if written.inner:
        inner = tuple(build_type(each, find) for each in written.inner)
        if written.name == "list" and len(inner) == 1:
            return ListType(inner[0])
        if written.name == "range" and len(inner) == 1:
            return RangeType(inner[0])
        if written.name == "function":
            return FunctionType(inner[:-1], inner[-1])
    elif written.members and written.name == "context":
        return ContextType({name: build_type(each, find) for name, each in written.members})
    elif not written.members and (found := find(written.name) or built_in(written.name)) is not None:
        return found
    raise FeelSyntaxError("feel.syntax.unknown_type", written.at, name=written.name)
