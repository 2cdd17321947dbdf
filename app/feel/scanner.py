"""Text to tokens. FEEL's names may hold blanks, operators and keywords, so scanning needs to know names.

At the place of an operand the longest known name wins (known: given by the caller, or defined earlier in the text);
otherwise adjacent words that are no keywords are one name, for two names side by side mean nothing else in FEEL.
"""

import re
from collections.abc import Iterable, Iterator

from lark import Token

from app.feel.errors import FeelSyntaxError
from app.feel.limits import MAX_NESTING, MAX_SOURCE

_START = r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
_START += r"\u2600-\u27BF\u2C00-\u2FEF\u3005-\u3007\u3021-\u302F\u3031-\uD7FF\uF900-\uFDCF\uFDF0-\uFEFE\uFF10-\uFF19"
_START += r"\uFF21-\uFF3A\uFF41-\uFF5A\uFF66-\uFFDC\U00010000-\U000EFFFF"
_PART = _START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
_BLANK = r"\s\u0085\u180E\u200B\uFEFF"
_SYMBOLS = r"./\-’'+*"

_WORD = re.compile(f"[{_START}][{_PART}]*")
_MORE = re.compile(f"[{_PART}]+")
_SKIP = re.compile(rf"(?:[{_BLANK}]+|//[^\n]*|/\*.*?\*/)+", re.S)
_BLANKS = re.compile(f"[{_BLANK}]+")
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![A-Za-z_]))?", re.ASCII)
_STRING = re.compile(r'(@?)"((?:[^"\\]|\\.)*)"', re.S)
_OPERATOR = re.compile(r"\*\*|\.\.|->|<=|>=|!=|[-+*/<>=(){}\[\],.:]")
_KEY = re.compile(rf"[{_PART}{_SYMBOLS}{_BLANK}]*[{_PART}{_SYMBOLS}](?=[{_BLANK}]*:)")
_PARAMETER = re.compile(rf"[{_PART}{_SYMBOLS}{_BLANK}]*[{_PART}{_SYMBOLS}](?=[{_BLANK}]*[:,)])")
_VARIABLE = re.compile(rf"[{_PART}{_SYMBOLS}{_BLANK}]*?[{_PART}{_SYMBOLS}](?=[{_BLANK}]+in[{_BLANK}\[(])")
_SIMPLE = re.compile(f"[{_START}][{_PART}]*(?: [{_PART}]+)*")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.S)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}
_FULL_WIDTH = dict(zip("，。：；（）【】“”‘’＝＞＜＋－＊／", ",.:;()[]\"\"''=><+-*/", strict=True))

_RESERVED = (
    "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "function", "external",
    "or", "and", "between", "true", "false", "null",
)  # fmt: skip
_KEYWORDS = {word: word.upper() for word in _RESERVED}
_INFIX = frozenset({"then", "else", "in", "return", "satisfies", "or", "and", "between", "external"})
_OPERATORS = {
    "**": "POW", "..": "DOTDOT", "->": "ARROW", "<=": "LE", ">=": "GE", "!=": "NE", "-": "MINUS", "+": "PLUS",
    "*": "STAR", "/": "SLASH", "<": "LT", ">": "GT", "=": "EQ", "(": "LPAR", ")": "RPAR", "{": "LBRACE",
    "}": "RBRACE", "[": "LSQB", "]": "RSQB", ",": "COMMA", ".": "DOT", ":": "COLON",
}  # fmt: skip
_OPERAND_ENDS = frozenset(
    "NUMBER STRING TEMPORAL NAME TRUE FALSE NULL RPAR RSQB RBRACE CLOSE_RANGE".split()  # noqa: SIM905
)
_TYPE_COMES = frozenset({"INSTANCE_OF", "COLON", "LT", "COMMA", "ARROW"})
_BUILT_IN = ("years and months duration", "days and time duration", "date and time", "get or else")
_INSTANCE_OF = re.compile(f"instance[{_BLANK}]+of(?![{_PART}])")


def is_simple(name: str) -> bool:
    """Whether the scanner finds the name without having been told of it."""
    if not _SIMPLE.fullmatch(name):
        return False
    words = name.split(" ")
    return not any(word in _KEYWORDS for word in words) and not name.startswith("?")


def normalise(name: str) -> str:
    """A name with single blanks and none around it."""
    return _BLANKS.sub(" ", name).strip()


def _pattern(name: str) -> re.Pattern[str]:
    body = f"[{_BLANK}]+".join(re.escape(part) for part in name.split(" "))
    end = f"(?![{_PART}])" if _MORE.fullmatch(name[-1]) else ""
    return re.compile(body + end)


def unescape(body: str, at: int) -> str:
    """The string a literal's inside stands for; surrogate pairs become one character."""

    def one(match: re.Match[str]) -> str:
        short, long, letter = match.groups()
        if letter:
            if letter not in _ESCAPED:
                return match[0]
            return _ESCAPED[letter]
        code = int(short or long, 16)
        if code > 0x10FFFF:
            raise FeelSyntaxError("feel.syntax.escape", at, escape=match[0])
        return chr(code)

    if "\\" not in body:
        return body
    text = _ESCAPE.sub(one, body)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Scanner:
    """One pass over one text."""

    def __init__(self, text: str, names: Iterable[str] = ()) -> None:
        self._text = text
        self._at = 0
        self._brackets: list[str] = []
        self._tokens: list[Token] = []
        self._known: dict[str, re.Pattern[str]] = {}
        given = [normalise(name) for name in names]
        self._guarded = frozenset(_BUILT_IN).difference(given)
        for name in (*_BUILT_IN, *given):
            self._learn(name)

    def tokens(self) -> list[Token]:
        """All tokens. Raises FeelSyntaxError."""
        text = self._text
        if len(text) > MAX_SOURCE:
            raise FeelSyntaxError("feel.syntax.too_long", 0, limit=MAX_SOURCE)
        while True:
            skip = _SKIP.match(text, self._at)
            if skip:
                self._at = skip.end()
            if self._at >= len(text):
                return self._tokens
            self._next()

    # -------------------------------------------------------------- one token
    def _next(self) -> None:
        text, at = self._text, self._at
        if self._defined_name():
            return
        if match := _STRING.match(text, at):
            kind = "TEMPORAL" if match[1] else "STRING"
            self._add(kind, unescape(match[2], at), match.end())
        elif not self._after_dot() and (match := _NUMBER.match(text, at)):
            self._add("NUMBER", match[0], match.end())
        elif self._name():
            return
        elif match := _OPERATOR.match(text, at):
            self._operator(match[0])
        else:
            self._refuse(at)

    def _add(self, kind: str, value: str, end: int) -> None:
        self._tokens.append(Token(kind, value, self._at, end_pos=end))
        self._at = end

    def _last(self) -> str:
        return self._tokens[-1].type if self._tokens else ""

    def _after_dot(self) -> bool:
        return self._last() == "DOT"

    def _refuse(self, at: int) -> None:
        char = self._text[at]
        if char == '"' or self._text[at : at + 2] == '@"':
            raise FeelSyntaxError("feel.syntax.open_string", at, self._text)
        if char in _FULL_WIDTH:
            raise FeelSyntaxError("feel.syntax.full_width", at, self._text, char=char, instead=_FULL_WIDTH[char])
        if char == "'":
            raise FeelSyntaxError("feel.syntax.single_quote", at, self._text)
        raise FeelSyntaxError("feel.syntax.character", at, self._text, char=char)

    # -------------------------------------------------------------- names
    def _learn(self, name: str) -> None:
        if name and name not in self._known and not is_simple(name):
            self._known[name] = _pattern(name)

    def _defined_name(self) -> bool:
        """A name at a place that defines one: a context's key, a parameter, an iterator's variable."""
        last, inside = self._last(), self._brackets[-1] if self._brackets else ""
        pattern = None
        if inside == "{" and last in ("LBRACE", "COMMA"):
            pattern = _KEY
        elif inside == "f" and last in ("LPAR", "COMMA"):
            pattern = _PARAMETER
        elif inside == "(" and last in ("LPAR", "COMMA"):
            pattern = _KEY
        elif last in ("FOR", "SOME", "EVERY"):
            pattern = _VARIABLE
        match = pattern.match(self._text, self._at) if pattern else None
        if match is None or match[0][0].isdigit():
            return False
        name = normalise(match[0])
        self._learn(name)
        self._add("NAME", name, match.end())
        return True

    def _name(self) -> bool:
        text, at = self._text, self._at
        known, end = self._longest_known()
        word = _WORD.match(text, at)
        if word is None and known is None:
            return False
        operand = self._last() not in _OPERAND_ENDS
        keyword_may_stand = word is not None and not self._after_dot() and (not operand or end <= word.end())
        if word is not None and keyword_may_stand and self._keyword(word, operand):
            return True
        joined = self._joined(word.end()) if word is not None else at
        if known is not None and end >= joined:
            self._add("NAME", known, end)
        elif word is not None and word[0].startswith("?"):
            self._add("NAME", "?", at + 1)
        else:
            self._add("NAME", normalise(text[at:joined]), joined)
        return True

    def _keyword(self, word: re.Match[str], operand: bool) -> bool:
        if not operand and (instance := _INSTANCE_OF.match(self._text, self._at)):
            self._add("INSTANCE_OF", "instance of", instance.end())
            return True
        if word[0] not in _KEYWORDS:
            return False
        self._add(_KEYWORDS[word[0]], word[0], word.end())
        return True

    def _longest_known(self) -> tuple[str | None, int]:
        best, best_end = None, self._at
        for name, pattern in self._known.items():
            match = pattern.match(self._text, self._at)
            if match and match.end() > best_end and self._fits(name, match.end()):
                best, best_end = name, match.end()
        return best, best_end

    def _fits(self, name: str, end: int) -> bool:
        """The built-in names with keywords inside are names only where a call or a type may stand."""
        if name not in self._guarded:
            return True
        rest = self._text[end:].lstrip()
        return rest.startswith("(") or self._last() in _TYPE_COMES

    def _joined(self, end: int) -> int:
        """The end of the run of words that begins before `end`."""
        text = self._text
        while True:
            blank = _BLANKS.match(text, end)
            word = _MORE.match(text, blank.end()) if blank else None
            if word is None or word[0] in _KEYWORDS or _INSTANCE_OF.match(text, word.start()):
                return end
            end = word.end()

    # -------------------------------------------------------------- operators and brackets
    def _operator(self, operator: str) -> None:
        end = self._at + len(operator)
        kind = _OPERATORS[operator]
        if operator == "]" and self._opens_range():
            kind = "OPEN_RANGE"
        elif operator == "[" and self._closes_range():
            kind = "CLOSE_RANGE"
        if kind in ("LPAR", "LSQB", "LBRACE", "OPEN_RANGE"):
            self._brackets.append("f" if kind == "LPAR" and self._last() == "FUNCTION" else operator)
            if len(self._brackets) > MAX_NESTING:
                raise FeelSyntaxError("feel.syntax.too_deep", self._at, limit=MAX_NESTING)
        elif kind in ("RPAR", "RSQB", "RBRACE", "CLOSE_RANGE"):
            if self._brackets:
                self._brackets.pop()
        elif kind == "DOTDOT" and self._brackets:
            self._brackets[-1] = ".."
        self._add(kind, operator, end)

    def _opens_range(self) -> bool:
        """`]` before an operand: `]1..5]`. After `[` it closes an empty list, unless a literal follows at once."""
        if self._last() in _OPERAND_ENDS:
            return False
        if self._last() != "LSQB":
            return True
        return bool(re.match(r'[\d@"]', self._text[self._at + 1 :].lstrip()))

    def _closes_range(self) -> bool:
        """`[` after the second end point: `[1..5[`; a filter there has its condition behind the bracket."""
        if not self._brackets or self._brackets[-1] != ".." or self._last() not in _OPERAND_ENDS:
            return False
        rest = self._text[self._at + 1 :].lstrip()
        word = _WORD.match(rest)
        if word:
            return word[0] in _INFIX
        return not rest or rest[0] in "),]}=<>!*/+"


def scan(text: str, names: Iterable[str] = ()) -> Iterator[Token]:
    """Tokens of an expression. Raises FeelSyntaxError."""
    return iter(Scanner(text, names).tokens())


def scan_tests(text: str, names: Iterable[str] = ()) -> Iterator[Token]:
    """Tokens of a decision table's cell: `-` alone is any value, `not(…)` around everything negates."""
    tokens = Scanner(text, names).tokens()
    if len(tokens) == 1 and tokens[0].type == "MINUS":
        return iter([Token("ANY", "-", tokens[0].start_pos, end_pos=tokens[0].end_pos)])
    if len(tokens) > 2 and tokens[0] == "not" and tokens[0].type == "NAME" and _encloses(tokens):
        tokens[0] = Token("UNARY_NOT", "not", tokens[0].start_pos, end_pos=tokens[0].end_pos)
    return iter(tokens)


def _encloses(tokens: list[Token]) -> bool:
    """Whether the bracket after the first token closes at the very end."""
    depth = 0
    for index, token in enumerate(tokens[1:], 1):
        if token.type in ("LPAR", "LSQB", "LBRACE", "OPEN_RANGE"):
            depth += 1
        elif token.type in ("RPAR", "RSQB", "RBRACE", "CLOSE_RANGE"):
            depth -= 1
        if depth == 0:
            return token.type == "RPAR" and index == len(tokens) - 1
    return False
