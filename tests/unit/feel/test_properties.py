"""Laws that hold for any number, date, duration, range and stored value."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import orjson
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app import feel

settings.register_profile("busy", deadline=None, max_examples=60)
settings.load_profile("busy")

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(3000, 1, 1), timezones=ZONES)
DAYS = st.dates(date(1000, 1, 1), date(3000, 1, 1))
DURATIONS = st.integers(-(10**16), 10**16).map(lambda micro: feel.DayTimeDuration(micro * 1000))
MONTHS = st.integers(-5000, 5000).map(feel.YearMonthDuration)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def run(expression: str, **context: object) -> object:
    return feel.evaluate(expression, context)


@given(NUMBERS, NUMBERS)
def test_numbers_are_exact(a: Decimal, b: Decimal) -> None:
    assert run("a + b - b = a", a=a, b=b) is True
    assert run("a * b", a=a, b=b) == a * b
    assert [run(f"a {op} b", a=a, b=b) for op in ("<", "=", ">")].count(True) == 1
    if b:
        quotient = run("floor(a / b) * b + modulo(a, b) = a", a=a, b=b)
        assert quotient is True
        remainder = run("modulo(a, b)", a=a, b=b)
        assert isinstance(remainder, Decimal)
        assert remainder == 0 or (remainder > 0) == (b > 0)


@given(NUMBERS, st.integers(-5, 5))
def test_rounding_is_symmetrical_and_near(a: Decimal, scale: int) -> None:
    for name in ("round up", "round down", "round half up", "round half down", "decimal"):
        rounded = run(f"{name}(a, scale)", a=a, scale=scale)
        assert isinstance(rounded, Decimal)
        assert run(f"-{name}(-a, scale)", a=a, scale=scale) == rounded
        assert abs(rounded - a) <= Decimal(10) ** -scale


@given(MOMENTS, DURATIONS)
def test_moments_move_and_come_back(moment: datetime, duration: feel.DayTimeDuration) -> None:
    assume(datetime(2, 1, 1, tzinfo=UTC) < moment + duration.timedelta() < datetime(9990, 1, 1, tzinfo=UTC))
    assert run("m + d", m=moment, d=duration) == moment + duration.timedelta()
    assert run("m + d - d = m", m=moment, d=duration) is True
    assert run("(m + d) - m = d", m=moment, d=duration) is True


@given(DAYS, MONTHS)
def test_months_keep_the_day_or_the_months_end(day: date, months: feel.YearMonthDuration) -> None:
    moved = run("day + months", day=day, months=months)
    if isinstance(moved, date):
        assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months.months
        assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@given(st.one_of(MOMENTS, DAYS, DURATIONS, MONTHS, st.times(), NUMBERS))
def test_text_reads_back(value: object) -> None:
    text = feel.value_text(value)
    again = run("number(t)", t=text) if isinstance(value, Decimal) else feel.parse_temporal(text)
    assert run("is(a, b) or a = b", a=again, b=value) is True


@given(NUMBERS, NUMBERS, NUMBERS)
def test_ranges_agree_with_comparison(a: Decimal, b: Decimal, x: Decimal) -> None:
    low, high = min(a, b), max(a, b)
    for opening, lower in (("[", "<="), ("(", "<")):
        for closing, upper in (("]", "<="), (")", "<")):
            inside = run(f"x in {opening}low..high{closing}", x=x, low=low, high=high)
            assert inside is run(f"low {lower} x and x {upper} high", x=x, low=low, high=high)
    assert run("x between low and high", x=x, low=low, high=high) is (low <= x <= high)


ENDS = st.sampled_from(["[{}..{}]", "({}..{}]", "[{}..{})", "({}..{})"])


@given(st.integers(0, 6), st.integers(1, 6), ENDS, st.integers(0, 6), st.integers(1, 6), ENDS)
def test_relations_of_ranges(a: int, long_a: int, form_a: str, b: int, long_b: int, form_b: str) -> None:
    context = f"{{r: {form_a.format(a, a + long_a)}, s: {form_b.format(b, b + long_b)}, v: "

    def relation(expression: str) -> object:
        return run(context + expression + "}.v")

    assert relation("before(r, s)") is relation("after(s, r)")
    assert relation("overlaps(r, s)") is relation("not(before(r, s) or after(r, s))")
    assert relation("includes(r, s)") is relation("during(s, r)")
    points = [Decimal(n) / 4 for n in range(-4, 60)]
    inside_r = {p for p in points if relation(f"{p} in r")}
    inside_s = {p for p in points if relation(f"{p} in s")}
    assert relation("overlaps(r, s)") is bool(inside_r & inside_s)
    assert relation("includes(r, s)") is (inside_s <= inside_r)


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), TEXTS, NUMBERS, st.integers(-(10**30), 10**30), MOMENTS, DAYS, DURATIONS, MONTHS,
        st.times(), st.just(time(1, 2, 3, tzinfo=UTC)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS | st.just("$"), inner, max_size=4)),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_stored_values_come_back(value: object) -> None:
    stored = orjson.dumps(feel.to_json(value), option=orjson.OPT_PASSTHROUGH_DATETIME)
    again = feel.from_json(orjson.loads(stored))
    assert run("a = b or a = null and b = null", a=again, b=value) is True


def position_of_refusal(text: str) -> int:
    """Where it is refused, or 0 where it is not."""
    try:
        feel.evaluate(text, {"x": 3, "a": [1, 2, {"b": 5}], "b": {"x": date(2026, 1, 1)}})
        feel.unary_test(text, 3, {"x": 3})
    except feel.FeelSyntaxError as error:
        return error.position
    return 0


@given(TEXTS)
def test_any_text_is_an_expression_or_refused_at_a_place(text: str) -> None:
    assert 0 <= position_of_refusal(text) <= len(text)


TOKENS = (
    "1 -2.5 x a b ( ) [ ] { } , : . .. + - * / ** < > = != in and or not if then else for return some every "
    'satisfies null true "t" @"2026-01-01" date duration function between instance of ? list number item'
)


@given(st.lists(st.sampled_from(TOKENS.split(" ")), max_size=15).map(" ".join))
def test_any_row_of_tokens_never_crashes(text: str) -> None:
    assert 0 <= position_of_refusal(text) <= len(text)
