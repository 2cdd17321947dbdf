"""audit tables.

`history` is a set of streams (an instance, a call, an administrative subject), one row a command. Each row's hash
covers the row before it, so that an edited, deleted or swapped row is found; the last row is compared with its
stream's head in `history_head`. Nobody may change or empty it: the triggers stop even the owner until he disables them,
and then the hashes tell.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the past is not changed: % on % is refused', lower(tg_op), tg_table_name using errcode = '42501';
end $$;

create table history(
  stream uuid not null,
  no int not null,
  command_id uuid not null,
  kind text not null,
  actor uuid not null,
  actor_name text not null,
  on_behalf_of uuid,
  recorded_at timestamptz not null,
  occurred_at timestamptz not null,
  bundle uuid,
  steps json not null,                          -- json, not jsonb: keeps the text that was hashed
  changes json not null,
  result json not null,
  detail_hash bytea,
  format smallint not null,
  previous bytea not null,
  hash bytea not null,
  primary key (stream, no),
  unique (command_id, stream)                   -- in this order: a command is also looked up without its stream
) partition by hash (stream);

-- Personal values stand beside the chain: deleting one (erasure) leaves the chain whole.
create table history_detail(
  stream uuid not null,
  no int not null,
  salt bytea not null,
  body json not null,
  primary key (stream, no)
);

create table audit_stream(
  id uuid primary key,
  kind text not null,
  name text unique,
  no int not null,
  head bytea not null
) with (fillfactor = 80);

create view history_head as select id as stream, no, head from audit_stream;

create table access_log(
  id uuid primary key,
  at timestamptz not null,
  actor uuid not null,
  actor_name text not null,
  what text not null,
  subject uuid not null
);
create index access_log_subject on access_log(subject, at);
create index access_log_actor on access_log(actor, at);
"""

PARTITIONS = """
do $$ declare p int; begin
  for p in 0..7 loop
    execute format('create table history_p%s partition of history for values with (modulus 8, remainder %s)', p, p);
    -- those of a statement are not inherited by partitions
    execute format('create trigger keep_all before update or delete or truncate on history_p%s'
                   ' execute function refuse_change()', p);
  end loop;
end $$;
create trigger keep before update or delete on history for each row execute function refuse_change();
create trigger keep_all before update or delete or truncate on history execute function refuse_change();
create trigger keep_all before update or truncate on history_detail execute function refuse_change();
create trigger keep_all before update or delete or truncate on access_log execute function refuse_change();
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(TABLES)
    op.execute(PARTITIONS)


def downgrade() -> None:
    op.execute("drop view history_head")
    op.execute("drop table access_log, audit_stream, history_detail, history")
    op.execute("drop function refuse_change()")
