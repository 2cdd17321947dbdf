"""Tokens to a syntax tree, by Lark's LALR parser."""

from collections.abc import Iterable, Iterator
from decimal import InvalidOperation, Overflow
from pathlib import Path as FilePath
from typing import Any, cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, UnexpectedToken, VisitError
from lark.lexer import Lexer

from app.feel import syntax as s
from app.feel.errors import FeelSyntaxError
from app.feel.scanner import scan, scan_tests
from app.feel.temporal.literals import parse_temporal
from app.feel.values import number


class _Tokens(Lexer):
    """Hands Lark the tokens that the scanner made."""

    def __init__(self, _conf: Any) -> None:
        pass

    def lex(self, tokens: Any, _parser_state: Any = None) -> Iterator[Token]:
        yield from tokens


def _at(item: Any) -> int:
    return (item.start_pos or 0) if isinstance(item, Token) else int(item.at)


class _Builder(Transformer[Token, Any]):
    """Lark's rules to nodes; a method for each rule's alias."""

    def number(self, items: list[Any]) -> s.Node:
        try:
            return s.Literal(_at(items[0]), number(str(items[0])))
        except (InvalidOperation, Overflow) as error:
            raise FeelSyntaxError("feel.syntax.number", _at(items[0]), number=str(items[0])[:40]) from error

    def string(self, items: list[Any]) -> s.Node:
        return s.Literal(_at(items[0]), str(items[0]))

    def temporal(self, items: list[Any]) -> s.Node:
        try:
            value = parse_temporal(str(items[0]))
        except ValueError:
            return s.Literal(_at(items[0]), None, str(items[0])[:60])
        return s.Literal(_at(items[0]), value)

    def true(self, items: list[Any]) -> s.Node:
        return s.Literal(_at(items[0]), True)

    def false(self, items: list[Any]) -> s.Node:
        return s.Literal(_at(items[0]), False)

    def null(self, items: list[Any]) -> s.Node:
        return s.Literal(_at(items[0]), None)

    def name(self, items: list[Any]) -> s.Node:
        return s.Name(_at(items[0]), str(items[0]))

    def negation(self, items: list[Any]) -> s.Node:
        return s.Negation(_at(items[0]), items[1])

    def arithmetic(self, items: list[Any]) -> s.Node:
        left, operator, right = items
        return s.Arithmetic(_at(operator), str(operator), left, right)

    def compare(self, items: list[Any]) -> s.Node:
        left, operator, right = items
        return s.Compare(_at(operator), str(operator), left, right)

    def logic(self, items: list[Any]) -> s.Node:
        left, operator, right = items
        if isinstance(left, s.Logic) and left.operator == operator:
            return s.Logic(left.at, str(operator), (*left.parts, right))
        return s.Logic(_at(operator), str(operator), (left, right))

    def between(self, items: list[Any]) -> s.Node:
        operand, keyword, low, _, high = items
        return s.Between(_at(keyword), operand, low, high)

    def membership(self, items: list[Any]) -> s.Node:
        operand, keyword, tests = items
        return s.Membership(_at(keyword), operand, tests)

    def instance_of(self, items: list[Any]) -> s.Node:
        operand, keyword, type_ = items
        return s.InstanceOf(_at(keyword), operand, type_)

    def unary_comparison(self, items: list[Any]) -> s.Node:
        return s.UnaryComparison(_at(items[0]), str(items[0]), items[1])

    def any_test(self, items: list[Any]) -> s.Node:
        return s.Tests(_at(items[0]), (), any=True)

    def tests(self, items: list[Any]) -> s.Node:
        return s.Tests(_at(items[0]), tuple(items[::2]))

    def not_tests(self, items: list[Any]) -> s.Node:
        return s.Tests(_at(items[0]), tuple(items[2::2]), negated=True)

    def group(self, items: list[Any]) -> s.Node:
        inner = items[1:-1:2]
        if len(inner) > 1:
            return s.Tests(_at(items[0]), tuple(inner))
        node: s.Node = inner[0]
        return node

    def interval(self, items: list[Any]) -> s.Node:
        opening, start, _, end, closing = items
        return s.RangeNode(_at(opening), start, end, opening.type == "LSQB", closing.type == "RSQB")

    def listing(self, items: list[Any]) -> s.Node:
        return s.ListNode(_at(items[0]), tuple(items[1:-1:2]))

    def entry(self, items: list[Any]) -> tuple[str, s.Node]:
        return str(items[0]), items[2]

    def context(self, items: list[Any]) -> s.Node:
        return s.ContextNode(_at(items[0]), tuple(items[1:-1:2]))

    def path(self, items: list[Any]) -> s.Node:
        return s.Path(_at(items[2]), items[0], str(items[2]))

    def filter(self, items: list[Any]) -> s.Node:
        return s.Filter(_at(items[1]), items[0], items[2])

    def named_argument(self, items: list[Any]) -> tuple[str, s.Node]:
        return str(items[0]), items[2]

    def call(self, items: list[Any]) -> s.Node:
        return s.Call(items[0].at, items[0], tuple(items[2:-1:2]))

    def named_call(self, items: list[Any]) -> s.Node:
        named = items[2:-1:2]
        return s.Call(items[0].at, items[0], tuple(node for _, node in named), tuple(name for name, _ in named))

    def conditional(self, items: list[Any]) -> s.Node:
        return s.Conditional(_at(items[0]), items[1], items[3], items[5])

    def iterator(self, items: list[Any]) -> s.Iterator:
        return s.Iterator(str(items[0]), items[2], items[4] if len(items) > 3 else None)

    def loop(self, items: list[Any]) -> s.Node:
        return s.Loop(_at(items[0]), tuple(items[1:-2:2]), items[-1])

    def quantified(self, items: list[Any]) -> s.Node:
        return s.Quantified(_at(items[0]), items[0] == "every", tuple(items[1:-2:2]), items[-1])

    def parameter(self, items: list[Any]) -> tuple[str, s.TypeName | None]:
        return str(items[0]), items[2] if len(items) > 2 else None

    def function(self, items: list[Any]) -> s.Node:
        parameters = tuple(item for item in items if isinstance(item, tuple))
        external = any(isinstance(item, Token) and item.type == "EXTERNAL" for item in items)
        return s.FunctionNode(_at(items[0]), parameters, items[-1], external)

    def named_type(self, items: list[Any]) -> s.TypeName:
        return s.TypeName(_at(items[0]), "".join(str(item) for item in items))

    def list_type(self, items: list[Any]) -> s.TypeName:
        return s.TypeName(_at(items[0]), str(items[0]), (items[2],))

    def member(self, items: list[Any]) -> tuple[str, s.TypeName]:
        return str(items[0]), items[2]

    def context_type(self, items: list[Any]) -> s.TypeName:
        members = tuple(item for item in items if isinstance(item, tuple))
        return s.TypeName(_at(items[0]), str(items[0]), members=members)

    def function_type(self, items: list[Any]) -> s.TypeName:
        types = tuple(item for item in items if isinstance(item, s.TypeName))
        return s.TypeName(_at(items[0]), "function", types)


_PARSER = Lark(
    FilePath(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
    parser="lalr",
    lexer=_Tokens,
    start=["expression", "unary_tests"],
    transformer=_Builder(),
)


def _parse(tokens: Iterable[Token], start: str, text: str) -> s.Node:
    try:
        node = cast(s.Node, _PARSER.parse(cast(str, tokens), start=start))
    except FeelSyntaxError as error:
        raise FeelSyntaxError(error.reason.key, error.position, text, **error.reason.params) from error
    except VisitError as error:
        if isinstance(error.orig_exc, FeelSyntaxError):
            inner = error.orig_exc
            raise FeelSyntaxError(inner.reason.key, inner.position, text, **inner.reason.params) from error
        raise
    except UnexpectedToken as error:
        raise _explain(error.token, text) from error
    except UnexpectedInput as error:
        raise FeelSyntaxError("feel.syntax.end", len(text), text) from error
    return node


def _explain(token: Token, text: str) -> FeelSyntaxError:
    if token.type == "$END":
        return FeelSyntaxError("feel.syntax.end", len(text), text)
    return FeelSyntaxError("feel.syntax.unexpected", token.start_pos or 0, text, found=str(token)[:40])


def parse_expression(text: str, names: Iterable[str] = ()) -> s.Node:
    """The tree of an expression; `names` are those in scope. Raises FeelSyntaxError."""
    if not text.strip():
        raise FeelSyntaxError("feel.syntax.empty", 0, text)
    return _parse(scan(text, names), "expression", text)


def parse_tests(text: str, names: Iterable[str] = ()) -> s.Node:
    """The tree of a decision table's cell; an empty one matches anything."""
    if not text.strip():
        return s.Tests(0, (), any=True)
    return _parse(scan_tests(text, names), "unary_tests", text)
