"""What the viewer's date and time picker hands over."""

from datetime import date, datetime, time


def holds(value: str, subtype: str) -> bool:
    """Is it an ISO date (`2026-11-21`), time (`08:30`, `08:30+08:00`, `08:30Z`) or date-time?"""
    try:
        match subtype:
            case "time":
                time.fromisoformat(value)
            case "datetime":
                datetime.fromisoformat(value)
                return "T" in value
            case _:
                date.fromisoformat(value)
                return value.count("-") == 2
    except ValueError:
        return False
    return True
