"""What leaves as a table or on paper, and what comes in as a table. The only user of pandas and openpyxl."""

from app.reports.actions import ask_for_export
from app.reports.jobs import KIND, carry_out

__all__ = ["KIND", "ask_for_export", "carry_out"]
