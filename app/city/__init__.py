"""The city: districts, departments, categories, and working calendars that every time limit is computed from."""

from app.city.actions import check_grants, load_catalogue, load_demo_city, office_calendar
from app.city.calendar import Calendar
from app.city.calendars import (
    all_calendars,
    calendar_for,
    calendar_version,
    change_calendar,
    has_calendar,
    publish_calendar,
    refresh_published_years,
    versions_of,
)
from app.city.dayfiles import DayFile, as_csv, read_days, with_days
from app.city.deadline import Basis, Deadline, Unit
from app.city.feel_functions import FUNCTIONS, deadline_function, functions, working_time_between_function
from app.city.queries import (
    Matter,
    categories,
    component_classes,
    department_processes,
    departments,
    district,
    district_at,
    districts,
    known_groups,
    labels,
    terms,
)
from app.city.reckoning import ESCALATE_AT, WARN_AT, Pause, Rungs, Story, reckon
from app.city.rules import CalendarRules
from app.city.shipped import shipped_codes, shipped_groups, source_categories
from app.city.upkeep import add_category, add_department, change_category, change_department, change_district

__all__ = [
    "ESCALATE_AT",
    "FUNCTIONS",
    "WARN_AT",
    "Basis",
    "Calendar",
    "CalendarRules",
    "DayFile",
    "Deadline",
    "Matter",
    "Pause",
    "Rungs",
    "Story",
    "Unit",
    "add_category",
    "add_department",
    "all_calendars",
    "as_csv",
    "calendar_for",
    "calendar_version",
    "categories",
    "change_calendar",
    "change_category",
    "change_department",
    "change_district",
    "check_grants",
    "component_classes",
    "deadline_function",
    "department_processes",
    "departments",
    "district",
    "district_at",
    "districts",
    "functions",
    "has_calendar",
    "known_groups",
    "labels",
    "load_catalogue",
    "load_demo_city",
    "office_calendar",
    "publish_calendar",
    "read_days",
    "reckon",
    "refresh_published_years",
    "shipped_codes",
    "shipped_groups",
    "source_categories",
    "terms",
    "versions_of",
    "with_days",
    "working_time_between_function",
]
