"""Decision tables: compiled cells, evaluation, and which rules matched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.dmn.hits import AGGREGATIONS, POLICIES, SINGLE, Hit, aggregate, chosen
from app.dmn.logic import Builder, Logic, Variables
from app.dmn.xml import Element, attribute, child, children, text_of
from app.feel.compiler import INPUT, Frame, Test
from app.feel.errors import Failure
from app.feel.expression import Expression, UnaryTest
from app.feel.limits import Run
from app.feel.types import ANY, Type
from app.feel.values import Value


@dataclass(frozen=True, slots=True)
class Input:
    id: str | None
    label: str
    expression: Expression | None
    type: Type
    allowed: str | None
    """Allowed values, as written."""


@dataclass(frozen=True, slots=True)
class Output:
    id: str | None
    name: str | None
    label: str
    values: tuple[Value, ...]
    """Allowed values, the most important first."""
    default: Expression | None
    type: Type


@dataclass(frozen=True, slots=True)
class Rule:
    id: str | None
    number: int
    tests: tuple[tuple[int, Test], ...] | None
    """Column and test, for the cells that are not `-`. None where a cell is faulty: the rule never matches."""
    outputs: tuple[Expression | None, ...]
    test_texts: tuple[str, ...]
    annotations: tuple[str, ...]
    cells: tuple[UnaryTest | None, ...] = ()
    cell_ids: tuple[str | None, ...] = ()
    """Of the input entries, then of the output entries."""


@dataclass(frozen=True, slots=True)
class MatchedRule:
    id: str | None
    number: int
    outputs: tuple[Value, ...]
    tests: tuple[str, ...]
    """The cells as the analyst wrote them: why the rule matched."""
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableTrace:
    """How one evaluation of a table went: for "why this department?" and for audit."""

    table: str | None
    decision: str | None
    hit_policy: str
    inputs: tuple[tuple[str, Value], ...]
    matched: tuple[MatchedRule, ...]


class TracedRun(Run):
    """An evaluation that remembers how its tables went."""

    __slots__ = ("traces",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.traces: list[TableTrace] = []


@dataclass(frozen=True, slots=True)
class Table:
    id: str | None
    decision: str | None
    policy: str
    aggregation: str | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    names: frozenset[str]
    """What its cells may read."""
    title: str | None
    """Name of the decision or knowledge model it belongs to."""

    def __call__(self, variables: Variables, run: Run) -> Value:
        """The table's result, by its hit policy; null where none matches and there is no default."""
        values = [None if each.expression is None else each.expression.run(variables, run) for each in self.inputs]
        matching = self._matching(values, variables, run)
        hits = [Hit(rule.number, self._outputs(rule, variables, run)) for rule in matching]
        self._trace(values, matching, hits, run)
        try:
            if not hits:
                return self._default(variables, run)
            return self._result(chosen(self.policy, hits, [output.values for output in self.outputs]))
        except Failure as failure:
            return run.fail(failure.key, **failure.params)

    def _matching(self, values: Sequence[Value], variables: Variables, run: Run) -> list[Rule]:
        """The rules all of whose cells hold; under FIRST, only the first."""
        run.step(len(self.rules))
        outside = Frame(variables, None, run)
        columns = [(Frame({INPUT: value}, outside, run), value) for value in values]
        matching = []
        for rule in self.rules:
            if rule.tests is None:
                continue
            for column, test in rule.tests:
                if test(*columns[column]) is not True:
                    break
            else:
                matching.append(rule)
                if self.policy == "FIRST":
                    break
        return matching

    def _outputs(self, rule: Rule, variables: Variables, run: Run) -> tuple[Value, ...]:
        return tuple(None if output is None else output.run(variables, run) for output in rule.outputs)

    def _shape(self, values: Sequence[Value]) -> Value:
        """One column's value, or a context of all columns."""
        if len(self.outputs) == 1:
            return values[0]
        return {output.name or output.label: value for output, value in zip(self.outputs, values, strict=True)}

    def _default(self, variables: Variables, run: Run) -> Value:
        if any(output.default is not None for output in self.outputs):
            values = [output.default and output.default.run(variables, run) for output in self.outputs]
            shaped = self._shape(values)
            return shaped if self.policy in SINGLE or self.aggregation else [shaped]
        if self.aggregation == "COUNT":
            return aggregate("COUNT", [])
        return run.fail("dmn.no_hit")

    def _result(self, hits: Sequence[Hit]) -> Value:
        if self.policy in SINGLE:
            return self._shape(hits[0].outputs)
        if self.aggregation is None:
            return [self._shape(hit.outputs) for hit in hits]
        if len(self.outputs) == 1 or self.aggregation == "COUNT":
            return aggregate(self.aggregation, [hit.outputs[0] for hit in hits])
        columns = zip(*(hit.outputs for hit in hits), strict=True)
        return self._shape([aggregate(self.aggregation, list(column)) for column in columns])

    def _trace(self, values: Sequence[Value], rules: Sequence[Rule], hits: Sequence[Hit], run: Run) -> None:
        if not isinstance(run, TracedRun):
            return
        matched = tuple(
            MatchedRule(rule.id, rule.number, hit.outputs, rule.test_texts, rule.annotations)
            for rule, hit in zip(rules, hits, strict=True)
        )
        inputs = tuple((each.label, value) for each, value in zip(self.inputs, values, strict=True))
        run.traces.append(TableTrace(self.id, self.decision, self.policy, inputs, matched))


def read_table(element: Element, builder: Builder) -> Logic:
    """Compile a `<decisionTable>`; faults go to the builder."""
    policy = (attribute(element, "hitPolicy") or "UNIQUE").strip().upper()
    aggregation = attribute(element, "aggregation")
    if policy not in POLICIES or (aggregation is not None and aggregation.upper() not in AGGREGATIONS):
        builder.fault("dmn.hit_policy", element, policy=f"{policy} {aggregation or ''}".strip())
        return lambda _variables, run: run.fail("dmn.hit_policy", policy=policy)
    inputs = tuple(_input(each, builder) for each in children(element, "input"))
    outputs = tuple(_output(each, element, builder) for each in children(element, "output"))
    rules = tuple(
        _rule(each, number, len(inputs), len(outputs), builder)
        for number, each in enumerate(children(element, "rule"), 1)
    )
    table = Table(
        attribute(element, "id"), builder.owner, policy, aggregation and aggregation.upper(), inputs, outputs, rules,
        builder.names, builder.title,
    )  # fmt: skip
    builder.notes.tables.append(table)
    return table


def _input(element: Element, builder: Builder) -> Input:
    expression = child(element, "inputExpression")
    text = text_of(expression) or ""
    compiled = builder.expression(text, expression if expression is not None else element)
    type_ref = attribute(expression, "typeRef") if expression is not None else None
    label = attribute(element, "label") or text.strip()
    allowed = text_of(child(element, "inputValues")) or builder.types.allowed_text(type_ref or "")
    return Input(attribute(element, "id"), label, compiled, builder.types.find(type_ref) or ANY, allowed or None)


def _output(element: Element, table: Element, builder: Builder) -> Output:
    name = attribute(element, "name")
    default = child(element, "defaultOutputEntry")
    text = text_of(default)
    compiled = builder.expression(text, element) if default is not None and text and text.strip() else None
    values = builder.values(text_of(child(element, "outputValues")), element)
    if not values:
        values = builder.type_values(attribute(element, "typeRef"), element)
    label = attribute(element, "label") or name or attribute(table, "outputLabel") or ""
    type_ = builder.types.find(attribute(element, "typeRef")) or ANY
    return Output(attribute(element, "id"), name, label, values, compiled, type_)


def _rule(element: Element, number: int, inputs: int, outputs: int, builder: Builder) -> Rule:
    tests, results = children(element, "inputEntry"), children(element, "outputEntry")
    texts = tuple((text_of(each) or "").strip() for each in tests)
    if (len(tests), len(results)) != (inputs, outputs):
        given, wanted = len(tests) + len(results), inputs + outputs
        builder.fault("dmn.cells", element, given=given, wanted=wanted)
        return Rule(attribute(element, "id"), number, None, (None,) * outputs, texts, ())
    cells = tuple(builder.test(text, each) for text, each in zip(texts, tests, strict=True))
    notes = tuple(text_of(each) or "" for each in children(element, "annotationEntry"))
    description = child(element, "description")
    if not notes and description is not None and description.text:
        notes = (str(description.text),)
    return Rule(
        attribute(element, "id"),
        number,
        _tests(cells),
        tuple(_cell(each, builder) for each in results),
        texts,
        notes,
        cells,
        tuple(attribute(each, "id") for each in (*tests, *results)),
    )


def _tests(cells: Sequence[UnaryTest | None]) -> tuple[tuple[int, Test], ...] | None:
    if any(cell is None for cell in cells):
        return None
    return tuple((column, cell.judge) for column, cell in enumerate(cells) if cell is not None and not cell.any)


def _cell(element: Element, builder: Builder) -> Expression | None:
    text = text_of(element) or ""
    return builder.expression(text, element) if text.strip() not in ("", "-") else None
