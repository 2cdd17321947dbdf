"""figures by day for dashboards: rolled up from dated facts by a recurring job (ADR 10)."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table daily_figure (
  day date not null,                         -- a day of the city
  measure text not null, district text not null,
  department text not null,                  -- '' where none is responsible yet
  n integer not null,
  primary key (day, measure, district, department)
);
create table daily_topic (                   -- what was registered, by sub-category
  day date not null, topic text not null, district text not null, department text not null, n integer not null,
  primary key (day, topic, district, department)
);
create table figures_state (
  id integer primary key default 1 check (id = 1),
  as_of timestamptz not null,
  reached date not null,                     -- the oldest day of the present walk into the past
  complete boolean not null default false    -- a walk has been at the beginning
);
create index case_file_ended on case_file (ended_at) where ended_at is not null;
create index time_limit_handle on time_limit (due_at) where kind = 'HANDLE';
create index return_visit_at on return_visit (at);
create index case_fact_rework on case_fact (at) where kind = 'REWORK';
create index leader_instruction_at on leader_instruction (at desc);
create index work_order_reported on work_order (department, reported_at desc) where state = 'REPORTED_BACK'
""")


def downgrade() -> None:
    op.execute("drop table daily_figure, daily_topic, figures_state")
    op.execute("drop index case_file_ended, time_limit_handle, return_visit_at, case_fact_rework")
    op.execute("drop index leader_instruction_at, work_order_reported")
