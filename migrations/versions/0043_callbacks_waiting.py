"""who waits for a call back the longest: the list stops where a page is full."""

from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("create index callback_waiting on callback_request (asked_at, id) where state in ('OPEN', 'CALLING')")


def downgrade() -> None:
    op.execute("drop index callback_waiting")
