"""Calling functions: built-in, domain, and those an expression or model defines."""

from collections.abc import Callable, Mapping

from app.feel import syntax as s
from app.feel.builtins import Builtin, find_builtin
from app.feel.compiler.scope import Code, Frame, Scope
from app.feel.compiler.table import compile_node, compiles
from app.feel.errors import FeelSyntaxError, LimitReached
from app.feel.limits import Run
from app.feel.types import ANY, Type, build_type
from app.feel.values import Function, Value, adopt, kind


@compiles(s.Call)
def call(node: s.Call, scope: Scope) -> Code:
    arguments = tuple(compile_node(argument, scope) for argument in node.arguments)
    callee = node.callee
    if isinstance(callee, s.Name) and not scope.defines(callee.name):
        if callee.name in scope.unit.functions:
            return _domain_call(callee, arguments, node.names, scope)
        builtin = find_builtin(callee.name)
        if builtin is not None and callee.name not in scope.unit.names:
            return _builtin_call(builtin, arguments, node.names, node.at)
        if callee.name not in scope.unit.names:
            raise FeelSyntaxError("feel.syntax.unknown_function", callee.at, name=callee.name)
    fallback = find_builtin(callee.name) if isinstance(callee, s.Name) else None
    return _value_call(compile_node(callee, scope), arguments, node.names, node.at, fallback)


def _builtin_call(builtin: Builtin, arguments: tuple[Code, ...], names: tuple[str, ...] | None, at: int) -> Code:
    if names is not None:
        return lambda frame: builtin.call_named(
            frame.run, dict(zip(names, [a(frame) for a in arguments], strict=True)), at
        )
    call_ = builtin.invoke
    if len(arguments) == 1:
        alone = arguments[0]
        return lambda frame: call_(frame.run, [alone(frame)], at)
    return lambda frame: call_(frame.run, [argument(frame) for argument in arguments], at)


def _domain_call(callee: s.Name, arguments: tuple[Code, ...], names: tuple[str, ...] | None, scope: Scope) -> Code:
    """A function that wiring registered: its parameters are known now, its body comes with the evaluation."""
    name, at = callee.name, callee.at
    parameters = scope.unit.functions[name]
    order = _order(name, parameters, names, len(arguments), at)

    def run(frame: Frame) -> Value:
        body = frame.run.functions.get(name)
        if body is None:
            return frame.run.fail("feel.function_missing", at, name=name)
        frame.run.step()
        values = [None if place is None else arguments[place](frame) for place in order]
        return call_python(body, values, frame.run, name, at)

    return run


def _order(
    name: str, parameters: tuple[str, ...] | None, names: tuple[str, ...] | None, count: int, at: int
) -> list[int | None]:
    """Which argument goes to which parameter; None where an argument in the middle was left out."""
    if names is None:
        if parameters is not None and count > len(parameters):
            raise FeelSyntaxError("feel.arguments", at, name=name, given=count)
        return list(range(count))
    if parameters is None:
        return list(range(count))
    for given in names:
        if given not in parameters:
            raise FeelSyntaxError("feel.argument_name", at, name=name, parameter=given)
    last = max(parameters.index(given) for given in names)
    return [names.index(each) if each in names else None for each in parameters[: last + 1]]


def call_python(body: Callable[..., Value], values: list[Value], run: Run, name: str, at: int | None) -> Value:
    """A Python function's result as FEEL value; an exception of its is null with the reason."""
    try:
        return adopt(body(*values))
    except (LimitReached, RecursionError):
        raise
    except Exception as error:
        return run.fail("feel.function_failed", at, name=name, error=error)


def _value_call(
    callee: Code, arguments: tuple[Code, ...], names: tuple[str, ...] | None, at: int, fallback: Builtin | None
) -> Code:
    """Call what a variable or entry holds. A variable named like a built-in function does not hide it: `date(…)`."""

    def run(frame: Frame) -> Value:
        function = callee(frame)
        if fallback is not None and not callable(function) and not isinstance(function, Function):
            function = fallback
        values = [argument(frame) for argument in arguments]
        if isinstance(function, Builtin):
            if names is None:
                return function.invoke(frame.run, values, at)
            return function.call_named(frame.run, dict(zip(names, values, strict=True)), at)
        if isinstance(function, Function):
            return _call_function(function, values, names, frame.run, at)
        if callable(function):
            frame.run.step()
            return call_python(function, values, frame.run, "function", at)
        return frame.run.fail("feel.not_function", at, kind=kind(function))

    return run


def _call_function(
    function: Function, values: list[Value], names: tuple[str, ...] | None, run: Run, at: int | None
) -> Value:
    if names is not None:
        if len(set(names)) != len(names):
            return run.fail("feel.arguments", at, name=function.name, given=", ".join(names))
        return call_by_name(function, dict(zip(names, values, strict=True)), run, at)
    if len(values) != len(function.parameters):
        return run.fail("feel.arguments", at, name=function.name, given=len(values))
    return apply(function, values, run)


def call_by_name(function: Function, given: Mapping[str, Value], run: Run, at: int | None = None) -> Value:
    """A call with named arguments, every parameter once."""
    if given.keys() != set(function.parameters):
        return run.fail("feel.arguments", at, name=function.name, given=", ".join(given))
    return apply(function, [given[parameter] for parameter in function.parameters], run)


def apply(function: Function, values: list[Value], run: Run) -> Value:
    """The function's result; arguments that do not fit their parameter's type become null."""
    run.step()
    run.enter()
    try:
        if function.types:
            values = [type_.fit(value) for type_, value in zip(function.types, values, strict=True)]
        return function.call(run, values)
    finally:
        run.leave()


@compiles(s.FunctionNode)
def function_(node: s.FunctionNode, scope: Scope) -> Code:
    names = tuple(name for name, _ in node.parameters)
    types: tuple[Type, ...] = tuple(
        build_type(type_, scope.unit.find_type) if type_ is not None else ANY for _, type_ in node.parameters
    )
    at = node.at
    if node.external:
        return lambda frame: frame.run.fail("feel.external", at)
    body = compile_node(node.body, scope.inner(*names))

    def run(frame: Frame) -> Value:
        def call_(run: Run, values: list[Value]) -> Value:
            return body(Frame(dict(zip(names, values, strict=True)), frame, run))

        return Function(names, call_, types=types)

    return run
