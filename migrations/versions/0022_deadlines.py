"""what is due soon, for the deadline board: running limits by the moment of their first reminder."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("create index time_limit_warned on time_limit (warn_at) where ended_at is null")


def downgrade() -> None:
    op.execute("drop index time_limit_warned")
