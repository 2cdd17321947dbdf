"""order boards: the order itself knows its column, its due time and whether it is confidential.

A board over the whole city asked every open order for its case and its limits; the case, the limits and the order
belong to different commands, so triggers keep the three columns in the same transaction, as they keep `act_by` of
tasks (0007)."""

from alembic import op

revision = "0030"
down_revision = "0029"

UP = """
alter table work_order add column place text,             -- column of the board; null: stands on none any more
  add column confidential boolean not null default false,
  add column due_at timestamptz not null default timestamptz '9999-12-31 00:00+00',  -- first running limit
  add column warn_at timestamptz not null default timestamptz '9999-12-31 00:00+00'; -- first reminder of any

create function order_place(state text, order_ended timestamptz, reworks int, stage text, case_ended timestamptz)
  returns text language sql immutable as $$
  select case
    when order_ended is not null then case when state = 'REPORTED_BACK' and case_ended is null
      and stage <> 'RETURN_VISIT_EVALUATION' then 'REPORTED' end
    when state in ('EXTENSION_PENDING', 'RETURN_PENDING', 'SHELVED', 'SUSPENDED') then 'PENDING'
    when reworks > 0 then 'REWORK'
    when state = 'DISPATCHED' then 'SIGN'
    else 'HANDLING' end
$$;

create function work_order_finds_place() returns trigger language plpgsql as $$
begin
  select order_place(new.state, new.ended_at, c.rework_count, c.stage, c.ended_at), c.confidential
    into new.place, new.confidential from case_file c where c.id = new.case_id;
  return new;
end $$;
create trigger work_order_finds_place before insert or update of state, ended_at on work_order
  for each row execute function work_order_finds_place();

create function case_file_moves_orders() returns trigger language plpgsql as $$
begin
  update work_order o set confidential = new.confidential,
    place = order_place(o.state, o.ended_at, new.rework_count, new.stage, new.ended_at)
   where o.case_id = new.id and (o.confidential, o.place) is distinct from
    (new.confidential, order_place(o.state, o.ended_at, new.rework_count, new.stage, new.ended_at));
  return null;
end $$;
create trigger case_file_moves_orders after update of rework_count, confidential, stage, ended_at on case_file
  for each row when ((old.rework_count, old.confidential, old.stage, old.ended_at) is distinct from
    (new.rework_count, new.confidential, new.stage, new.ended_at)) execute function case_file_moves_orders();

create function order_limits(order_id uuid, out due timestamptz, out warn timestamptz) language sql stable as $$
  select coalesce(min(l.due_at), timestamptz '9999-12-31 00:00+00'),
         coalesce(min(l.warn_at), timestamptz '9999-12-31 00:00+00') from time_limit l
   where l.order_id = $1 and l.ended_at is null and (l.pauses = '[]' or l.pauses->-1->>'until' is not null)
$$;
create function time_limit_moves_order() returns trigger language plpgsql as $$
begin
  update work_order o set due_at = l.due, warn_at = l.warn from order_limits(new.order_id) l
   where o.id = new.order_id and (o.due_at, o.warn_at) is distinct from (l.due, l.warn);
  return null;
end $$;
create trigger time_limit_moves_order after insert or update of due_at, warn_at, ended_at, pauses on time_limit
  for each row when (new.order_id is not null) execute function time_limit_moves_order();

update work_order o set confidential = c.confidential, place = order_place(o.state, o.ended_at, c.rework_count, c.stage,
    c.ended_at), (due_at, warn_at) = (select l.due, l.warn from order_limits(o.id) l)
  from case_file c where c.id = o.case_id and c.ended_at is null;
update work_order o set confidential = true from case_file c where c.id = o.case_id and c.confidential;

create index work_order_place on work_order (place, due_at, id) include (department, district, confidential)
  where place is not null;
create index work_order_place_of on work_order (department, place, due_at, id) include (district, confidential)
  where place is not null;
create index work_order_due on work_order (due_at, id) include (department, district, confidential, warn_at)
  where ended_at is null;
drop index work_order_reported;
alter table work_order set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01);
alter table user_task set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
alter table time_limit set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01)
"""

DOWN = """
create index work_order_reported on work_order (department, reported_at desc) where state = 'REPORTED_BACK';
drop index work_order_due, work_order_place_of, work_order_place;
drop trigger time_limit_moves_order on time_limit;
drop trigger case_file_moves_orders on case_file;
drop trigger work_order_finds_place on work_order;
drop function time_limit_moves_order, order_limits, case_file_moves_orders, work_order_finds_place, order_place;
alter table work_order drop column place, drop column confidential, drop column due_at, drop column warn_at;
alter table work_order reset (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
alter table user_task reset (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
alter table time_limit reset (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
