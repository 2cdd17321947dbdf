"""A case's sheet is background work too."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
alter table report_job drop constraint report_job_kind_check,
  add constraint report_job_kind_check check (kind in ('EXPORT', 'IMPORT', 'CASE_SHEET'))
""")


def downgrade() -> None:
    op.execute("""
delete from report_job where kind = 'CASE_SHEET';
alter table report_job drop constraint report_job_kind_check,
  add constraint report_job_kind_check check (kind in ('EXPORT', 'IMPORT'))
""")
