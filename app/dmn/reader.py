"""XML to models: elements first, then requirements, then logic with the names each element may use."""

from collections.abc import Mapping, Sequence

from app.dmn.boxed import logic_of, read_function
from app.dmn.errors import DmnError, Fault
from app.dmn.itemtypes import Allowed, ItemTypes
from app.dmn.logic import Builder
from app.dmn.model import Decision, InputData, Knowledge, Model, Requirement, Service
from app.dmn.xml import Element, attribute, child, children, local, read_xml, text_of
from app.feel.errors import FeelSyntaxError
from app.feel.expression import KnownFunctions, compile_unary_in_model
from app.feel.scanner import is_simple
from app.feel.types import ANY, FunctionType, Type
from app.feel.values import Value

_KINDS = {"requiredInput": "input", "requiredDecision": "decision", "requiredKnowledge": "knowledge"}


def parse(
    xml: bytes,
    imports: Sequence[bytes] = (),
    functions: Mapping[str, tuple[str, ...]] = {},
) -> Model:
    """A model from its file, with the files it imports. `functions`: domain functions its expressions may call.

    DmnError for what is no DMN file at all; faults within it are in `Model.faults()`, and give null.
    """
    known: KnownFunctions = tuple(sorted(functions.items()))
    waiting = [_Reader(read_xml(each), known) for each in imports]
    main = _Reader(read_xml(xml), known)
    return main.read({reader.namespace: reader for reader in waiting})


class _Reader:
    """Reads one file; imported files are read first, by their own readers."""

    def __init__(self, root: Element, functions: KnownFunctions) -> None:
        if local(root) != "definitions" or not _is_dmn(root):
            raise DmnError("dmn.not_dmn", root=local(root))
        self.root = root
        self.namespace = attribute(root, "namespace") or ""
        self.types = ItemTypes(self._allowed)
        self.model = Model(self.namespace, attribute(root, "name") or "", attribute(root, "id"))
        self._functions = functions
        self._done = False

    def read(self, others: Mapping[str, "_Reader"]) -> Model:
        if self._done:
            return self.model
        self._done = True
        self._imports(others)
        for element in children(self.root, "itemDefinition"):
            self.types.add(element)
        self._special = frozenset(name for name in self.types.names() if not is_simple(name))
        self._declare()
        self._name_elements()
        self._connect()
        return self.model

    def _allowed(self, text: str, element: Element) -> Allowed:
        """The check that an item definition's allowed values make."""
        try:
            test = compile_unary_in_model(text, frozenset(), self.types, self._functions)
        except FeelSyntaxError as error:
            self._fault(error.reason.key, element, **error.reason.params)
            return lambda _value: True

        def allowed(value: Value) -> bool:
            return test(value)

        return allowed

    def _fault(self, key: str, element: Element, **params: object) -> None:
        self.model.notes.faults.append(Fault(attribute(element, "id"), attribute(element, "name"), key, params))

    def _imports(self, others: Mapping[str, "_Reader"]) -> None:
        for element in children(self.root, "import"):
            namespace, name = attribute(element, "namespace") or "", attribute(element, "name") or ""
            if "DMN" not in (attribute(element, "importType") or "DMN"):
                continue
            if namespace not in others:
                self._fault("dmn.import", element, name=name or namespace)
                continue
            other = others[namespace]
            self.model.imports.append((name, other.read(others)))
            self.types.add_import(name, other.types)

    # -------------------------------------------------------------- elements
    def _type(self, variable: Element | None) -> tuple[Type, str | None]:
        type_ref = attribute(variable, "typeRef") if variable is not None else None
        found = self.types.find(type_ref)
        if found is None and variable is not None:
            self._fault("dmn.type", variable, name=type_ref)
        return found or ANY, type_ref

    def _declare(self) -> None:
        self._elements: dict[str, Element] = {}
        for element in children(self.root, "inputData", "decision", "businessKnowledgeModel", "decisionService"):
            name = attribute(element, "name") or ""
            variable = child(element, "variable")
            if variable is not None:
                name = attribute(variable, "name") or name
            key = attribute(element, "id") or name
            self._elements[key] = element
            type_, type_ref = self._type(variable)
            kind = local(element)
            if kind == "inputData":
                self.model.inputs[key] = InputData(key, name, type_, type_ref)
            elif kind == "decision":
                self.model.decisions[key] = Decision(key, name, type_, type_ref)
            elif kind == "businessKnowledgeModel":
                self.model.knowledge[key] = Knowledge(key, name)
            else:
                result = type_.result if isinstance(type_, FunctionType) else type_
                self.model.services[key] = Service(key, name, result)

    def _name_elements(self) -> None:
        model = self.model
        groups = (model.inputs, model.decisions, model.knowledge, model.services)
        model.element_names = frozenset(element.name for group in groups for element in group.values())

    def _resolve(self, href: str, kind: str, element: Element) -> Requirement | None:
        """`#id`, or `namespace#id` of this model or an imported one."""
        namespace, _, key = href.rpartition("#")
        candidates: list[tuple[str | None, Model]] = [(None, self.model)]
        if namespace and namespace != self.namespace:
            candidates = [(name, model) for name, model in self.model.imports if model.namespace == namespace]
        for prefix, model in candidates:
            if key in model.inputs or key in model.decisions or key in model.knowledge or key in model.services:
                return Requirement(kind, model, key, prefix)
        self._fault("dmn.requirement", element, href=href)
        return None

    def _requirements(self, element: Element) -> tuple[Requirement, ...]:
        found = []
        for outer in children(element, "informationRequirement", "knowledgeRequirement"):
            for reference in children(outer, *_KINDS):
                required = self._resolve(attribute(reference, "href") or "", _KINDS[local(reference)], element)
                if required is not None:
                    found.append(required)
        return tuple(found)

    def _references(self, element: Element, name: str, kind: str) -> tuple[Requirement, ...]:
        found = [self._resolve(attribute(each, "href") or "", kind, element) for each in children(element, name)]
        return tuple(each for each in found if each is not None)

    # -------------------------------------------------------------- logic
    def _builder(self, owner: str, requirements: Sequence[Requirement], more: Sequence[str] = ()) -> Builder:
        names = {*self._special, *more}
        for each in requirements:
            name = each.name
            names.add(each.prefix if each.prefix else name)
            if not is_simple(name):
                names.add(name)
        title = self._elements[owner].get("name") or owner
        return Builder(frozenset(names), self.types, self.model.notes, owner, self._functions, title=title)

    def _connect(self) -> None:
        for key, knowledge in self.model.knowledge.items():
            element = self._elements[key]
            knowledge.requirements = self._requirements(element)
            logic = child(element, "encapsulatedLogic")
            if logic is not None:
                builder = self._builder(key, knowledge.requirements, [knowledge.name])
                type_, _ = self._type(child(element, "variable"))
                result = type_.result if isinstance(type_, FunctionType) else type_
                knowledge.logic = read_function(logic, builder, knowledge.name, result)
        for key, decision in self.model.decisions.items():
            element = self._elements[key]
            decision.requirements = self._requirements(element)
            decision.logic = logic_of(element, self._builder(key, decision.requirements))
            table = child(element, "decisionTable")
            decision.table = attribute(table, "id") if table is not None else None
            decision.text = text_of(child(element, "literalExpression"))
        for key, service in self.model.services.items():
            element = self._elements[key]
            service.outputs = self._references(element, "outputDecision", "decision")
            service.input_data = self._references(element, "inputData", "input")
            service.input_decisions = self._references(element, "inputDecision", "decision")


def _is_dmn(root: Element) -> bool:
    tag = str(root.tag)
    return "/DMN/" in tag or "/dmn" in tag.lower()
