"""What FEEL in diagrams and tables may ask of the city's calendars, bound to one command of one instance."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from app import city
from app.workflow import InstanceView


def calendar_functions(session: Session, instance: InstanceView, now: datetime) -> Mapping[str, Callable[..., Any]]:
    """`deadline(2, "WORKING_DAY")` and `working time between(start, end)` by the calendar of the instance's
    department (an order has one) and district. The calendar is read when a function is first called."""
    department = instance.departments[0] if len(instance.departments) == 1 else None

    @cache
    def calendar() -> city.Calendar:
        return city.calendar_for(session, department, instance.district)

    return city.functions(calendar, now)
