"""FEEL, the Friendly Enough Expression Language of DMN 1.5: the one language of conditions, mappings, timers, tables.

Pure: text in, value out. Numbers are Decimal (ints and floats are accepted), dates and times Python's own.

    compiled = feel.compile('deadline(2, "WORKING_DAY") > due', {"deadline": ("value", "unit")})
    compiled({"due": …}, {"deadline": …})
"""

from app.feel.codec import from_json, to_json
from app.feel.errors import FeelError, FeelSyntaxError, Reason
from app.feel.expression import Expression, UnaryTest, compile_unary, evaluate, unary_test
from app.feel.expression import compile_expression as compile
from app.feel.limits import Limits
from app.feel.temporal.arithmetic import add, difference
from app.feel.temporal.durations import DayTimeDuration, Duration, YearMonthDuration
from app.feel.temporal.literals import parse_date, parse_date_time, parse_duration, parse_temporal, parse_time
from app.feel.text import value_text
from app.feel.values import Function, Range, adopt, kind

__all__ = [
    "DayTimeDuration",
    "Duration",
    "Expression",
    "FeelError",
    "FeelSyntaxError",
    "Function",
    "Limits",
    "Range",
    "Reason",
    "UnaryTest",
    "YearMonthDuration",
    "add",
    "adopt",
    "compile",
    "compile_unary",
    "difference",
    "evaluate",
    "from_json",
    "kind",
    "parse_date",
    "parse_date_time",
    "parse_duration",
    "parse_temporal",
    "parse_time",
    "to_json",
    "unary_test",
    "value_text",
]
