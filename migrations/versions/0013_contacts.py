"""contacts tables: the telephone's people, places and calls."""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
create table skill_group (
  code text primary key, names jsonb not null, service_types text[] not null default '{}',
  strategy text not null default 'LONGEST_IDLE'
    check (strategy in ('LONGEST_IDLE', 'ROUND_ROBIN', 'RING_ALL', 'SKILL')),
  ring_seconds int not null default 20 check (ring_seconds between 5 and 120),
  area_seconds int not null default 10 check (area_seconds >= 0),
  overflow_to text references skill_group, overflow_seconds int not null default 60 check (overflow_seconds >= 0),
  longest_wait_seconds int not null default 300 check (longest_wait_seconds > 0),
  announce_seconds int not null default 30 check (announce_seconds >= 10),
  wrap_up_seconds int not null default 30 check (wrap_up_seconds >= 0),
  record boolean not null default true, answer_within_seconds int not null default 15
);
create table seat (
  id uuid primary key, number text not null unique check (number ~ '^[0-9]{2,8}$'), name text not null default '',
  kind text not null check (kind in ('BROWSER', 'SIP', 'LINE')), contact text, secret_md5 text,
  codecs text[] not null default '{alaw,ulaw}', district text,
  created_at timestamptz not null, closed_at timestamptz
);
create table agent (
  user_id uuid primary key references app_user, work_no text not null unique, extension text not null unique,
  areas text[] not null default '{}', announce_work_no boolean not null default false,
  record boolean not null default true,
  dialling text not null default 'LOCAL' check (dialling in ('NONE', 'INTERNAL', 'LOCAL', 'NATIONAL', 'ALL')),
  follow_me jsonb not null default '[]', follow_strategy text not null default 'ALL'
    check (follow_strategy in ('ALL', 'ROUND_ROBIN')),
  added_at timestamptz not null, left_at timestamptz
);
create table agent_skill (
  user_id uuid not null references agent, skill_group text not null references skill_group,
  level int not null default 1 check (level between 1 and 9), primary key (user_id, skill_group)
);
create table number_mark (
  id uuid primary key, phone text not null, kind text not null check (kind in ('VIP', 'BLACKLIST')),
  level int not null default 1, seat_of uuid references agent, flow text, reason text not null default '',
  marked_at timestamptz not null, marked_by uuid not null, until timestamptz, lifted_at timestamptz
);
create unique index number_mark_one on number_mark (phone, kind) where lifted_at is null;
create table phone_area (prefix text primary key check (prefix ~ '^[0-9]+$'), district text not null);
create table trunk (
  name text primary key check (name ~ '^[a-z][a-z0-9-]{1,30}$'), host text not null, port int not null default 5060,
  transport text not null default 'udp' check (transport in ('udp', 'tcp', 'tls')),
  codecs text[] not null default '{alaw,ulaw}', username text not null default '', password text not null default '',
  lines int not null default 0, outward boolean not null default true, caller_id text not null default '',
  closed_at timestamptz
);

create table call (
  id uuid primary key, direction text not null check (direction in ('IN', 'OUT', 'INTERNAL')),
  caller text not null, called text not null, trunk text, mark text, district text, skill_group text,
  began_at timestamptz not null, queued_at timestamptz, answered_at timestamptz, ended_at timestamptz,
  agent uuid, outcome text, cause text, language text, priority int not null default 0,
  automatic boolean not null default false, case_id uuid, last_no int not null default 0
);
create index call_newest on call (began_at desc, id desc);
create index call_caller on call (caller, began_at desc);
create index call_open on call (began_at) where ended_at is null;
create index call_case on call (case_id) where case_id is not null;
create index call_agent on call (agent, began_at desc) where agent is not null;
create table call_leg (
  id text primary key, call_id uuid not null, kind text not null, agent uuid, number text not null default '',
  rung_at timestamptz not null, answered_at timestamptz, ended_at timestamptz, cause text
);
create index call_leg_call on call_leg (call_id, rung_at);
create index call_leg_agent on call_leg (agent, rung_at desc) where agent is not null;
create table call_event (
  id uuid primary key, call_id uuid not null, no int not null, kind text not null, at timestamptz not null,
  body jsonb not null, unique (call_id, no)
);
create table recording (
  id uuid primary key, call_id uuid not null,
  kind text not null check (kind in ('TALK', 'VOICEMAIL', 'COMPLAINT', 'FAX')),
  storage_key text, sha256 text, bytes bigint,
  began_at timestamptz not null, ended_at timestamptz, seconds int, lost_at timestamptz
);
create index recording_call on recording (call_id);
create table seat_state (
  id uuid primary key, user_id uuid not null, seat text, state text not null, reason text, call_id uuid,
  since timestamptz not null, until timestamptz
);
create unique index seat_state_now on seat_state (user_id) where until is null;
create index seat_state_history on seat_state (user_id, since desc);
create table callback_request (
  id uuid primary key, call_id uuid not null unique, phone text not null, skill_group text,
  reason text not null check (reason in ('MISSED', 'ABANDONED', 'VOICEMAIL', 'ASKED')),
  asked_at timestamptz not null, wished_at timestamptz, state text not null default 'OPEN'
    check (state in ('OPEN', 'CALLING', 'REACHED', 'GIVEN_UP')),
  attempts int not null default 0, last_attempt_at timestamptz, done_at timestamptz, done_by uuid
);
create index callback_open on callback_request (asked_at) where state in ('OPEN', 'CALLING');
"""
VERSION = """
create table routing_version (only_one boolean primary key default true check (only_one), version bigint not null);
insert into routing_version(version) values (1);
create function bump_routing() returns trigger language plpgsql as $$
begin update routing_version set version = version + 1; return null; end $$;
"""
WATCHED = ("skill_group", "seat", "agent", "agent_skill", "number_mark", "phone_area", "trunk", "user_grant",
           "deployment")  # fmt: skip


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(TABLES)
    op.execute(VERSION)
    for table in WATCHED:
        op.execute(
            f"create trigger {table}_routing after insert or update or delete on {table}"
            " for each statement execute function bump_routing()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"drop trigger {table}_routing on {table}")
    op.execute("drop function bump_routing()")
    for table in ("routing_version", "callback_request", "seat_state", "recording", "call_event", "call_leg", "call",
                  "trunk", "phone_area", "number_mark", "agent_skill", "agent", "seat", "skill_group"):  # fmt: skip
        op.execute(f"drop table {table}")
