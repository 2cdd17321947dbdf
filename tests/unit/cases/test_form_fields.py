"""What a form may write, and how its values are read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.cases.form_fields import FIXED, FORM_WRITABLE, NotInList, read
from app.cases.models import CaseFile, Registration, WorkOrder

ZONE = ZoneInfo("Asia/Shanghai")
HOMES = {"case": CaseFile, "registration": Registration, "order": WorkOrder}


def test_numbers_status_scope_and_confidentiality_are_never_writable() -> None:
    assert not FIXED & set(FORM_WRITABLE)
    for key in ("case_no", "status", "stage", "district", "confidential", "departments", "ended_at"):
        assert key in FIXED


@pytest.mark.parametrize("key", FORM_WRITABLE)
def test_every_writable_key_has_a_column(key: str) -> None:
    attribute = FORM_WRITABLE[key]
    columns = HOMES[attribute.home].__table__.columns
    column = columns[attribute.column or key]
    assert attribute.required == (not column.nullable)


def test_times_without_an_offset_are_the_citys() -> None:
    attribute = FORM_WRITABLE["reported_at"]
    assert read(attribute, "2026-11-18T10:00", ZONE) == datetime(2026, 11, 18, 2, tzinfo=UTC)
    assert read(attribute, "2026-11-18T10:00Z", ZONE) == datetime(2026, 11, 18, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "value"),
    [("channel", "PIGEON"), ("reported_at", "yesterday"), ("cost", "NaN"), ("cost", "1e40"), ("cost", "much")],
)
def test_what_is_not_in_the_list_is_refused(key: str, value: str) -> None:
    with pytest.raises(NotInList):
        read(FORM_WRITABLE[key], value, ZONE)


def test_empty_is_unset() -> None:
    assert read(FORM_WRITABLE["cost"], "", ZONE) is None
