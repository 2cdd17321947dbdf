"""saved queries over cases, and the fields that administrators add to them."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table saved_query (
  id uuid primary key, owner uuid not null, name text not null, conditions jsonb not null,
  shared boolean not null default false, created_at timestamptz not null, deleted_at timestamptz,
  check (length(name) between 1 and 60)
);
create index saved_query_owner on saved_query (owner) where deleted_at is null;
create index saved_query_shared on saved_query (name) where deleted_at is null and shared;
create table case_field (
  key text primary key, names jsonb not null, shape text not null, choices jsonb not null default '[]',
  added_at timestamptz not null, deleted_at timestamptz,
  check (shape in ('TEXT', 'CHOICE', 'NUMBER', 'FLAG'))
)
""")


def downgrade() -> None:
    op.execute("drop table saved_query, case_field")
