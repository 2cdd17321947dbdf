"""Registrations, cases, work orders and what is known about them.

Reads: `queries` (one case), `listing` (many), `limits`. Writes: `actions`, called by the lifecycle under the lock."""

from app.cases.limits import LimitView, limits_of
from app.cases.listing import CaseFilter, CaseLine, list_cases
from app.cases.numbers import is_sound
from app.cases.queries import case_by_id, case_by_number, orders_of, registrations_of, scope_of, stage_times

__all__ = [
    "CaseFilter",
    "CaseLine",
    "LimitView",
    "case_by_id",
    "case_by_number",
    "is_sound",
    "limits_of",
    "list_cases",
    "orders_of",
    "registrations_of",
    "scope_of",
    "stage_times",
]
