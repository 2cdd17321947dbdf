"""What built-in functions take and give, as far as a check needs it."""

from collections.abc import Sequence

from app.feel.builtins.registry import Parameter, Signature

from .shapes import Shape, of_kind

BOOLEAN = of_kind("boolean")
NUMBER, STRING = of_kind("number"), of_kind("string")

GIVES = {
    **dict.fromkeys(("contains", "starts with", "ends with", "matches", "not", "all", "any", "list contains", "even",
                     "odd", "is", "before", "after", "meets", "overlaps", "includes", "during"), BOOLEAN),
    **dict.fromkeys(("count", "string length", "number", "abs", "floor", "ceiling", "modulo"), NUMBER),
    **dict.fromkeys(("string", "upper case", "lower case", "substring", "substring before", "substring after",
                     "string join", "replace", "day of week", "month of year"), STRING),
    **dict.fromkeys(("split", "distinct values", "flatten", "reverse", "sort", "append", "concatenate", "union"),
                    of_kind("list")),
    "now": of_kind("date and time"),
    "today": of_kind("date"),
    "date": of_kind("date"),
    "time": of_kind("time"),
    "date and time": of_kind("date and time"),
    "duration": of_kind("days and time duration", "years and months duration"),
}  # fmt: skip
"""What built-in functions give, where that does not hang on their arguments."""


def takes(signature: Signature, count: int, names: tuple[str, ...] | None) -> bool:
    parameters = signature.parameters
    if names is not None:
        required = {each.name for each in parameters if not each.optional}
        return required <= set(names) <= {each.name for each in parameters}
    gathers = bool(parameters) and bool(parameters[-1].gathers)
    return (signature.least <= count or (gathers and count >= signature.least - 1)) and (
        gathers or count <= len(parameters)
    )


def fits(signature: Signature, shapes: Sequence[Shape]) -> bool:
    last = len(signature.parameters) - 1
    return all(_accepts(signature.parameters[min(n, last)], shape) for n, shape in enumerate(shapes))


def _accepts(parameter: Parameter, shape: Shape) -> bool:
    """An unknown kind, null, and whatever may become a list of one or its element are let through."""
    if not parameter.kinds or parameter.gathers or not shape.kinds or "list" in shape.kinds:
        return True
    return "list" in parameter.kinds or bool(shape.kinds & parameter.kinds)


def signature(name: str, signature: Signature) -> str:
    return f"{name}({', '.join(each.name + ('?' if each.optional else '') for each in signature.parameters)})"


def kinds_of_test(test: str) -> frozenset[str]:
    """Of a test such as `>= 0` or `"DAY", "HOUR"`."""
    return (
        frozenset({"string"}) if '"' in test else frozenset({"number"}) if any(map(str.isdigit, test)) else frozenset()
    )
