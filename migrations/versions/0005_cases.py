"""cases tables."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
create table number_counter (
  series text not null, period text not null, last integer not null,
  primary key (series, period)
) with (fillfactor = 50);

create table case_file (
  id uuid primary key,
  case_no text unique,                      -- null only inside the transaction that makes the case
  instance_id uuid not null,
  status text not null, stage text not null,
  origin text not null, kind text not null, machine_made boolean not null default false,
  category text not null, sub_category text, component_class text, component_owner text,
  service_type text not null, appeal_type text,
  incident_summary text not null default '', detailed_content text not null default '',
  district text not null, address text not null default '',
  longitude double precision, latitude double precision,
  urgency text not null, confidential boolean not null default false,
  lead_department text, departments text[] not null default '{}',
  round integer not null default 0, rework_count integer not null default 0,
  supervision_level text,
  custom jsonb not null default '{}',
  registered_at timestamptz not null, filed_at timestamptz, ended_at timestamptz, outcome text,
  check (status in ('NOT_PROCESSED', 'IN_PROCESSING', 'UNDER_VERIFICATION', 'COMPLETED', 'VOIDED')),
  check ((status in ('COMPLETED', 'VOIDED')) = (ended_at is not null))
) with (fillfactor = 80);
create index case_file_newest on case_file (registered_at desc, id desc);
create index case_file_open on case_file (registered_at desc, id desc) where ended_at is null;
create index case_file_open_stage on case_file (stage, registered_at desc, id desc) where ended_at is null;
create index case_file_status on case_file (status, registered_at desc, id desc);
create index case_file_category on case_file (category, registered_at desc, id desc);
create index case_file_district on case_file (district text_pattern_ops, registered_at desc, id desc);
create index case_file_departments on case_file using gin (departments);
create index case_file_custom on case_file using gin (custom jsonb_path_ops);

create table registration (
  id uuid primary key,
  acceptance_no text unique,                -- null only inside the transaction that makes it
  case_id uuid not null references case_file,
  command_id uuid not null unique, command_hash bytea not null,
  citizen_id uuid,
  caller_name text, caller_phone text,
  reported_at timestamptz not null, channel text not null, incident_source text not null,
  reply_wish text not null, duty_staff uuid not null, duty_staff_name text not null,
  leader_instruction text, leader_text text,
  reply_way text, reply_text text, replied_at timestamptz,
  processing_result text, opinion text,
  created_at timestamptz not null
);
create index registration_case on registration (case_id);
create index registration_phone on registration (caller_phone, created_at desc) where caller_phone is not null;
create index registration_citizen on registration (citizen_id, created_at desc) where citizen_id is not null;

create table processing_form (
  id uuid primary key, case_id uuid not null references case_file, round integer not null,
  method text not null, processing_no text unique, content text not null default '',
  made_at timestamptz not null, made_by uuid not null, made_by_name text not null
);
create index processing_form_case on processing_form (case_id);

create table work_order (
  id uuid primary key, order_no text not null unique,
  case_id uuid not null references case_file, instance_id uuid not null,
  processing_form_id uuid not null references processing_form,
  department text not null, role text not null, state text not null, round integer not null,
  district text not null, urgency text not null,
  dispatched_at timestamptz not null, signed_at timestamptz, reported_at timestamptz, ended_at timestamptz,
  outcome text, note text, result_text text, responsible_person text, cost numeric(14, 2),
  objection_rule text, objection_text text,
  custom jsonb not null default '{}',
  check ((outcome is null) = (ended_at is null))
) with (fillfactor = 80);
create index work_order_case on work_order (case_id, dispatched_at);
create index work_order_open on work_order (department, dispatched_at, id) where ended_at is null;
create index work_order_department on work_order (department, dispatched_at desc, id desc);

create table time_limit (
  id uuid primary key, case_id uuid not null references case_file, order_id uuid references work_order,
  kind text not null, element text not null,
  started_at timestamptz not null, warn_at timestamptz not null, due_at timestamptz not null,
  escalate_at timestamptz not null,
  value numeric, unit text, calendar_id uuid, calendar_version integer, provisional boolean not null default false,
  pauses jsonb not null default '[]', extensions jsonb not null default '[]',
  ended_at timestamptz, state text,
  check ((state is null) = (ended_at is null)), check (state in ('MET', 'BREACHED')),
  check (started_at <= warn_at and warn_at <= due_at and due_at <= escalate_at)
) with (fillfactor = 80);
create index time_limit_case on time_limit (case_id, started_at);
create index time_limit_running on time_limit (case_id, due_at) where ended_at is null;
create index time_limit_order on time_limit (order_id) where order_id is not null;
create index time_limit_open on time_limit (due_at, case_id) where ended_at is null;

create table stage_time (
  case_id uuid not null references case_file, no integer not null, stage text not null,
  entered_at timestamptz not null, left_at timestamptz,
  primary key (case_id, no)
);

create table case_fact (
  id uuid primary key, case_id uuid not null references case_file, kind text not null,
  at timestamptz not null, actor uuid not null, actor_name text not null, reason text, text text,
  body jsonb not null default '{}'
);
create index case_fact_case on case_fact (case_id, at);

create table leader_instruction (
  id uuid primary key, case_id uuid not null references case_file, instruction text not null, text text not null,
  at timestamptz not null, actor uuid not null, actor_name text not null
);
create index leader_instruction_case on leader_instruction (case_id, at);

create table supervision (
  id uuid primary key, case_id uuid not null references case_file, order_id uuid references work_order,
  level text not null, reason text not null, at timestamptz not null, actor uuid not null, actor_name text not null
);
create index supervision_case on supervision (case_id, at);

create table return_visit (
  id uuid primary key,
  registration_id uuid not null references registration, case_id uuid not null references case_file,
  round integer not null, attempt integer not null, result text not null, resolved text, processing_result text,
  opinion text, at timestamptz not null, actor uuid not null, actor_name text not null,
  unique (registration_id, round, attempt)
);
create index return_visit_case on return_visit (case_id, at);

create table evaluation (
  id uuid primary key, case_id uuid not null references case_file, round integer not null,
  score numeric(5, 2) not null, on_time boolean not null, weight integer not null, parts jsonb not null,
  at timestamptz not null, unique (case_id, round)
);

create index history_command on history (command_id);  -- a repeated completion finds the instance of a closed task

create function refuse_unnumbered() returns trigger language plpgsql as $$
declare missing boolean;
begin
  execute format('select %I is null from %I where id = $1', tg_argv[0], tg_table_name) into missing using new.id;
  if missing then
    raise exception '% % was left without its %', tg_table_name, new.id, tg_argv[0]
      using errcode = 'not_null_violation';
  end if;
  return null;
end $$;
create constraint trigger case_file_numbered after insert on case_file deferrable initially deferred
  for each row when (new.case_no is null) execute function refuse_unnumbered('case_no');
create constraint trigger registration_numbered after insert on registration deferrable initially deferred
  for each row when (new.acceptance_no is null) execute function refuse_unnumbered('acceptance_no');
create constraint trigger processing_form_numbered after insert on processing_form deferrable initially deferred
  for each row when (new.processing_no is null) execute function refuse_unnumbered('processing_no');
"""

DROPS = """
drop table evaluation, return_visit, supervision, leader_instruction, case_fact, stage_time, time_limit, work_order,
  processing_form, registration, case_file, number_counter;
drop function refuse_unnumbered();
drop index history_command;
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(DROPS)
