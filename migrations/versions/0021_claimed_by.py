"""which worker has an outbox row in hand, so that what a dead one left is found within seconds."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table outbox add column claimed_by integer")


def downgrade() -> None:
    op.execute("alter table outbox drop column claimed_by")
