"""complaints by category: what is counted stands in the index, and what is no complaint is not looked at."""

from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "create index case_complaint on case_file (id) include (category, sub_category, ended_at)"
        " where service_type = 'COMPLAINT'"
    )


def downgrade() -> None:
    op.execute("drop index case_complaint")
