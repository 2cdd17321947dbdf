"""Functions on numbers, and statistics of lists of numbers."""

from collections import Counter
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from app.feel.arithmetic import whole
from app.feel.builtins.registry import builtin
from app.feel.errors import Failure
from app.feel.temporal.arithmetic import negate
from app.feel.temporal.durations import DayTimeDuration, YearMonthDuration
from app.feel.values import NUMBERS, Value

_MIN_SCALE, _MAX_SCALE = -6111, 6176


def _rounded(value: Decimal, scale: Decimal | None, mode: str) -> Decimal:
    places = 0 if scale is None else whole(scale)
    if not _MIN_SCALE <= places <= _MAX_SCALE:
        raise Failure("feel.argument_value")
    exponent = int(value.as_tuple().exponent)
    if -exponent <= places:
        return value
    if value.adjusted() + 1 + places < 0:  # smaller than a tenth of the last place kept
        away = mode == ROUND_UP or (mode == ROUND_CEILING and value > 0) or (mode == ROUND_FLOOR and value < 0)
        unit = Decimal((int(value.is_signed()), (1,), -places)) if away and value else Decimal(0)
        return NUMBERS.plus(unit)
    return value.quantize(Decimal((0, (1,), -places)), rounding=mode, context=NUMBERS)


@builtin("decimal(n: number, scale: number)")
def decimal(value: Decimal, scale: Decimal) -> Value:
    return _rounded(value, scale, ROUND_HALF_EVEN)


@builtin("floor(n: number, scale?: number)")
def floor(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_FLOOR)


@builtin("ceiling(n: number, scale?: number)")
def ceiling(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_CEILING)


@builtin("round up(n: number, scale?: number)")
def round_up(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_UP)


@builtin("round down(n: number, scale?: number)")
def round_down(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_DOWN)


@builtin("round half up(n: number, scale?: number)")
def round_half_up(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_HALF_UP)


@builtin("round half down(n: number, scale?: number)")
def round_half_down(value: Decimal, scale: Decimal | None = None) -> Value:
    return _rounded(value, scale, ROUND_HALF_DOWN)


@builtin("abs(n: number)")
def absolute(value: Decimal) -> Value:
    return NUMBERS.abs(value)


@builtin("abs(n: days and time duration|years and months duration)")
def absolute_duration(value: DayTimeDuration | YearMonthDuration) -> Value:
    negative = value.nanos < 0 if isinstance(value, DayTimeDuration) else value.months < 0
    return negate(value) if negative else value


@builtin("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> Value:
    """dividend - divisor * floor(dividend / divisor): the divisor's sign."""
    quotient = NUMBERS.divide(dividend, divisor).to_integral_value(rounding=ROUND_FLOOR)
    return NUMBERS.subtract(dividend, NUMBERS.multiply(divisor, quotient))


@builtin("sqrt(number: number)")
def square_root(value: Decimal) -> Value:
    return NUMBERS.sqrt(value)


@builtin("log(number: number)")
def logarithm(value: Decimal) -> Value:
    if value <= 0:
        raise Failure("feel.argument_value")
    return NUMBERS.ln(value)


@builtin("exp(number: number)")
def exponential(value: Decimal) -> Value:
    return NUMBERS.exp(value)


@builtin("odd(number: number)")
def odd(value: Decimal) -> Value:
    return _parity(value) == 1


@builtin("even(number: number)")
def even(value: Decimal) -> Value:
    return _parity(value) == 0


def _parity(value: Decimal) -> Decimal:
    if value != value.to_integral_value():
        raise Failure("feel.argument_value")
    return abs(value) % 2 if value.adjusted() < 34 else Decimal(0)


def _numbers(items: list[Value]) -> list[Decimal]:
    if not all(type(item) is Decimal for item in items):
        raise Failure("feel.argument_value")
    return items


def _total(items: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for item in items:
        total = NUMBERS.add(total, item)
    return total


@builtin("sum(list*: list)")
def sum_(items: list[Value]) -> Value:
    if not items:
        return None
    first = items[0]
    if isinstance(first, DayTimeDuration) and all(isinstance(item, DayTimeDuration) for item in items):
        return DayTimeDuration(sum(item.nanos for item in items))
    if isinstance(first, YearMonthDuration) and all(isinstance(item, YearMonthDuration) for item in items):
        return YearMonthDuration(sum(item.months for item in items))
    return _total(_numbers(items))


@builtin("product(list*: list)")
def product(items: list[Value]) -> Value:
    if not items:
        return None
    result = Decimal(1)
    for item in _numbers(items):
        result = NUMBERS.multiply(result, item)
    return result


@builtin("mean(list*: list)")
def mean(items: list[Value]) -> Value:
    return NUMBERS.divide(_total(_numbers(items)), Decimal(len(items))) if items else None


@builtin("median(list*: list)")
def median(items: list[Value]) -> Value:
    if not items:
        return None
    ordered = sorted(_numbers(items))
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return NUMBERS.divide(NUMBERS.add(ordered[middle - 1], ordered[middle]), Decimal(2))


@builtin("stddev(list*: list)")
def stddev(items: list[Value]) -> Value:
    """Of a sample: divided by one less than the count."""
    numbers = _numbers(items)
    if len(numbers) < 2:
        return None
    average = NUMBERS.divide(_total(numbers), Decimal(len(numbers)))
    squares = [NUMBERS.power(NUMBERS.subtract(item, average), Decimal(2)) for item in numbers]
    return NUMBERS.sqrt(NUMBERS.divide(_total(squares), Decimal(len(numbers) - 1)))


@builtin("mode(list*: list)")
def mode(items: list[Value]) -> Value:
    counted = Counter(_numbers(items))
    most = max(counted.values(), default=0)
    return sorted(item for item, times in counted.items() if times == most)
