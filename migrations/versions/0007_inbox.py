"""The inbox's order: by when a task has to be done, the limit of its case or order included; and people's own views.

`user_task.act_by` is kept by triggers: the limits belong to the cases, the tasks to the workflow, and a list of a
million cases must be sorted by an index, over both."""

from alembic import op

revision = "0007"
down_revision = "0006"

UP = """
alter table user_task add column act_by timestamptz not null default timestamptz '9999-12-31 00:00+00',
  add column warn_by timestamptz;                                                   -- from when on it is due soon
drop index user_task_page;
create index user_task_page on user_task(act_by, (-priority), created_at, task_id);  -- the inbox's order and key
create index user_task_free on user_task(act_by, (-priority), created_at, task_id) where assignee is null;

create function user_task_acts_by() returns trigger language plpgsql as $$
declare
  due timestamptz; warn timestamptz;
begin
  if new.subject_kind = 'order' then
    select l.due_at, l.warn_at into due, warn from time_limit l
     where l.order_id = new.subject_id and l.ended_at is null
       and (l.pauses = '[]' or l.pauses->-1->>'until' is not null) order by l.due_at limit 1;
  else
    select l.due_at, l.warn_at into due, warn from time_limit l
     where l.case_id = new.subject_id and l.order_id is null and l.ended_at is null
       and (l.pauses = '[]' or l.pauses->-1->>'until' is not null) order by l.due_at limit 1;
  end if;
  if new.due < due or due is null then
    due := new.due; warn := new.created_at + (new.due - new.created_at) * 0.8;
  end if;
  new.act_by := coalesce(due, timestamptz '9999-12-31 00:00+00');
  new.warn_by := warn;
  return new;
end $$;
create trigger user_task_acts_by before insert or update of due, subject_id on user_task
  for each row execute function user_task_acts_by();
update user_task set due = due;

create function time_limit_moves_tasks() returns trigger language plpgsql as $$
begin
  update user_task set due = due where subject_id = coalesce(new.order_id, new.case_id);
  return null;
end $$;
create trigger time_limit_moves_tasks after insert or update of due_at, ended_at, pauses on time_limit
  for each row execute function time_limit_moves_tasks();

create table saved_view (
  id uuid primary key, owner uuid not null references app_user, name text not null, conditions jsonb not null,
  shared_with text,                             -- a role or a department: its people see the view too
  created_at timestamptz not null, deleted_at timestamptz,
  check (length(name) between 1 and 60)
);
create index saved_view_owner on saved_view (owner) where deleted_at is null;
create index saved_view_shared on saved_view (shared_with) where deleted_at is null and shared_with is not null;

create table list_setting (
  person uuid primary key references app_user, density text not null default 'normal', columns text[] not null,
  check (density in ('compact', 'normal', 'relaxed'))
);

create table follow_up (
  person uuid not null references app_user, task_id uuid not null, at timestamptz not null,
  primary key (person, task_id)
)
"""

DOWN = """
drop table follow_up, list_setting, saved_view;
drop trigger time_limit_moves_tasks on time_limit;
drop trigger user_task_acts_by on user_task;
drop function time_limit_moves_tasks, user_task_acts_by;
drop index user_task_free, user_task_page;
alter table user_task drop column act_by, drop column warn_by;
create index user_task_page on user_task((-priority), created_at, task_id)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(UP.replace(":=", r"\:="))


def downgrade() -> None:
    op.execute(DOWN)
