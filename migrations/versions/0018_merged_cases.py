"""cases merged into others (并案)"""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table merge add from_case_id uuid references case_file")
    op.execute("create index merge_from_case on merge (from_case_id) where from_case_id is not null")


def downgrade() -> None:
    op.execute("alter table merge drop column from_case_id")
