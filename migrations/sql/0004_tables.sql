-- Bundles: immutable diagrams, forms and decisions, addressed by content.
create table file_content(
  hash bytea primary key,
  body bytea not null
);
create table bundle(
  id uuid primary key,                          -- from the hash of paths and contents
  hash bytea not null unique,
  created_at timestamptz not null,
  created_by uuid not null
);
create table bundle_file(
  bundle_id uuid not null references bundle,
  path text not null,
  content_hash bytea not null references file_content,
  primary key (bundle_id, path)
);
create table deployment(                        -- append only; the newest is current
  no bigint generated always as identity primary key,
  bundle_id uuid not null references bundle,
  at timestamptz not null,
  actor uuid not null,
  actor_name text not null
);
create table operation_grant(                   -- pairings an administrator allowed beyond the operation's own list
  process_id text not null,
  operation text not null,
  actor uuid not null,
  at timestamptz not null,
  primary key (process_id, operation)
);

create table instance(
  id uuid primary key,
  bundle_id uuid not null references bundle,
  process_id text not null,
  version int not null,                         -- number of the last history row
  status text not null,
  head bytea not null,                          -- hash of the last history row
  seal bytea not null,                          -- key of the digests of commands' contents
  state bytea,                                  -- null once it is over
  started_at timestamptz not null,
  last_at timestamptz not null,
  ended_at timestamptz,
  next_due timestamptz,                         -- its earliest timer that is not held
  incidents int not null default 0,             -- open ones
  suspended boolean not null default false,
  holds boolean not null default false,         -- a timer was held once: then the next one is looked for in the table
  subject_kind text,
  subject_id uuid,
  district text,
  departments text[] not null default '{}',
  confidential boolean not null default false
) with (fillfactor = 60);
alter table instance alter column state set storage external;   -- no use compressing it on every step
create index instance_subject on instance(subject_id);
create index instance_bundle on instance(bundle_id, process_id) where ended_at is null;

-- What hangs on an instance is written by advance_write alone, under the instance's lock: foreign keys would only cost.
create table user_task(
  task_id uuid primary key,
  instance_id uuid not null,
  element text not null,
  process_id text not null,
  form_id text,
  groups text[] not null,
  users text[] not null,
  assignee text,
  due timestamptz,
  follow_up timestamptz,
  priority int not null,
  created_at timestamptz not null,
  subject_kind text,
  subject_id uuid,
  district text,
  departments text[] not null default '{}',
  confidential boolean not null default false
) with (fillfactor = 80);
create index user_task_instance on user_task(instance_id);
create index user_task_subject on user_task(subject_id);
create index user_task_page on user_task((-priority), created_at, task_id);   -- the inbox's order and key
create index user_task_groups on user_task using gin(groups);
create index user_task_assignee on user_task(assignee) where assignee is not null;

create table timer(
  timer_id uuid primary key,
  instance_id uuid not null,
  element text not null,
  due timestamptz not null,
  held text                                     -- null, 'suspended' or 'incident': then it does not fire
);
create index timer_due on timer(due) where held is null;
create index timer_instance on timer(instance_id);
create table dispatcher(                        -- one row: until when the leading dispatcher sleeps
  one boolean primary key default true check (one),
  wakes_at timestamptz not null default '-infinity'
) with (fillfactor = 20);
insert into dispatcher default values;

create table timer_start(                       -- processes of the current bundle that a clock starts
  process_id text not null,
  element text not null,
  content_hash bytea not null,                  -- of the diagram it was reckoned from
  next_due timestamptz,                         -- null: never again
  last_due timestamptz,
  count int not null default 0,
  primary key (process_id, element)
);
create index timer_start_due on timer_start(next_due) where next_due is not null;

create table subscription(
  wait_id uuid primary key,
  instance_id uuid not null,
  element text not null,
  name text not null,
  key text not null                             -- '' where the diagram gives no correlation key
);
create index subscription_name on subscription(name, key);
create index subscription_instance on subscription(instance_id);

create table message(                           -- the inbox
  id uuid primary key,
  name text not null,
  key text not null,
  payload json not null,
  dedupe text not null unique,
  received_at timestamptz not null,
  expires_at timestamptz not null,
  state text not null default 'WAITING',        -- WAITING, CONSUMED, HELD (by an incident), EXPIRED, DISCARDED
  instance_id uuid,                             -- who consumed it
  history_no int
);
create index message_waiting on message(name, key, received_at) where state = 'WAITING';
create index message_expiry on message(expires_at) where state = 'WAITING';

create table outbox(
  id uuid primary key,
  instance_id uuid,
  history_no int,
  kind text not null,
  body json not null,
  dedupe text not null,
  created_at timestamptz not null,
  state text not null default 'PENDING',        -- PENDING, CLAIMED, DONE, FAILED, UNKNOWN, CANCELLED
  attempts int not null default 0,
  due_at timestamptz not null,                  -- not before
  nudge_at timestamptz not null,                -- a sweeper hands it to the queue again after
  claimed_at timestamptz,
  done_at timestamptz,
  error text,
  unique (dedupe, kind)
);
create index outbox_pending on outbox(nudge_at) where state = 'PENDING';
create index outbox_claimed on outbox(claimed_at) where state = 'CLAIMED';

create table incident(
  no bigint generated always as identity primary key,
  instance_id uuid,
  kind text not null,
  target text,
  element text,
  message text not null,
  data json not null,
  command json,                                 -- what retrying applies again, with its id
  state text not null default 'OPEN',
  attempts int not null default 1,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_by uuid,
  reason text
);
create unique index incident_open on incident(instance_id, target) where state = 'OPEN';
create index incident_opened on incident(opened_at) where state = 'OPEN';

create or replace view history_head as
  select id as stream, no, head from audit_stream
  union all
  select id, version, head from instance;

create trigger keep_all before update or delete or truncate on file_content execute function refuse_change();
create trigger keep_all before update or delete or truncate on bundle execute function refuse_change();
create trigger keep_all before update or delete or truncate on bundle_file execute function refuse_change();
create trigger keep_all before update or delete or truncate on deployment execute function refuse_change();
