"""Figures by day; what leaves as a table or on paper, what comes in as one. The only user of pandas and openpyxl."""

from app.reports.actions import ask_for_export
from app.reports.jobs import KIND, carry_out
from app.reports.rollup import roll_up

__all__ = ["KIND", "ask_for_export", "carry_out", "roll_up"]
