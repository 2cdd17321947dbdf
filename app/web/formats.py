"""How times and limits read: “剩 3 时 20 分”, “4 h 20 m over”, “11-18 10:02”."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.cases.limits import STANDS_STILL
from app.core.i18n import text
from app.workflow import MOST_COUNTED

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class LimitChip:
    """One limit as a page shows it. `p` is the share used, 0 to 100; a finished one has no instants to count on."""

    state: str
    text: str
    p: int
    title: str
    started_at: datetime | None = None
    warn_at: datetime | None = None
    due_at: datetime | None = None


def count_in_words(count: int) -> str:
    """A count that stopped where nobody reads on is “999+”."""
    return f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)


def span(length: timedelta, language: str, units_shown: int = 2) -> str:
    """The largest units, two unless said otherwise: 1 天 3 时, 4 h 20 m; less than a minute is 0."""
    minutes = int(abs(length).total_seconds()) // 60
    amounts = (minutes // 1440, minutes % 1440 // 60, minutes % 60)
    units = ("day", "hour", "minute")
    parts = [text(f"web.span.{unit}", language, n=n) for n, unit in zip(amounts, units, strict=True) if n]
    return " ".join(parts[:units_shown]) or text("web.span.minute", language, n=0)


def moment(at: datetime | None, language: str, zone: ZoneInfo) -> str:
    """In tables: 11-18 10:02 (en: 18 Nov, 10:02)."""
    if at is None:
        return "—"
    local = at.astimezone(zone)
    if language == "en":
        return f"{local.day} {local:%b}, {local:%H:%M}"
    return f"{local:%m-%d %H:%M}"


def full_moment(at: datetime, language: str, zone: ZoneInfo) -> str:
    """In titles and facts: with the year and seconds."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S}" if language == "en" else f"{local:%Y-%m-%d %H:%M:%S}"


def day_heading(at: datetime, language: str, zone: ZoneInfo) -> str:
    """Over a day's history: 11 月 18 日 周三 / Wed 18 Nov."""
    local = at.astimezone(zone)
    weekday = text(f"web.weekday.{_WEEKDAYS[local.weekday()]}", language)
    if language == "en":
        return f"{weekday} {local.day} {local:%b}"
    return f"{local.month} 月 {local.day} 日 {weekday}"


def short_day(at: datetime, language: str, zone: ZoneInfo) -> str:
    """A date in a list: 11-18 / 18 Nov."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b}" if language == "en" else f"{local:%m-%d}"


def days(first: date | str, last: date | str, language: str) -> str:
    """From a day to a day, both counted: 2026-11-01 – 2026-11-28 (en: 1 – 28 Nov 2026, 29 Oct – 28 Nov 2026)."""
    begin, end = (day if isinstance(day, date) else date.fromisoformat(day) for day in (first, last))
    if language != "en":
        return f"{begin}" if begin == end else f"{begin} – {end}"
    until = f"{end.day} {end:%b %Y}"
    if begin.year != end.year:
        return f"{begin.day} {begin:%b %Y} – {until}"
    if begin.month != end.month:
        return f"{begin.day} {begin:%b} – {until}"
    return until if begin == end else f"{begin.day} – {until}"


def running_limit(
    started_at: datetime,
    due_at: datetime,
    now: datetime,
    language: str,
    zone: ZoneInfo,
    warn_at: datetime | None = None,
) -> LimitChip:
    """A limit that still runs: grey, amber after `warn_at` (80 % when not given), red when over; or stands still."""
    if due_at == STANDS_STILL:
        return paused_limit(language, 0)
    warn_at = warn_at or started_at + (due_at - started_at) * 0.8
    state = "OVERDUE" if now >= due_at else "DUE_SOON" if now >= warn_at else "RUNNING"
    key = "web.limit.over" if state == "OVERDUE" else "web.limit.left"
    length = max((due_at - started_at).total_seconds(), 1)
    used = min(100, max(0, round((now - started_at).total_seconds() / length * 100)))
    words = text(key, language, span=span(due_at - now, language))
    title = text("web.limit.due", language, at=full_moment(due_at, language, zone))
    return LimitChip(state, words, used, title, started_at, warn_at, due_at)


def paused_limit(language: str, used: int) -> LimitChip:
    """A limit that stands still, after `used` percent of its time."""
    return LimitChip("PAUSED", text("web.limit.paused", language), used, text("web.limit.paused.title", language))


def finished_limit(state: str, due_at: datetime, ended_at: datetime, language: str, zone: ZoneInfo) -> LimitChip:
    """A limit that was met or breached: by how much, in one unit as nothing hangs on it any more."""
    words = text(f"web.limit.{state.lower()}", language, span=span(due_at - ended_at, language, units_shown=1))
    title = text("web.limit.due", language, at=full_moment(due_at, language, zone))
    return LimitChip(state, words, 100, title)


def short_number(number: str | None) -> str:
    """A case or acceptance number as lists show it: 1118-00335. Anything else stays as it is."""
    if number is None:
        return "—"
    head, tail, order = number.partition("-")
    if not head.isdigit() or len(head) not in (12, 14):
        return number
    day_and_count = head[-10:-1]
    return f"{day_and_count[:4]}-{day_and_count[4:]}{tail}{order}"
