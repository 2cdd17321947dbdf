"""The two server functions of every command, made quick: fewer statements and tests, plans kept."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    _run((SQL / "0011_functions.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("drop function advance_write_rare, advance_next_due, advance_count_incidents")
    before = (SQL / "0004_functions.sql").read_text(encoding="utf-8")
    _run(before.replace("create function", "create or replace function"))


def _run(script: str) -> None:
    op.execute(script.replace(":=", r"\:="))
