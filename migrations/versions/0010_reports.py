"""work done for people in the background: exports, prints, imports; and former registrations brought in by import."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table report_job (
  id uuid primary key, kind text not null, owner uuid not null, owner_name text not null, language text not null,
  params jsonb not null, state text not null default 'WAITING', done integer not null default 0, total integer,
  file text, error text, result jsonb not null default '{}',
  created_at timestamptz not null, ended_at timestamptz, expires_at timestamptz not null,
  check (kind in ('EXPORT', 'IMPORT')), check (state in ('WAITING', 'RUNNING', 'DONE', 'FAILED'))
) with (fillfactor = 50);
create index report_job_owner on report_job (owner, created_at desc);
create index report_job_expiring on report_job (expires_at) where file is not null;

create table imported_registration (
  id uuid primary key,                       -- derived from what the row says: the same row is one registration
  job_id uuid not null references report_job, row_no integer not null,
  former_no text not null default '', citizen_id uuid, caller_name text not null default '',
  caller_phone text not null default '', reported_at timestamptz not null,
  category text not null default '', summary text not null default '', content text not null default '',
  address text not null default '', result text not null default '', imported_at timestamptz not null
);
create index imported_registration_tail on imported_registration
  (phone_tail(caller_phone) text_pattern_ops, reported_at desc) where caller_phone <> '';
create index imported_registration_citizen on imported_registration (citizen_id) where citizen_id is not null
""")


def downgrade() -> None:
    op.execute("drop table imported_registration, report_job")
