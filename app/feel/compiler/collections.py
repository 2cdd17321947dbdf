"""Lists, contexts, loops and quantifiers."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from app.feel import syntax as s
from app.feel.compiler.scope import Code, Frame, Scope
from app.feel.compiler.table import compile_node, compiles
from app.feel.limits import Run
from app.feel.temporal.fields import date_fields, date_from_days, epoch_days
from app.feel.values import Range, Value, kind


@compiles(s.ListNode)
def list_(node: s.ListNode, scope: Scope) -> Code:
    items = tuple(compile_node(item, scope) for item in node.items)
    return lambda frame: [item(frame) for item in items]


@compiles(s.ContextNode)
def context(node: s.ContextNode, scope: Scope) -> Code:
    names = [name for name, _ in node.entries]
    twice = next((name for name in names if names.count(name) > 1), None)
    inner = scope.inner()
    entries = []
    for name, value in node.entries:
        if isinstance(value, s.FunctionNode):  # may call itself
            inner.names.add(name)
        entries.append((name, compile_node(value, inner)))
        inner.names.add(name)
    at = node.at
    if twice is not None:
        return lambda frame: frame.run.fail("feel.duplicate_key", at, name=twice)

    def run(frame: Frame) -> Value:
        result: dict[str, Value] = {}
        inside = Frame(result, frame, frame.run)
        for name, value in entries:
            result[name] = value(inside)
        return result

    return run


Domain = Callable[[Frame], Iterator[Value] | None]


def _domain(iterator: s.Iterator, scope: Scope) -> Domain:
    start, at = compile_node(iterator.source, scope), iterator.source.at
    if iterator.until is None:
        return lambda frame: elements_of(start(frame), frame.run, at)
    until = compile_node(iterator.until, scope)

    def run(frame: Frame) -> Iterator[Value] | None:
        return _between(start(frame), until(frame), frame.run, at)

    return run


def elements_of(value: Value, run: Run, at: int | None = None) -> Iterator[Value] | None:
    """What a loop goes through: a list, a range of whole numbers or days, or one value; None where it cannot."""
    if isinstance(value, list):
        return iter(value)
    if isinstance(value, Range):
        return _in_range(value, run, at)
    if value is None:
        run.fail("feel.not_iterable", at, kind="null")
        return None
    return iter([value])


def _in_range(value: Range, run: Run, at: int | None) -> Iterator[Value] | None:
    found = _between(value.start, value.end, run, at)
    if found is None:
        return None
    skip_first = None if value.start_included else value.start
    skip_last = None if value.end_included else value.end
    return (each for each in found if each not in (skip_first, skip_last))


def _between(start: Value, end: Value, run: Run, at: int | None) -> Iterator[Value] | None:
    """Whole numbers or days from `start` to `end`, up or down, both included."""
    sort = kind(start)
    if sort == kind(end) == "number":
        if start == start.to_integral_value() and end == end.to_integral_value():
            return (Decimal(each) for each in _whole_range(int(start), int(end)))
    elif sort == kind(end) == "date":
        days = _whole_range(epoch_days(*date_fields(start)), epoch_days(*date_fields(end)))
        return (date_from_days(day) for day in days)
    run.fail("feel.not_iterable", at, kind=sort)
    return None


def _whole_range(start: int, end: int) -> range:
    return range(start, end + 1) if start <= end else range(start, end - 1, -1)


def _domains(iterators: tuple[s.Iterator, ...], scope: Scope) -> tuple[list[tuple[str, Domain]], Scope]:
    """Each iterator's domain may use the earlier ones' variables."""
    domains = []
    for iterator in iterators:
        domains.append((iterator.name, _domain(iterator, scope)))
        scope = scope.inner(iterator.name)
    return domains, scope


class _NotIterable(Exception):
    pass


def _rounds(domains: list[tuple[str, Domain]], frame: Frame, depth: int = 0) -> Iterator[Frame]:
    """A frame for every combination; the innermost iterator turns fastest."""
    if depth == len(domains):
        yield frame
        return
    name, domain = domains[depth]
    values = domain(frame)
    if values is None:
        raise _NotIterable
    for value in values:
        frame.run.step()
        yield from _rounds(domains, Frame({name: value}, frame, frame.run), depth + 1)


def _mentions(node: object, name: str) -> bool:
    if isinstance(node, s.Name):
        return node.name == name
    if isinstance(node, tuple):
        return any(_mentions(each, name) for each in node)
    if isinstance(node, s.Node | s.Iterator):
        return any(_mentions(getattr(node, field), name) for field in node.__dataclass_fields__)
    return False


@compiles(s.Loop)
def loop(node: s.Loop, scope: Scope) -> Code:
    domains, inside = _domains(node.iterators, scope)
    if _mentions(node.body, "partial"):
        return _loop_with_partial(domains, compile_node(node.body, inside.inner("partial")))
    body = compile_node(node.body, inside)

    def run(frame: Frame) -> Value:
        try:
            return [body(each) for each in _rounds(domains, frame)]
        except _NotIterable:
            return None

    return run


def _loop_with_partial(domains: list[tuple[str, Domain]], body: Code) -> Code:
    """`partial` holds the results so far."""

    def run(frame: Frame) -> Value:
        results: list[Value] = []
        try:
            for each in _rounds(domains, frame):
                frame.run.step(len(results))
                results.append(body(Frame({"partial": list(results)}, each, each.run)))
        except _NotIterable:
            return None
        return results

    return run


@compiles(s.Quantified)
def quantified(node: s.Quantified, scope: Scope) -> Code:
    domains, inside = _domains(node.iterators, scope)
    body = compile_node(node.body, inside)
    decides, at = not node.every, node.at

    def run(frame: Frame) -> Value:
        result: Value = not decides
        try:
            for each in _rounds(domains, frame):
                value = body(each)
                if value is decides:
                    return decides
                if value is not (not decides):
                    if value is not None:
                        frame.run.fail("feel.not_boolean", at, kind=kind(value))
                    result = None
        except _NotIterable:
            return None
        return result

    return run
