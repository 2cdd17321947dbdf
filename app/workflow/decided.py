"""Why a table decided as it did: the rules that matched stand in the history row of the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from app import feel
from app.audit.models import History
from app.dmn import TableTrace
from app.workflow import codec
from app.workflow.engine.types import Decided

DECIDED = "decisions"
"""Key of a history row's `result`."""
LONGEST = 200
"""Characters kept of an input's value: choices and numbers are shorter, texts are not what tables look at."""


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule that matched."""

    number: int
    """Its row in the table, from 1."""
    id: str | None
    tests: Mapping[str, str]
    """Column → cell as the analyst wrote it, for the cells that ask for something."""
    note: str
    """The analyst's annotation or description of the row."""


@dataclass(frozen=True, slots=True)
class DecidedTable:
    """One table that took part in a decision."""

    no: int
    """Number of the history row."""
    at: datetime
    element: str
    """The business rule task."""
    decision: str
    """What the task asked for."""
    table_of: str
    """The decision whose table this is: `decision`, or one it needs."""
    policy: str
    inputs: Mapping[str, Any]
    """Column → the value it saw."""
    rules: tuple[FiredRule, ...]
    """Those that matched, by number; under FIRST the one that counted. Empty: none did."""


def decisions_of(session: Session, instance_id: UUID, element: str | None = None) -> list[DecidedTable]:
    """Every table that decided something in an instance, the oldest first; of one business rule task with `element`.

    For “why this department?” on a case's page: `decisions_of(session, case.instance_id, "decide_unit")`, and of these
    the last whose `table_of` is "responsible_unit". Its rules' `note` and `tests` say which row of the table it was and
    what the row asks for, `inputs` what the case had in those columns. Column names are the table's labels. Nothing
    here is personal: diagrams hold no personal values. Cases sorted before rules were recorded give []."""
    rows = select(History.no, History.recorded_at, History.result).where(
        History.stream == instance_id, cast(History.result, Text).contains(f'"{DECIDED}"')
    )
    return [
        _table(no, at, one, table)
        for no, at, result in session.execute(rows.order_by(History.no))
        for one in result.get(DECIDED, ())
        if element in (None, one["element"])
        for table in one["tables"]
    ]


def in_history(decided: Decided) -> dict[str, Any]:
    """As the history keeps it: whole, so that it can be read without the bundle, and short."""
    return {
        "element": decided.element,
        "decision": decided.decision,
        "tables": [_kept(table) for table in decided.tables],
    }


def _kept(table: TableTrace) -> dict[str, Any]:
    labels = [label for label, _ in table.inputs]
    return {
        "of": table.decision,
        "policy": table.hit_policy,
        "inputs": {label: _short(value) for label, value in table.inputs},
        "rules": [
            {"no": rule.number, "id": rule.id, "note": " ".join(rule.annotations), "tests": _tests(labels, rule.tests)}
            for rule in table.matched
        ],
    }


def _tests(labels: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {label: cell for label, cell in zip(labels, cells, strict=True) if cell not in ("", "-")}


def _short(value: Any) -> Any:
    """A value of a column; lists, contexts and long texts as the beginning of their text."""
    if isinstance(value, (list, dict)):
        value = feel.value_text(value)
    return value[:LONGEST] if isinstance(value, str) else value


def _table(no: int, at: datetime, one: Mapping[str, Any], table: Mapping[str, Any]) -> DecidedTable:
    rules = tuple(FiredRule(rule["no"], rule["id"], rule["tests"], rule["note"]) for rule in table["rules"])
    inputs = {label: codec.load(value) for label, value in table["inputs"].items()}
    return DecidedTable(no, at, one["element"], one["decision"], table["of"], table["policy"], inputs, rules)
