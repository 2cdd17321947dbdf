"""Quiet hours: no telephone of a citizen rings or buzzes at night."""

from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple


class QuietHours(NamedTuple):
    """From `begin` to `end` in the city; over midnight when `begin` is later. Equal: there are none."""

    begin: time
    end: time

    def over_at(self, instant: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet hours end in which this instant lies; None: it lies in none."""
        local = instant.astimezone(zone)
        clock, day = local.time(), local.date()
        if self.begin <= self.end:
            inside = self.begin <= clock < self.end
        else:
            inside = clock >= self.begin or clock < self.end
            day += timedelta(days=1) if inside and clock >= self.begin else timedelta()
        return datetime.combine(day, self.end, zone) if inside else None
