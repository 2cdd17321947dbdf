"""what a supervision demands, by when, and what the departments answer."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
alter table supervision
  add column command_id uuid unique, add column text text not null default '',
  add column departments text[] not null default '{}', add column raised_from uuid references supervision,
  add column rule jsonb, add column custom jsonb not null default '{}',
  add column answer_value numeric, add column answer_unit text, add column answer_due_at timestamptz,
  add column state text not null default 'OPEN' check (state in ('OPEN', 'ANSWERED', 'CLOSED')),
  add column answered_at timestamptz, add column closed_at timestamptz, add column closed_by uuid,
  add column closed_by_name text, add column closing_text text,
  add check ((state = 'CLOSED') = (closed_at is not null))
""")
    op.execute("""
update supervision set state = 'CLOSED', closed_at = case_file.ended_at, closing_text = 'CASE_ENDED'
from case_file where case_file.id = supervision.case_id and case_file.ended_at is not null
""")
    op.execute("""
create index supervision_newest on supervision (at desc, id desc);
create index supervision_standing on supervision (state, at desc, id desc) where state <> 'CLOSED';
create index supervision_awaited on supervision (answer_due_at, id) where state = 'OPEN' and answer_due_at is not null;
create index supervision_departments on supervision using gin (departments) where state <> 'CLOSED';
create table supervision_answer (
  id uuid primary key, supervision_id uuid not null references supervision, case_id uuid not null references case_file,
  department text not null, text text not null, at timestamptz not null, actor uuid not null, actor_name text not null
);
create index supervision_answer_of on supervision_answer (supervision_id, at)
""")


def downgrade() -> None:
    op.execute("drop table supervision_answer")
    op.execute("drop index supervision_newest, supervision_standing, supervision_awaited, supervision_departments")
    op.execute("""
alter table supervision
  drop column command_id, drop column text, drop column departments, drop column raised_from, drop column rule,
  drop column custom, drop column answer_value, drop column answer_unit, drop column answer_due_at, drop column state,
  drop column answered_at, drop column closed_at, drop column closed_by, drop column closed_by_name,
  drop column closing_text
""")
