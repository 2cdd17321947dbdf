"""What FEEL in diagrams and tables may ask of the city's calendars, bound to one command of one instance."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from app import city
from app.lifecycle.subject import ORDER
from app.workflow import InstanceView


def calendar_functions(session: Session, instance: InstanceView, now: datetime) -> Mapping[str, Callable[..., Any]]:
    """`deadline(2, "WORKING_DAY")` and `working time between(start, end)`: an order's by its department's calendar, a
    case's by its district's (its agents keep the office's hours, whatever department works on it). The calendar is
    read when a function is first called."""
    department = instance.departments[0] if instance.subject_kind == ORDER and instance.departments else None

    @cache
    def calendar() -> city.Calendar:
        return city.calendar_for(session, department, instance.district)

    return city.functions(calendar, now)
