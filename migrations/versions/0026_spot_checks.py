"""spot checks of closed orders: samples that can be drawn again, findings with deductions, appeals and decisions."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table spot_sample (
  id uuid primary key, department text, district text,
  first_day date not null, last_day date not null, size integer not null check (size > 0),
  seed text not null, population integer not null, population_hash bytea not null, strata jsonb not null,
  drawn_at timestamptz not null, drawn_by uuid not null, drawn_by_name text not null,
  check (first_day <= last_day)
);
create index spot_sample_newest on spot_sample (drawn_at desc, id desc);
create table spot_check (
  id uuid primary key, sample_id uuid not null references spot_sample,
  order_id uuid not null unique references work_order, case_id uuid not null references case_file,
  department text not null, district text not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'CHECKED', 'APPEALED', 'DECIDED')),
  findings jsonb not null default '[]', note text not null default '', deduction numeric(6, 2),
  checked_at timestamptz, checked_by uuid, checked_by_name text,
  appeal_until timestamptz, appeal_text text, appealed_at timestamptz, appealed_by uuid, appealed_by_name text,
  decision text check (decision in ('UPHELD', 'REDUCED', 'REVOKED')), decision_text text,
  decided_at timestamptz, decided_by uuid, decided_by_name text,
  counted numeric(6, 2),
  check ((state = 'OPEN') = (checked_at is null)), check ((state = 'DECIDED') = (decided_at is not null))
);
create index spot_check_sample on spot_check (sample_id);
create index spot_check_department on spot_check (department, checked_at desc) where checked_at is not null;
create index spot_check_open on spot_check (state, id) where state in ('OPEN', 'APPEALED');
create index work_order_checkable on work_order (ended_at) where outcome = 'REPORTED_BACK';
create index evaluation_at on evaluation (at)
""")


def downgrade() -> None:
    op.execute("drop index evaluation_at, work_order_checkable")
    op.execute("drop table spot_check, spot_sample")
