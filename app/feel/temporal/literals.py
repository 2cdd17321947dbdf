"""Reading dates, times and durations from text, as strictly as XML Schema and FEEL ask. Errors are ValueError."""

import re

from app.feel.temporal.durations import DayTimeDuration, Duration, YearMonthDuration
from app.feel.temporal.fields import (
    DAY_NANOS,
    MAX_OFFSET,
    NANOS,
    Date,
    DateTime,
    Time,
    epoch_days,
    from_local_nanos,
    new_date,
    new_date_time,
    new_time,
    timezone_of,
)
from app.feel.temporal.wide import Zone

_DATE = r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)"
_TIME = (
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+)*)?"
)
_DATE_RE = re.compile(_DATE, re.ASCII)
_TIME_RE = re.compile(_TIME, re.ASCII)
_DATE_TIME_RE = re.compile(f"{_DATE}T{_TIME}", re.ASCII)
_DAY_TIME_RE = re.compile(
    r"(-)?P(?:(\d{1,18})D)?(T(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d{0,30}))?S)?)?", re.ASCII
)
_YEAR_MONTH_RE = re.compile(r"(-)?P(?:(\d{1,18})Y)?(?:(\d{1,18})M)?", re.ASCII)


def _match(pattern: re.Pattern[str], text: str) -> tuple[str | None, ...]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(f"not understood: {text[:60]}")
    return match.groups()


def parse_zone(text: str | None) -> Zone:
    """`Z`, `+08:00`, `@Asia/Shanghai`; None is a local value."""
    if not text:
        return None
    if text == "Z":
        return 0
    if text[0] == "@":
        timezone_of(text[1:])
        return text[1:]
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    offset = hours * 3600 + minutes * 60 + sum(seconds)
    if minutes > 59 or sum(seconds) > 59 or offset > MAX_OFFSET:
        raise ValueError("offset beyond 18 hours")
    return -offset if text[0] == "-" else offset


def _clock(hour: str | None, minute: str | None, second: str | None, fraction: str | None) -> tuple[int, int, int, int]:
    return int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "").ljust(9, "0"))


def parse_date(text: str) -> Date:
    """`2026-11-21`; four year digits, or more without a leading zero."""
    year, month, day = _match(_DATE_RE, text)
    return new_date(int(year or 0), int(month or 0), int(day or 0))


def parse_time(text: str) -> Time:
    """`08:30:00`, `08:30:00.5+08:00`, `08:30:00@Asia/Shanghai`; 24:00:00 is midnight."""
    hour, minute, second, fraction, zone = _match(_TIME_RE, text)
    clock = _clock(hour, minute, second, fraction)
    if clock == (24, 0, 0, 0):
        clock = (0, 0, 0, 0)
    return new_time(*clock, parse_zone(zone))


def parse_date_time(text: str) -> DateTime:
    """`2026-11-21T08:30:00+08:00`; a date alone is its local midnight, 24:00:00 the next day's."""
    if "T" not in text:
        date = parse_date(text)
        return new_date_time(date, new_time(0, 0, 0), None)
    year, month, day, hour, minute, second, fraction, zone_text = _match(_DATE_TIME_RE, text)
    date = new_date(int(year or 0), int(month or 0), int(day or 0))
    clock = _clock(hour, minute, second, fraction)
    zone = parse_zone(zone_text)
    if clock == (24, 0, 0, 0):
        return from_local_nanos((epoch_days(date.year, date.month, date.day) + 1) * DAY_NANOS, zone)
    return new_date_time(date, new_time(*clock), zone)


def parse_duration(text: str) -> Duration:
    """`P1DT2H` or `P1Y6M`; one of the two kinds, never both."""
    match = _DAY_TIME_RE.fullmatch(text)
    if match and (match[2] or match[3]) and match[3] != "T":
        sign, days, _, hours, minutes, seconds, fraction = match.groups()
        if seconds is not None and fraction == "":
            raise ValueError("a fraction needs digits")
        whole = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)
        nanos = whole * NANOS + int((fraction or "")[:9].ljust(9, "0"))
        return DayTimeDuration(-nanos if sign else nanos)
    match = _YEAR_MONTH_RE.fullmatch(text)
    if match and (match[2] or match[3]):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearMonthDuration(-months if match[1] else months)
    raise ValueError(f"not a duration: {text[:60]}")


def parse_temporal(text: str) -> Date | Time | DateTime | Duration:
    """Whatever the text of an `@"…"` literal is."""
    if text[:1] == "P" or text[:2] == "-P":
        return parse_duration(text)
    if "T" in text.split("@")[0]:
        return parse_date_time(text)
    if _DATE_RE.fullmatch(text):
        return parse_date(text)
    return parse_time(text)
