"""files of reports that are still being written."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
alter table document drop constraint document_subject_kind_check;
alter table document add check (subject_kind in ('case', 'order', 'registration'));
create index document_unsaved on document (added_at) where subject_kind = 'registration' and removed_at is null;
create index document_content on document (sha256) where removed_at is null
""")


def downgrade() -> None:
    op.execute("""
drop index document_unsaved, document_content;
delete from document where subject_kind = 'registration';
alter table document drop constraint document_subject_kind_check;
alter table document add check (subject_kind in ('case', 'order'))
""")
