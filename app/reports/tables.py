"""Writing rows as CSV or XLSX, one at a time: a table of any length takes the memory of one row."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from openpyxl import Workbook

Cell = str | int | float | None
_STARTS_FORMULA = re.compile(r"^[\s\x00]*[=+\-@＝＋－＠\t\r|]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
LONGEST_CELL = 32_000
"""Characters; a sheet's cell takes 32,767."""


def harmless(value: Cell) -> Cell:
    """A cell that a spreadsheet program shows and never computes: text that begins like a formula gets an apostrophe
    (OWASP, CSV injection). Numbers stay numbers."""
    if not isinstance(value, str):
        return value
    clean = _CONTROL.sub("", value)[:LONGEST_CELL]
    return f"'{clean}" if _STARTS_FORMULA.match(clean) else clean


@contextmanager
def table(path: Path, form: str) -> Iterator[Callable[[Sequence[Cell]], None]]:
    """Gives a function that appends a row of any values; they are made harmless. The file appears at `path` whole, or
    not at all."""
    unfinished = path.with_suffix(".part")
    try:
        with _csv(unfinished) if form == "csv" else _xlsx(unfinished) as append:

            def harmlessly(row: Sequence[Cell]) -> None:
                append([harmless(cell) for cell in row])

            yield harmlessly
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _csv(path: Path) -> Iterator[Callable[[Sequence[Cell]], object]]:
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # the mark tells Excel that it is UTF-8
        yield csv.writer(file).writerow


@contextmanager
def _xlsx(path: Path) -> Iterator[Callable[[Sequence[Cell]], object]]:
    book = Workbook(write_only=True)
    yield book.create_sheet("Citydesk").append
    book.save(path)
