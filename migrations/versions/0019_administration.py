"""departments and categories that are given up stay, since cases name them; a person's theme; who is suspended."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table department add column retired_at timestamptz")
    op.execute("alter table category add column retired_at timestamptz")
    op.execute("create index instance_suspended on instance (id) where suspended")
    op.execute("alter table list_setting add column theme text check (theme in ('light', 'dark'))")


def downgrade() -> None:
    op.execute("drop index instance_suspended")
    op.execute("alter table list_setting drop column theme")
    op.execute("alter table category drop column retired_at")
    op.execute("alter table department drop column retired_at")
