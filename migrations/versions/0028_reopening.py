"""a case that ended may begin again: its earlier lifecycles, and how often it was opened again."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table case_file add column earlier_instances uuid[] not null default '{}'")
    op.execute("alter table case_file add column reopen_count integer not null default 0")


def downgrade() -> None:
    op.execute("alter table case_file drop column earlier_instances, drop column reopen_count")
