"""Decision models: requirement graphs, evaluated on demand, each decision once per evaluation."""

from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.dmn.errors import DmnError, Fault
from app.dmn.logic import Logic, Notes, Variables
from app.dmn.table import MatchedRule, TableTrace, TracedRun
from app.feel.errors import FeelError, Reason
from app.feel.expression import guarded
from app.feel.limits import DEFAULT_LIMITS, Limits, Run
from app.feel.types import Type
from app.feel.values import Function, Value, adopt


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an element needs: `prefix` is the import it comes from, None for the same model."""

    kind: str
    """`input`, `decision` or `knowledge`."""
    model: "Model"
    id: str
    prefix: str | None

    @property
    def name(self) -> str:
        """What expressions call it."""
        model = self.model
        for elements in (model.inputs, model.decisions, model.knowledge, model.services):
            if self.id in elements:
                return str(elements[self.id].name)
        return self.id


@dataclass(slots=True)
class InputData:
    id: str
    name: str
    type: Type
    type_ref: str | None


@dataclass(slots=True)
class Decision:
    id: str
    name: str
    type: Type
    type_ref: str | None
    logic: Logic | None = None
    requirements: tuple[Requirement, ...] = ()
    table: str | None = None
    """Id of its decision table, where it is one."""
    text: str | None = None
    """Its expression, where it is a literal one."""


@dataclass(slots=True)
class Knowledge:
    """A business knowledge model: a function that decisions call."""

    id: str
    name: str
    logic: Logic | None = None
    requirements: tuple[Requirement, ...] = ()


@dataclass(slots=True)
class Service:
    """A decision service: some decisions behind one call."""

    id: str
    name: str
    type: Type
    outputs: tuple[Requirement, ...] = ()
    input_data: tuple[Requirement, ...] = ()
    input_decisions: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision's value and how it came about."""

    value: Value
    table: str | None
    """Id of the decision's own table, where it is one."""
    matched: tuple[MatchedRule, ...]
    """The rules of that table that matched."""
    inputs: tuple[tuple[str, Value], ...]
    """That table's input columns and their values."""
    tables: tuple[TableTrace, ...]
    """Every table that took part, required decisions' first."""
    reasons: tuple[Reason, ...]
    """Why a value became null on the way."""


@dataclass(slots=True)
class Model:
    """A parsed file. Read only; safe to share between threads."""

    namespace: str
    name: str
    id: str | None = None
    decisions: dict[str, Decision] = field(default_factory=dict)
    inputs: dict[str, InputData] = field(default_factory=dict)
    knowledge: dict[str, Knowledge] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    imports: list[tuple[str, "Model"]] = field(default_factory=list)
    """Imported models under the names they are addressed by; an empty name needs no prefix."""
    notes: Notes = field(default_factory=Notes)
    element_names: frozenset[str] = frozenset()
    """Names of inputs, decisions and functions here: a decision sees only those that it requires."""

    def faults(self) -> tuple[Fault, ...]:
        """What will give null: texts that are not FEEL, unknown types, functions and requirements."""
        return tuple(self.notes.faults)

    @property
    def tables(self) -> tuple[Any, ...]:
        """Every decision table (`Table`), those inside contexts and functions too."""
        return tuple(self.notes.tables)

    def decision(self, name_or_id: str) -> Decision:
        """DmnError where there is none."""
        found = self.decisions.get(name_or_id)
        if found is None:
            found = next((each for each in self.decisions.values() if each.name == name_or_id), None)
        if found is None:
            raise DmnError("dmn.no_decision", name=name_or_id)
        return found

    def evaluate(
        self,
        name_or_id: str,
        inputs: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = {},
        *,
        now: datetime | None = None,
        strict: bool = False,
        reasons: MutableSequence[Reason] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Value:
        """A decision's value. Errors make null and are appended to `reasons`; `strict` raises FeelError instead.
        DmnError where there is no such decision."""
        decision = self.decision(name_or_id)
        run = TracedRun(functions, [] if reasons is None else reasons, now, limits)
        value = guarded(lambda: Evaluation(run).decide(self, decision, adopt(dict(inputs))), run)
        if strict and value is None and run.reasons:
            raise FeelError(run.reasons[0], decision.name)
        return value

    def explain(
        self,
        name_or_id: str,
        inputs: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = {},
        *,
        now: datetime | None = None,
    ) -> Explained:
        """A decision's value with the rules that matched and the values they saw."""
        decision = self.decision(name_or_id)
        run = TracedRun(functions, [], now)
        value = guarded(lambda: Evaluation(run).decide(self, decision, adopt(dict(inputs))), run)
        own = next((trace for trace in reversed(run.traces) if trace.decision == decision.id), None)
        return Explained(
            value,
            own.table if own else decision.table,
            own.matched if own else (),
            own.inputs if own else (),
            tuple(run.traces),
            tuple(run.reasons),
        )

    def evaluate_service(
        self,
        name_or_id: str,
        inputs: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = {},
        *,
        now: datetime | None = None,
        reasons: MutableSequence[Reason] | None = None,
    ) -> Value:
        """A decision service's value: of its one output decision, or a context of several."""
        service = self.services.get(name_or_id)
        if service is None:
            service = next((each for each in self.services.values() if each.name == name_or_id), None)
        if service is None:
            raise DmnError("dmn.no_service", name=name_or_id)
        found, run = service, TracedRun(functions, [] if reasons is None else reasons, now)
        return guarded(lambda: serve(found, adopt(dict(inputs)), run), run)


class Evaluation:
    """One evaluation over a model and its imports: given inputs, and what has been decided so far."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._decided: dict[tuple[int, int], Value] = {}
        self._deciding: set[tuple[int, int]] = set()

    def preset(self, decision: Decision, inputs: Variables, value: Value) -> None:
        """A service's input decision: its value is given."""
        self._decided[id(decision), id(inputs)] = decision.type.fit(value)

    def decide(self, model: Model, decision: Decision, inputs: Variables) -> Value:
        """The decision's value, coerced to its type. `inputs` are those of its model."""
        key = (id(decision), id(inputs))
        if key in self._decided:
            return self._decided[key]
        if key in self._deciding:
            return self._run.fail("dmn.cycle", name=decision.name)
        self._deciding.add(key)
        value = None
        if decision.logic is not None:
            value = decision.logic(self._scope(model, decision.requirements, inputs), self._run)
        fitted = decision.type.fit(value)
        if fitted is None and value is not None:
            self._run.fail("dmn.result_type", name=decision.name, type=decision.type_ref)
        self._deciding.discard(key)
        self._decided[key] = fitted
        return fitted

    def _scope(self, model: Model, requirements: Sequence[Requirement], inputs: Variables) -> Variables:
        """What is required, over what is given and is no element of the model that is not required."""
        variables = {name: value for name, value in inputs.items() if name not in model.element_names}
        imported: dict[str, Variables] = {}
        for requirement in requirements:
            name, value = self._required(requirement, inputs)
            if requirement.prefix:
                imported.setdefault(requirement.prefix, {})[name] = value
            else:
                variables[name] = value
        for prefix, values in imported.items():
            given = variables.get(prefix)
            variables[prefix] = {**given, **values} if isinstance(given, dict) else values
        return variables

    def _required(self, requirement: Requirement, inputs: Variables) -> tuple[str, Value]:
        """Name and value of what a requirement names. An import's own inputs may be given under the import's name."""
        model = requirement.model
        if requirement.prefix and isinstance(inputs.get(requirement.prefix), dict):
            inputs = inputs[requirement.prefix]
        if requirement.kind == "input":
            data = model.inputs[requirement.id]
            return data.name, self._input(data, inputs)
        if requirement.kind == "decision":
            decision = model.decisions[requirement.id]
            return decision.name, self.decide(model, decision, inputs)
        if requirement.id in model.services:
            service = model.services[requirement.id]
            return service.name, service_function(service, inputs)
        knowledge = model.knowledge[requirement.id]
        return knowledge.name, self._function(model, knowledge)

    def _input(self, data: InputData, inputs: Variables) -> Value:
        value = inputs.get(data.name)
        fitted = data.type.fit(value)
        if fitted is None and value is not None:
            self._run.fail("dmn.input_type", name=data.name, type=data.type_ref)
        return fitted

    def _function(self, model: Model, knowledge: Knowledge) -> Value:
        """The knowledge model as a function; it sees what it requires, and itself."""
        key = (id(knowledge), 0)
        if key in self._decided:
            return self._decided[key]
        if knowledge.logic is None:
            return None
        variables: Variables = {}
        function = knowledge.logic(variables, self._run)
        self._decided[key] = function
        variables.update(self._scope(model, knowledge.requirements, {}))
        if isinstance(function, Function):
            variables[knowledge.name] = function
        return function


def serve(service: Service, given: Variables, run: Run) -> Value:
    """Evaluate a service's output decisions from its input data and input decisions."""
    evaluation = Evaluation(run)
    for requirement in service.input_decisions:
        decision = requirement.model.decisions[requirement.id]
        evaluation.preset(decision, given, given.get(decision.name))
    results = {}
    for requirement in service.outputs:
        decision = requirement.model.decisions[requirement.id]
        results[decision.name] = evaluation.decide(requirement.model, decision, given)
    value = next(iter(results.values())) if len(results) == 1 else results
    return service.type.fit(value)


def service_function(service: Service, inputs: Variables) -> Function:
    """The service as a function of its input data, then its input decisions."""
    named: list[InputData | Decision] = [each.model.inputs[each.id] for each in service.input_data]
    named += [each.model.decisions[each.id] for each in service.input_decisions]
    names = tuple(each.name for each in named)

    def call(run: Run, values: list[Value]) -> Value:
        return serve(service, {**inputs, **dict(zip(names, values, strict=True))}, run)

    return Function(names, call, name=service.name, types=tuple(each.type for each in named))
