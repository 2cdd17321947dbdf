"""Item definitions as FEEL types: structures, collections, allowed values."""

from collections.abc import Callable
from dataclasses import dataclass

from app.dmn.xml import Element, attribute, child, children, text_of
from app.feel.types import ANY, ContextType, FunctionType, ListType, Type, built_in
from app.feel.values import Value

Allowed = Callable[[Value], bool]


@dataclass(frozen=True)
class RestrictedType(Type):
    """A type of which only some values are allowed."""

    base: Type
    allowed: Allowed

    def has(self, value: Value) -> bool:
        return self.base.has(value) and self.allowed(value)

    def fit(self, value: Value) -> Value:
        fitted = self.base.fit(value)
        return fitted if fitted is not None and self.allowed(fitted) else None


@dataclass(frozen=True)
class Later(Type):
    """A type that may be defined further down, or by itself."""

    name: str
    find: Callable[[str], Type | None]

    def _type(self) -> Type:
        return self.find(self.name) or ANY

    def has(self, value: Value) -> bool:
        return self._type().has(value)

    def fit(self, value: Value) -> Value:
        return self._type().fit(value)


def without_prefix(type_ref: str) -> str:
    """`feel:string` and `{namespace}string` of older files as `string`."""
    if type_ref.startswith("{"):
        return type_ref.partition("}")[2]
    return type_ref.removeprefix("feel:")


class ItemTypes:
    """All item definitions of one model, found by name; imported ones as `import.name`."""

    def __init__(self, make_allowed: Callable[[str, Element], Allowed]) -> None:
        self._elements: dict[str, Element] = {}
        self._types: dict[str, Type] = {}
        self._imported: list[tuple[str, ItemTypes]] = []
        self._make_allowed = make_allowed
        self._building: set[str] = set()

    def add(self, element: Element) -> None:
        name = attribute(element, "name")
        if name:
            self._elements[name] = element

    def add_import(self, prefix: str, types: "ItemTypes") -> None:
        self._imported.append((prefix, types))

    def __call__(self, name: str) -> Type | None:
        """The type of that name, or None."""
        if name in self._types:
            return self._types[name]
        if name in self._elements:
            if name in self._building:
                return Later(name, self)
            self._building.add(name)
            self._types[name] = self._build(self._elements[name])
            self._building.discard(name)
            return self._types[name]
        return self._import(name, ".")

    def _import(self, name: str, separator: str) -> Type | None:
        """A type of an imported model: `import.name`, or just `name` where the import has none itself."""
        for prefix, types in self._imported:
            start = prefix + separator if prefix else ""
            if name.startswith(start) and (found := types(name[len(start) :])) is not None:
                return found
        return None

    def find(self, type_ref: str | None) -> Type | None:
        """The type a `typeRef` names; Any where there is none; None where it is unknown."""
        if not type_ref:
            return ANY
        own = self(type_ref)
        if own is not None:
            return own
        plain = without_prefix(type_ref)
        if (found := self(plain) or built_in(plain)) is not None:
            return found
        return self._import(plain, ":")

    def names(self) -> set[str]:
        """Names of all structures' members: the scanner must know those with operators inside."""
        found: set[str] = set()
        for element in self._elements.values():
            found |= {str(each.get("name")) for each in element.iter() if each.get("name")}
        for _, imported in self._imported:
            found |= imported.names()
        return found

    def allowed_text(self, type_ref: str) -> str | None:
        """The allowed values of a type as written, in their order."""
        element = self._elements.get(type_ref) if type_ref in self._elements else None
        if element is None:
            element = self._elements.get(without_prefix(type_ref))
        return text_of(child(element, "allowedValues")) if element is not None else None

    def _build(self, element: Element) -> Type:
        built = self._base(element)
        allowed, constraint = child(element, "allowedValues"), child(element, "typeConstraint")
        collection = attribute(element, "isCollection") == "true"
        if allowed is not None and (text := text_of(allowed)):
            built = RestrictedType(built, self._make_allowed(text, element))
        if collection:
            built = ListType(built)
        if constraint is not None and (text := text_of(constraint)):
            built = RestrictedType(built, self._make_allowed(text, element))
        return built

    def _base(self, element: Element) -> Type:
        components = children(element, "itemComponent")
        if components:
            members = {str(each.get("name")): self._build(each) for each in components}
            return ContextType(members, required=False)
        function = child(element, "functionItem")
        if function is not None:
            parameters = [self.find(attribute(each, "typeRef")) or ANY for each in children(function, "parameters")]
            return FunctionType(tuple(parameters), self.find(attribute(function, "outputTypeRef")) or ANY)
        reference = child(element, "typeRef")
        name = "".join(str(part) for part in reference.itertext()).strip() if reference is not None else None
        return self.find(name) or ANY
