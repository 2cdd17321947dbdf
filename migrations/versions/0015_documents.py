"""documents of cases and orders (their content lies in a folder), and people's unfinished forms."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table document (
  id uuid primary key, subject_kind text not null, subject_id uuid not null,
  sha256 bytea not null check (length(sha256) = 32), size integer not null check (size > 0),
  media_type text not null, name text not null default '',
  added_by uuid not null, added_by_name text not null, added_at timestamptz not null, removed_at timestamptz,
  check (subject_kind in ('case', 'order'))
);
create index document_subject on document (subject_id, added_at) where removed_at is null;
create table draft (
  person uuid not null references app_user, key text not null check (length(key) between 1 and 100),
  content jsonb not null, at timestamptz not null,
  primary key (person, key)
) with (fillfactor = 50);
create index draft_at on draft (at)
""")


def downgrade() -> None:
    op.execute("drop table document, draft")
