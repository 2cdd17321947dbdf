"""messaging tables."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table notice (
  id uuid primary key, recipient uuid not null,
  kind text not null, subject_kind text not null, subject_id uuid not null,
  text_key text not null, params jsonb not null, dedupe text not null,
  created_at timestamptz not null, read_at timestamptz,
  unique (recipient, dedupe)
);
create index notice_newest on notice (recipient, created_at desc, id desc);
create index notice_unread on notice (recipient, created_at desc, id desc) where read_at is null;
create index notice_subject on notice (subject_id)
""")


def downgrade() -> None:
    op.execute("drop table notice")
