"""Figures by day, rolled up from dated facts. Commands pay nothing for them and wait for nobody: a recurring job counts
the present days anew each minute, and walks week by week through the past, where a correction may have changed a day.

Counting a day again gives the same rows, so it does not matter how often it is done or where it was interrupted. The
month of such a day is summed up again in the same transaction: a month is always the sum of its days."""

import time
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.reports.figures import first_of_month, next_month
from app.reports.models import FiguresState
from app.workflow import Runtime

PRESENT = timedelta(days=1)
"""Today and yesterday are counted each time."""
WEEK = timedelta(days=7)
RECENT = timedelta(days=62)
"""The walk turns back here, once it has been at the beginning: older days stay as they are."""
PATIENCE = 0.2
"""Seconds a run may walk: it shares the dispatcher with the timers."""

_LOCK = text("select pg_advisory_xact_lock(1231912)")
_FORGET = (
    text("delete from daily_figure where day >= :first and day < :until"),
    text("delete from daily_topic where day >= :first and day < :until"),
    text("delete from daily_spot where day >= :first and day < :until"),
)
_PLACE = "array_to_string((string_to_array(c.district, '/'))[1:2], '/')"
_LEAD = f"{_PLACE}, coalesce(c.lead_department, '')"
_COUNT = text(f"""
insert into daily_figure (day, measure, district, department, n)
select (at at time zone :zone)::date, measure, district, department, sum(n) from (
  select c.registered_at, 'REGISTERED', {_LEAD}, 1 from case_file c
   where c.registered_at >= :start and c.registered_at < :stop
  union all
  select c.ended_at, case when c.status = 'VOIDED' then 'VOIDED' else 'CLOSED' end, {_LEAD}, 1 from case_file c
   where c.ended_at >= :start and c.ended_at < :stop and c.outcome is distinct from 'MERGED'
  union all
  select l.due_at, case when l.state = 'MET' then 'MET' else 'MISSED' end, {_PLACE}, o.department, 1
    from time_limit l join work_order o on o.id = l.order_id join case_file c on c.id = l.case_id
   where l.kind = 'HANDLE' and l.due_at >= :start and l.due_at < least(:stop, :now)
     and (o.ended_at is null or o.outcome = 'REPORTED_BACK')
  union all
  select l.due_at, took.measure, {_PLACE}, o.department, took.n
    from time_limit l join work_order o on o.id = l.order_id join case_file c on c.id = l.case_id
    cross join lateral (values
      ('SIGNED', 1), ('SIGN_MINUTES', (extract(epoch from o.signed_at - o.dispatched_at) / 60)::integer),
      ('HANDLED', 1), ('HANDLE_MINUTES', (extract(epoch from o.reported_at - o.signed_at) / 60)::integer)
    ) as took (measure, n)
   where l.kind = 'HANDLE' and l.due_at >= :start and l.due_at < least(:stop, :now)
     and o.reported_at is not null and o.signed_at is not null
  union all
  select v.at, case when v.result = 'UNSATISFIED' then 'UNSATISFIED' else 'SATISFIED' end, {_LEAD}, 1
    from return_visit v join case_file c on c.id = v.case_id
   where v.at >= :start and v.at < :stop and v.result not in ('UNREACHED', 'REFUSED')
  union all
  select v.at, case when v.resolved = 'SOLVED' then 'SOLVED' else 'UNSOLVED' end, {_LEAD}, 1
    from return_visit v join case_file c on c.id = v.case_id
   where v.at >= :start and v.at < :stop and v.resolved is not null
  union all
  select f.at, 'REWORK', {_LEAD}, 1 from case_fact f join case_file c on c.id = f.case_id
   where f.kind = 'REWORK' and f.at >= :start and f.at < :stop
) as facts (at, measure, district, department, n)
group by 1, 2, 3, 4
""")  # noqa: S608  (constants)
_COUNT_TOPICS = text(f"""
insert into daily_topic (day, topic, district, department, n)
select (c.registered_at at time zone :zone)::date, coalesce(c.sub_category, c.category), {_LEAD}, count(*)
  from case_file c where c.registered_at >= :start and c.registered_at < :stop
 group by 1, 2, 3, 4
""")  # noqa: S608  (constants)
_COUNT_SPOTS = text("""
insert into daily_spot (day, topic, district, department, n, hard, open_n)
select (c.registered_at at time zone :zone)::date, coalesce(c.sub_category, c.category), c.district,
       coalesce(c.lead_department, ''), count(*), count(*) filter (
         where c.rework_count > 0 or c.supervision_level in ('SUPERVISION', 'CIRCULAR') or exists (
           select from return_visit v
            where v.case_id = c.id and (v.resolved = 'NOT_SOLVED' or v.result = 'UNSATISFIED'))
       ), count(*) filter (where not c.confidential)
  from case_file c where c.registered_at >= :start and c.registered_at < :stop and c.status <> 'VOIDED'
 group by 1, 2, 3, 4
""")
_SUM_UP = (
    text("delete from monthly_figure where month >= :first and month < :until"),
    text("""
insert into monthly_figure (month, measure, district, department, n)
select date_trunc('month', day::timestamp)::date, measure, district, department, sum(n)
  from daily_figure where day >= :first and day < :until group by 1, 2, 3, 4
"""),
    text("delete from monthly_topic where month >= :first and month < :until"),
    text("""
insert into monthly_topic (month, topic, district, department, n)
select date_trunc('month', day::timestamp)::date, topic, district, department, sum(n)
  from daily_topic where day >= :first and day < :until group by 1, 2, 3, 4
"""),
)
"""Both ends are the first days of months."""
_BEGINNING = text("select min(registered_at) from case_file")


def roll_up(runtime: Runtime, patience: float = PATIENCE) -> None:
    """What the recurring job does. A walk that is not finished goes on in the next run."""
    started = time.monotonic()
    count_present(runtime)
    while walk_back(runtime) and time.monotonic() - started < patience:
        pass


def count_present(runtime: Runtime) -> None:
    """Yesterday and today."""
    now = runtime.clock.now()
    today = _day(runtime, now)
    with runtime.sessions.begin() as session:
        session.execute(_LOCK)
        _count(runtime, session, today - PRESENT, today + timedelta(days=1), now)
        new = insert(FiguresState).values(id=1, as_of=now, reached=today - PRESENT)
        session.execute(new.on_conflict_do_update(index_elements=["id"], set_={"as_of": now}))


def walk_back(runtime: Runtime) -> bool:
    """The week before the days counted last. False when it came to the end and begins anew next time."""
    now = runtime.clock.now()
    today = _day(runtime, now)
    with runtime.sessions.begin() as session:
        session.execute(_LOCK)
        state = session.scalars(select(FiguresState)).one()
        first_case = session.scalar(_BEGINNING)
        beginning = _day(runtime, first_case) if first_case else today
        if state.reached <= beginning or (state.complete and state.reached <= today - RECENT):
            state.reached, state.complete = today - PRESENT, True
            return False
        until = state.reached
        state.reached = max(until - WEEK, beginning)
        _count(runtime, session, state.reached, until, now)
    return True


def _count(runtime: Runtime, session: Session, first: date, until: date, now: datetime) -> None:
    """Count the days from `first` to the one before `until` anew."""
    start, stop = (datetime.combine(day, datetime.min.time(), runtime.zone) for day in (first, until))
    for forget in _FORGET:
        session.execute(forget, {"first": first, "until": until})
    span = {"start": start, "stop": stop, "zone": str(runtime.zone)}
    session.execute(_COUNT, span | {"now": now})
    session.execute(_COUNT_TOPICS, span)
    session.execute(_COUNT_SPOTS, span)
    months = {"first": first_of_month(first), "until": next_month(until - timedelta(days=1))}
    for statement in _SUM_UP:
        session.execute(statement, months)


def _day(runtime: Runtime, at: datetime) -> date:
    return at.astimezone(runtime.zone).date()
