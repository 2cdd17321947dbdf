"""Reading other people's tables: XLSX or CSV, in whatever encoding, row by row."""

import csv
import zipfile
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.core.errors import Invalid

MOST_ROWS = 200_000
MOST_COLUMNS = 100
Row = list[str]


def rows_of(path: Path) -> Iterator[Row]:
    """The first sheet's rows as texts, the heading first; times as ISO. Raises Invalid for what is no table."""
    try:
        rows = _xlsx(path) if zipfile.is_zipfile(path) else _csv(path)
        for count, row in enumerate(rows):
            if count > MOST_ROWS:
                raise Invalid("reports.import.too_long", most=MOST_ROWS)
            yield row[:MOST_COLUMNS]
    except (InvalidFileException, KeyError, OSError, zipfile.BadZipFile, csv.Error, UnicodeError) as error:
        raise Invalid("reports.import.unreadable") from error


def _xlsx(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:  # by its name openpyxl would refuse an upload without one
        yield from _first_sheet(file)


def _first_sheet(file: BinaryIO) -> Iterator[Row]:
    book = load_workbook(file, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_written(cell) for cell in row]
    finally:
        book.close()


def _csv(path: Path) -> Iterator[Row]:
    with path.open(encoding=_encoding(path), newline="") as file:
        head = file.read(4096)
        file.seek(0)
        separator = max(",;\t", key=head.partition("\n")[0].count)
        for row in csv.reader(file, delimiter=separator):
            yield [cell.strip() for cell in row]


def _encoding(path: Path) -> str:
    """UTF-8 with or without its mark, "Unicode text" by its mark; else what Chinese spreadsheets write."""
    with path.open("rb") as begin:
        if begin.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE):
            return "utf-16"
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(1 << 16):
                pass
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _written(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
