"""call.asking: who asks somebody while the citizen waits."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table call add column asking uuid")


def downgrade() -> None:
    op.execute("alter table call drop column asking")
