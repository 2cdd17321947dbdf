"""What compiled decision logic is, and the builder that compiles its texts and collects their faults."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from app.dmn.errors import Fault
from app.dmn.itemtypes import ItemTypes
from app.dmn.xml import Element, attribute, child, text_of
from app.feel import syntax
from app.feel.errors import FeelSyntaxError
from app.feel.expression import Expression, KnownFunctions, UnaryTest, compile_in_model, compile_unary_in_model
from app.feel.limits import Run
from app.feel.parser import parse_tests
from app.feel.types import ANY, Type
from app.feel.values import NUMBERS, Value

Variables = dict[str, Any]
Logic = Callable[[Variables, Run], Value]
"""Compiled decision logic: variables in scope and the running evaluation to a value."""


@dataclass(frozen=True, slots=True)
class Read:
    """A variable that an expression reads."""

    owner: str | None
    """Id of the decision or knowledge model."""
    name: str
    element: str | None
    """Id of the nearest element that has one."""


@dataclass(slots=True)
class Notes:
    """What building one model leaves for checks."""

    faults: list[Fault] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    tables: list[Any] = field(default_factory=list)
    """Every `Table`, those within contexts and functions too."""


class Builder:
    """Compiles the texts of one decision or knowledge model. What does not compile becomes a fault, and null later."""

    def __init__(
        self, names: frozenset[str], types: ItemTypes, notes: Notes, owner: str | None, functions: KnownFunctions,
        local: frozenset[str] = frozenset(), title: str | None = None,
    ) -> None:  # fmt: skip
        self.names = names
        self.types = types
        self.notes = notes
        self.owner = owner
        self.functions = functions
        self.title = title
        self._local = local

    @property
    def faults(self) -> list[Fault]:
        return self.notes.faults

    def within(self, names: Iterable[str]) -> "Builder":
        """The same with more names in scope."""
        more = frozenset(names)
        return Builder(
            self.names | more, self.types, self.notes, self.owner, self.functions, self._local | more, self.title
        )

    def fault(self, key: str, element: Element, **params: object) -> None:
        self.faults.append(Fault(_nearest_id(element), self.owner, key, params))

    def expression(self, text: str, element: Element) -> Expression | None:
        """The compiled text, or None and a fault."""
        try:
            compiled = compile_in_model(text, self.names, self.types, self.functions)
        except FeelSyntaxError as error:
            self._syntax(error, text, element)
            return None
        self._reads(compiled.names, element)
        return compiled

    def test(self, text: str, element: Element) -> UnaryTest | None:
        """The compiled cell, or None and a fault."""
        try:
            compiled = compile_unary_in_model(text, self.names, self.types, self.functions)
        except FeelSyntaxError as error:
            self._syntax(error, text, element)
            return None
        self._reads(compiled.names, element)
        return compiled

    def _reads(self, names: frozenset[str], element: Element) -> None:
        self.notes.reads.extend(Read(self.owner, name, _nearest_id(element)) for name in sorted(names - self._local))

    def _syntax(self, error: FeelSyntaxError, text: str, element: Element) -> None:
        reason = error.reason
        self.faults.append(Fault(_nearest_id(element), self.owner, reason.key, reason.params, text, reason.position))

    def type(self, name: str | None, element: Element) -> Type:
        """The type a `typeRef` names; Any and a fault where it is unknown."""
        found = self.types.find(name)
        if found is None:
            self.fault("dmn.type", element, name=name)
            return ANY
        return found

    def values(self, text: str | None, element: Element) -> tuple[Value, ...]:
        """The literals of an `outputValues` text, in their order."""
        if not text or not text.strip():
            return ()
        try:
            node = parse_tests(text)
        except FeelSyntaxError as error:
            self._syntax(error, text, element)
            return ()
        return tuple(_constants(node))

    def type_values(self, type_ref: str | None, element: Element) -> tuple[Value, ...]:
        """The allowed values of an item definition, which order outputs where the table gives none."""
        text = self.types.allowed_text(type_ref) if type_ref else None
        return self.values(text, element)


def _constants(node: syntax.Node) -> Iterable[Value]:
    if isinstance(node, syntax.Tests):
        for each in node.tests:
            yield from _constants(each)
    elif isinstance(node, syntax.Literal):
        yield node.value
    elif isinstance(node, syntax.Negation) and isinstance(node.operand, syntax.Literal):
        yield NUMBERS.minus(node.operand.value)


def _nearest_id(element: Element) -> str | None:
    here: Element | None = element
    while here is not None:
        if found := attribute(here, "id"):
            return found
        here = here.getparent()
    return None


def literal(element: Element, builder: Builder) -> Logic:
    """A `<literalExpression>`. An empty one is null."""
    text = text_of(element)
    if text is None or not text.strip():
        return lambda _variables, _run: None
    language = attribute(element, "expressionLanguage")
    if language and "feel" not in language.lower() and child(element, "importedValues") is not None:
        builder.fault("dmn.language", element, language=language)
        return lambda _variables, _run: None
    compiled = builder.expression(text, element)
    if compiled is None:
        fault = builder.faults[-1]
        return lambda _variables, run: run.fail(fault.key, fault.position, **fault.params)
    return compiled.run
