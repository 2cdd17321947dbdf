"""workflow tables and the two server functions of every command."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    for name in ("0004_tables.sql", "0004_functions.sql"):
        script = (SQL / name).read_text(encoding="utf-8")
        op.execute(script.replace(":=", r"\:="))


def downgrade() -> None:
    op.execute("drop function advance_write, advance_lock")
    op.execute("create or replace view history_head as select id as stream, no, head from audit_stream")
    op.execute(
        "drop table incident, outbox, message, subscription, timer_start, dispatcher, timer, user_task, instance,"
        " operation_grant, deployment, bundle_file, bundle, file_content"
    )
