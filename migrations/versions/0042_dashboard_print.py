"""the dashboard as PDF"""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
alter table report_job drop constraint report_job_kind_check,
  add constraint report_job_kind_check check (kind in ('EXPORT', 'IMPORT', 'CASE_SHEET', 'DASHBOARD'))
""")


def downgrade() -> None:
    op.execute("""
delete from report_job where kind = 'DASHBOARD';
alter table report_job drop constraint report_job_kind_check,
  add constraint report_job_kind_check check (kind in ('EXPORT', 'IMPORT', 'CASE_SHEET'))
""")
