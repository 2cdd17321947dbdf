"""Every field of a row is covered by its hash, and no two rows share an encoding."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from app.audit import Row, chain

ROW = Row(
    stream=UUID(int=1), no=3, command_id=UUID(int=2), kind="complete_task", actor=UUID(int=3), actor_name="王芳",
    on_behalf_of=None, recorded_at=datetime(2026, 3, 1, 8, 0, 0, 1, UTC),
    occurred_at=datetime(2026, 3, 1, 8, tzinfo=UTC), bundle=UUID(int=4), steps="[]", changes="{}", result="{}",
    detail_hash=None,
)  # fmt: skip
OTHER = {
    "stream": UUID(int=9), "no": 4, "command_id": UUID(int=9), "kind": "claim", "actor": UUID(int=9),
    "actor_name": "王", "on_behalf_of": UUID(int=9), "recorded_at": ROW.occurred_at, "occurred_at": ROW.recorded_at,
    "bundle": None, "steps": "[ ]", "changes": "{ }", "result": "null", "detail_hash": b"x", "format": 2,
}  # fmt: skip


@pytest.mark.parametrize("field", [field.name for field in fields(Row)])
def test_each_field_changes_the_hash(field: str) -> None:
    assert chain(b"", ROW) != chain(b"", replace(ROW, **{field: OTHER[field]}))


def test_the_row_before_changes_the_hash() -> None:
    assert chain(b"a", ROW) != chain(b"b", ROW)


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    assert chain(b"", replace(ROW, kind="ab", actor_name="c")) != chain(b"", replace(ROW, kind="a", actor_name="bc"))


def test_the_zone_a_time_is_shown_in_does_not_matter() -> None:
    shown = ROW.recorded_at.astimezone(timezone(timedelta(hours=8)))
    assert chain(b"", ROW) == chain(b"", replace(ROW, recorded_at=shown))


def test_the_encoding_never_changes() -> None:
    """A golden value: rows written years ago must still verify. A new encoding needs a new FORMAT beside it."""
    assert chain(b"", ROW).hex() == "854b87d09b4c8a65a97b0c67f46dd915a55670251c33ea1c734ee49e917f8e8e"
