"""a citizen's e-mail: where an answer goes that is wished by e-mail (F05, N08)."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table registration add column caller_email text")


def downgrade() -> None:
    op.execute("alter table registration drop column caller_email")
