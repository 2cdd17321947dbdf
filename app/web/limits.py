"""A case's or order's limit as the chip a page shows."""

from datetime import datetime

from app.cases.limits import LimitView
from app.cases.listing import CaseLine
from app.core.http import language, site
from app.lifecycle.worklist import WorkItem
from app.web.formats import LimitChip, finished_limit, paused_limit, running_limit


def chip(limit: LimitView | None, now: datetime) -> LimitChip | None:
    """None where there is no limit."""
    if limit is None:
        return None
    lang, zone = language(), site().settings.city_zone
    if limit.ended_at is not None:
        return finished_limit(str(limit.state(now)), limit.due_at, limit.ended_at, lang, zone)
    if limit.state(now) == "PAUSED":
        return paused_limit(lang, round(limit.used(now) * 100))
    return running_limit(limit.started_at, limit.due_at, now, lang, zone, limit.warn_at)


def chip_of_line(line: CaseLine, now: datetime) -> LimitChip | None:
    """The most urgent running limit of a case in a list."""
    if line.limit_due_at is None or line.limit_started_at is None:
        return None
    lang, zone = language(), site().settings.city_zone
    return running_limit(line.limit_started_at, line.limit_due_at, now, lang, zone, line.limit_warn_at)


def chip_of_item(item: WorkItem, now: datetime) -> LimitChip | None:
    """A task's: the limit of its order or stage, or its own due time when that comes first."""
    due = item.task.due
    if due is not None and (item.limit is None or due < item.limit.due_at):
        return running_limit(item.task.created_at, due, now, language(), site().settings.city_zone)
    return chip(item.limit, now)
