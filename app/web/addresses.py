"""What an address carries: ids and days, written by hand or by a link; what cannot be read is left out."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from uuid import UUID


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def day_from(text: str | None, zone: tzinfo, days: int = 0) -> datetime | None:
    """Midnight of a day of the city ("2026-11-18"), `days` later; None for anything else."""
    try:
        day = date.fromisoformat(text or "")
        return datetime.combine(day + timedelta(days=days), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
