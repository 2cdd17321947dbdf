"""cases of a stage, ended ones too: a list by stage alone walked through all cases where few are in it."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("drop index case_file_open_stage")
    op.execute("create index case_file_stage on case_file (stage, registered_at desc, id desc)")


def downgrade() -> None:
    op.execute("drop index case_file_stage")
    op.execute(
        "create index case_file_open_stage on case_file (stage, registered_at desc, id desc) where ended_at is null"
    )
