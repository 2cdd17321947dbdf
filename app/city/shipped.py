"""What the files that ship say of a city, without a database: for checking analysts' files before there is one."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from app.identity import ACTIONS

HERE = Path(__file__).parent


def shipped_groups() -> frozenset[str]:
    """`known_groups` of the city that ships."""
    return frozenset(role.value for role in ACTIONS["case.read"]) | shipped_codes("demo/departments")


@cache
def shipped_codes(file: str) -> frozenset[str]:
    """The codes in a list of `catalogue/` or `demo/`."""
    return frozenset(str(row["code"]) for row in _rows(file))


@cache
def source_categories() -> frozenset[str]:
    """W06: the problem categories by which every city is counted."""
    return frozenset(str(row["code"]) for row in _rows("catalogue/categories") if not row.get("parent"))


def _rows(file: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / f"{file}.json").read_text(encoding="utf-8"))
    return rows
