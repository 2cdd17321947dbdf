"""Reading and making dates, times and date-times, whichever class holds them. Errors are ValueError."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.feel.temporal.wide import WideDate, WideDateTime, WideTime, Zone

Date = dt.date | WideDate
Time = dt.time | WideTime
DateTime = dt.datetime | WideDateTime

MAX_YEAR = 999_999_999
MAX_OFFSET = 18 * 3600
NANOS = 1_000_000_000
DAY_NANOS = 86_400 * NANOS
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EPOCH = dt.date(1970, 1, 1).toordinal()


def days_in_month(year: int, month: int) -> int:
    """Length of a month in the Gregorian calendar, extended to all years."""
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _DAYS[month - 1]


def epoch_days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01."""
    if 1 <= year <= 9999:
        return dt.date(year, month, day).toordinal() - _EPOCH
    era, within = divmod(year - 2000, 400)
    return era * 146_097 + dt.date(2000 + within, month, day).toordinal() - _EPOCH


def from_epoch_days(days: int) -> tuple[int, int, int]:
    """Year, month, day of a number of days since 1970-01-01."""
    era, within = divmod(days - 10_957, 146_097)  # 2000-01-01
    date = dt.date.fromordinal(_EPOCH + 10_957 + within)
    return date.year + era * 400, date.month, date.day


@lru_cache(maxsize=256)
def timezone_of(zone: Zone) -> dt.tzinfo | None:
    """Python's time zone. An unknown name is a ValueError."""
    if zone is None:
        return None
    if isinstance(zone, str):
        try:
            return ZoneInfo(zone)
        except (KeyError, OSError) as error:
            raise ValueError(f"unknown time zone {zone}") from error
    if abs(zone) > MAX_OFFSET:
        raise ValueError("offset beyond 18 hours")
    return dt.timezone(dt.timedelta(seconds=zone)) if zone else dt.UTC


def zone_of(value: Time | DateTime) -> Zone:
    """How the value says where it is: not at all, by an offset, or by a zone's name."""
    if isinstance(value, WideTime | WideDateTime):
        return value.zone
    info = value.tzinfo
    if info is None:
        return None
    if type(info) is dt.timezone:
        return int(info.utcoffset(None).total_seconds())
    name = getattr(info, "key", None)
    if isinstance(name, str):
        return name
    offset = value.utcoffset()
    return int(offset.total_seconds()) if offset is not None else None


def date_fields(value: Date | DateTime) -> tuple[int, int, int]:
    return value.year, value.month, value.day


def time_fields(value: Time | DateTime) -> tuple[int, int, int, int]:
    """Hour, minute, second, nanosecond."""
    if isinstance(value, WideTime | WideDateTime):
        return value.hour, value.minute, value.second, value.nano
    return value.hour, value.minute, value.second, value.microsecond * 1000


def day_nanos(value: Time | DateTime) -> int:
    """Nanoseconds since midnight on the wall."""
    hour, minute, second, nano = time_fields(value)
    return (hour * 3600 + minute * 60 + second) * NANOS + nano


def new_date(year: int, month: int, day: int) -> Date:
    if 1 <= year <= 9999:
        return dt.date(year, month, day)
    if abs(year) > MAX_YEAR or not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month):
        raise ValueError("no such date")
    return WideDate(year, month, day)


def new_time(hour: int, minute: int, second: int, nano: int = 0, zone: Zone = None) -> Time:
    info = timezone_of(zone)
    if nano % 1000 == 0:
        return dt.time(hour, minute, second, nano // 1000, info)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
        raise ValueError("no such time")
    return WideTime(hour, minute, second, nano, zone)


def new_date_time(date: Date | DateTime, time: Time | DateTime, zone: Zone) -> DateTime:
    """The day of `date`, the clock of `time`, in `zone`."""
    return _date_time(date_fields(date), time_fields(time), zone)


def _date_time(date: tuple[int, int, int], time: tuple[int, int, int, int], zone: Zone) -> DateTime:
    year, month, day = date
    hour, minute, second, nano = time
    info = timezone_of(zone)
    if 1 <= year <= 9999 and nano % 1000 == 0:
        return dt.datetime(year, month, day, hour, minute, second, nano // 1000, info)
    new_date(year, month, day)
    return WideDateTime(year, month, day, hour, minute, second, nano, zone)


def date_from_days(days: int) -> Date:
    return new_date(*from_epoch_days(days))


def split_nanos(nanos: int) -> tuple[int, int, int, int]:
    """Hour, minute, second, nanosecond of nanoseconds since midnight."""
    seconds, nano = divmod(nanos, NANOS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return hour, minute, second, nano


def time_from_nanos(nanos: int, zone: Zone) -> Time:
    return new_time(*split_nanos(nanos % DAY_NANOS), zone)


def local_nanos(value: DateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00 on the value's own wall clock."""
    return epoch_days(*date_fields(value)) * DAY_NANOS + day_nanos(value)


def from_local_nanos(nanos: int, zone: Zone) -> DateTime:
    days, rest = divmod(nanos, DAY_NANOS)
    return _date_time(from_epoch_days(days), split_nanos(rest), zone)


def offset_seconds(value: DateTime) -> int | None:
    """Seconds east of UTC at that moment; None for a local value."""
    if isinstance(value, dt.datetime):
        offset = value.utcoffset()
        return int(offset.total_seconds()) if offset is not None else None
    if isinstance(value.zone, str):
        info = timezone_of(value.zone)
        alike = dt.datetime(2000 + value.year % 400, value.month, value.day, value.hour, value.minute, tzinfo=info)
        offset = alike.utcoffset()
        return int(offset.total_seconds()) if offset is not None else None
    return value.zone


def time_offset(value: Time) -> int | None:
    """Seconds east of UTC. A zone's name says none without a day, so its winter offset (1 January 2000) is taken."""
    zone = zone_of(value)
    if isinstance(zone, str):
        offset = dt.datetime(2000, 1, 1, tzinfo=timezone_of(zone)).utcoffset()
        return int(offset.total_seconds()) if offset is not None else None
    return zone


def instant(value: DateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00Z; a local value counts as UTC."""
    return local_nanos(value) - (offset_seconds(value) or 0) * NANOS


def from_instant(nanos: int, zone: Zone) -> DateTime:
    """The moment as shown in `zone`."""
    if not isinstance(zone, str):
        return from_local_nanos(nanos + (zone or 0) * NANOS, zone)
    utc = from_local_nanos(nanos, 0)
    if isinstance(utc, dt.datetime):
        try:
            return utc.astimezone(timezone_of(zone))
        except OverflowError:
            pass
    days, _ = divmod(nanos, DAY_NANOS)
    year, month, day = from_epoch_days(days)
    alike = dt.datetime(2000 + year % 400, month, day, tzinfo=dt.UTC).astimezone(timezone_of(zone))
    offset = offset_seconds(alike) or 0
    return from_local_nanos(nanos + offset * NANOS, zone)
