"""callback_request: when the next attempt is due, and what the last one came to."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table skill_group add column calls_back boolean not null default true")
    op.execute("alter table call add column callback_of uuid")
    for column in ("next_at timestamptz", "last_result text", "calling uuid"):
        op.execute(f"alter table callback_request add column {column}")
    op.execute("update callback_request set next_at = coalesce(wished_at, asked_at)")
    op.execute("alter table callback_request alter column next_at set not null")
    op.execute("drop index callback_open")
    op.execute("create index callback_open on callback_request (next_at) where state in ('OPEN', 'CALLING')")
    op.execute("create index callback_phone on callback_request (phone) where state in ('OPEN', 'CALLING')")
    op.execute("create index callback_done on callback_request (done_at desc) where done_at is not null")


def downgrade() -> None:
    for index in ("callback_open", "callback_phone", "callback_done"):
        op.execute(f"drop index {index}")
    op.execute("create index callback_open on callback_request (asked_at) where state in ('OPEN', 'CALLING')")
    op.execute("alter table callback_request drop column next_at, drop column last_result, drop column calling")
    op.execute("alter table call drop column callback_of")
    op.execute("alter table skill_group drop column calls_back")
