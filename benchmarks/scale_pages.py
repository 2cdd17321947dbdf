"""The pages of the daily work, by whoever opens them: what `scale.py` times and a test keeps cheap.

`{…}` stands for something that is there: `case_no`, `order_no`, `call`, `sample`, `topic`, `from`, `until`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

PAGES: dict[str, dict[str, str]] = {
    "supervisor": {
        "inbox": "/tasks",
        "inbox_mine": "/tasks?view=mine",
        "inbox_followup": "/tasks?view=followup",
        "inbox_claimable": "/tasks?view=claimable",
        "inbox_soon": "/tasks?view=soon",
        "inbox_overdue": "/tasks?view=overdue",
        "inbox_judge": "/tasks?view=judge",
        "inbox_dispatch": "/tasks?view=dispatch",
        "inbox_verify": "/tasks?view=verify",
        "inbox_unclaimed": "/tasks?view=unclaimed",
        "inbox_others": "/tasks?view=others",
        "inbox_district": "/tasks?view=others&district=jz/dongcheng",
        "inbox_department": "/tasks?view=others&department=sanitation",
        "inbox_category": "/tasks?view=others&category=CITY_APPEARANCE",
        "inbox_stage": "/tasks?view=others&stage=HANDLING",
        "inbox_words": "/tasks?view=others&text=路灯",
        "inbox_pulse": "/tasks/pulse",
        "board": "/orders",
        "board_department": "/orders?department=sanitation",
        "board_district": "/orders?district=jz/dongcheng",
        "board_late": "/orders?late=1",
        "board_free": "/orders?who=none",
        "board_pulse": "/orders/pulse",
        "orders": "/orders?as=list",
        "orders_late": "/orders?as=list&late=1",
        "orders_reported": "/orders?as=list&column=REPORTED",
        "orders_rework": "/orders?as=list&column=REWORK",
        "orders_span": "/orders?as=list&from={from}&until={until}",
        "orders_missed": "/orders?as=list&late=1&from={from}&until={until}",
        "people": "/orders/people?department=sanitation",
        "deadlines": "/deadlines",
        "deadlines_overdue": "/deadlines?bucket=OVERDUE",
        "deadlines_today": "/deadlines?bucket=TODAY",
        "deadlines_soon": "/deadlines?bucket=SOON",
        "deadlines_department": "/deadlines?department=sanitation",
        "deadlines_district": "/deadlines?district=jz/dongcheng",
        "deadlines_pulse": "/deadlines/pulse",
        "case": "/cases/{case_no}",
        "case_tracking": "/cases/{case_no}/tracking",
        "case_supervision": "/cases/{case_no}/supervision",
        "case_diagram": "/cases/{case_no}/diagram",
        "case_merge": "/cases/{case_no}/merge",
        "order": "/orders/{order_no}",
        "cases": "/cases",
        "cases_open": "/cases?open_only=true",
        "cases_overdue": "/cases?overdue=true",
        "cases_stage": "/cases?stage=FEEDBACK",
        "cases_status": "/cases?status=VOIDED",
        "cases_category": "/cases?category=CITY_APPEARANCE",
        "cases_district": "/cases?district=jz/beishan",
        "cases_department": "/cases?department=planning",
        "cases_both": "/cases?department=planning&district=jz/beishan&status=VOIDED",
        "cases_topic": "/cases?topic={topic}&from={from}&until={until}",
        "cases_closed": "/cases?happened=closed&from={from}&until={until}",
        "cases_unsatisfied": "/cases?happened=unsatisfied&from={from}&until={until}",
        "cases_rework": "/cases?happened=rework&from={from}&until={until}",
        "queries": "/queries",
        "query_rework": "/queries?way=all&f=rework_count&c=more&v=0&f=category&c=any_of&v=CITY_APPEARANCE",
        "query_words": "/queries?way=all&f=words&c=contains&v=路灯&f=open&c=is&v=false",
        "query_days": "/queries?way=all&f=registered_at&c=last_days&v=30&f=district&c=within&v=jz/beishan",
        "calls": "/calls",
        "calls_missed": "/calls?state=MISSED",
        "calls_now": "/calls?state=NOW",
        "calls_agent": "/calls?agent={agent}",
        "calls_days": "/calls?from={from}&until={until}&state=ABANDONED&group=general",
        "callbacks": "/callbacks",
        "call": "/calls/{call}",
        "notices": "/notices",
        "notices_unread": "/notices?show=unread",
        "notices_alarms": "/notices?show=alarms",
        "notices_limits": "/notices?show=limits",
        "notices_pulse": "/notices/pulse",
        "spot_checks": "/spot-checks",
        "spot_checks_done": "/spot-checks?view=done",
        "spot_sample": "/spot-checks/samples/{sample}",
        "supervision": "/supervision?view=overdue",
        "supervision_awaited": "/supervision?view=awaited",
        "supervision_answered": "/supervision?view=answered",
        "supervision_standing": "/supervision?view=standing",
        "supervision_closed": "/supervision?view=closed",
        "dashboard": "/dashboard",
        "dashboard_year": "/dashboard?period=year",
        "exports": "/exports",
        "imports": "/imports",
        "complaints": "/reports/complaints",
        "seats": "/seats",
    },
    "agent": {
        "agent_inbox": "/tasks",
        "registration": "/registrations/new",
        "agent_cases": "/cases",
    },
    "leader": {
        "leader_dashboard": "/dashboard",
        "instructions": "/instructions",
        "leader_board": "/orders",
    },
    "sanitation": {
        "department_inbox": "/tasks",
        "department_board": "/orders",
        "department_orders": "/orders?as=list",
        "department_cases": "/cases",
        "department_notices": "/notices",
        "department_unread": "/notices?show=unread",
        "department_case": "/cases/{own_case}",
        "department_order": "/orders/{own_order}",
        "department_supervision": "/supervision?view=standing",
        "department_checks": "/spot-checks",
    },
    "gas_head": {
        "head_deadlines": "/deadlines",
        "head_people": "/orders/people",
        "head_dashboard": "/dashboard",
        "head_board": "/orders",
    },
    "supervisor_dongcheng": {
        "part_inbox": "/tasks",
        "part_board": "/orders",
        "part_deadlines": "/deadlines",
        "part_cases": "/cases",
    },
    "admin": {"messages": "/admin/messages", "messages_failed": "/admin/messages?state=FAILED",
              "history": "/admin/history"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    username: str
    path: str


def pages() -> Iterator[Page]:
    for username, of_person in PAGES.items():
        for name, path in of_person.items():
            yield Page(name, username, path)


def samples_of(db: psycopg.Connection[Any]) -> dict[str, str]:
    """What stands for the names in `PAGES`: of the newest that is there, with some history."""
    own = "work_order o join case_file c on c.id = o.case_id where o.department = 'sanitation' and o.ended_at is null"
    asked = {
        "case_no": """select case_no from case_file c where ended_at is null and exists (
                        select from history h where h.stream = c.instance_id) order by registered_at desc limit 1""",
        "own_case": f"select c.case_no from {own} order by o.dispatched_at desc limit 1",
        "own_order": f"select o.order_no from {own} order by o.dispatched_at desc limit 1",
        "order_no": "select order_no from work_order where ended_at is null order by dispatched_at desc limit 1",
        "call": "select id::text from call where answered_at is not null order by began_at desc limit 1",
        "agent": "select id::text from app_user where username = 'agent'",
        "sample": "select id::text from spot_sample order by drawn_at desc limit 1",
        "topic": "select coalesce(sub_category, category) from case_file order by registered_at desc limit 1",
        "from": "select to_char(now() - interval '60 days', 'YYYY-MM-DD')",
        "until": "select to_char(now() - interval '30 days', 'YYYY-MM-DD')",
    }  # fmt: skip
    rows = {name: db.execute(query).fetchone() for name, query in asked.items()}  # type: ignore[call-overload]
    return {name: row[0] if row else "none" for name, row in rows.items()}
