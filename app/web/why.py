"""Why this department, this limit: the rows of the tables that matched, as the history keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import workflow
from app.core.http import language
from app.core.i18n import has_text, text
from app.web.names import names
from app.workflow import DecidedTable


@dataclass(frozen=True, slots=True)
class Reason:
    """One table's answer."""

    table: str
    """What it decides, in words."""
    row: str
    """Which of its rows: \u201crow 5\u201d."""
    note: str
    """The analyst's own remark."""
    saw: Sequence[tuple[str, str]]
    """Column and value, for the columns that the row asks about."""
    at: datetime


def reasons(session: Session, instances: Sequence[object]) -> list[Reason]:
    """Of a case and its orders: of each table what it said last."""
    newest: dict[tuple[object, str], DecidedTable] = {}
    for instance_id in instances:
        for table in workflow.decisions_of(session, instance_id):  # type: ignore[arg-type]
            newest[instance_id, table.table_of] = table
    return [_reason(table) for table in newest.values() if table.rules]


def _reason(table: DecidedTable) -> Reason:
    lang = language()
    key = f"web.why.table.{table.table_of}"
    numbers = ", ".join(str(rule.number) for rule in table.rules)
    asked = {column for rule in table.rules for column in rule.tests}
    saw = [(column, names().of(str(value))) for column, value in table.inputs.items() if column in asked]
    return Reason(
        text(key, lang) if has_text(key) else table.table_of, text("web.why.row", lang, n=numbers),
        " ".join(filter(None, (rule.note for rule in table.rules))), saw, table.at,
    )  # fmt: skip
