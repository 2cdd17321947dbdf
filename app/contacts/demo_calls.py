"""Calls of the demo city's past: one for each report that came by telephone these last days, and some that nobody
could take in time. They are facts, taken in as telephony's are. The same city makes the same calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.enums import Channel, ServiceType
from app.cases.models import CaseFile, Registration
from app.contacts.actions import link_case
from app.contacts.facts import CallKind, Fact, Outcome
from app.contacts.intake import take_facts
from app.contacts.models import Agent
from app.core.ids import derived_id

SPAN = timedelta(days=14)
SETTLED = timedelta(minutes=5)
"""Calls younger than this would still be going on."""
HOTLINE = "12319"
LOST_EVERY = 7
"""Of so many callers one gives up, or finds nobody."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a call was about."""

    id: UUID
    case_id: UUID
    phone: str
    agent: UUID
    extension: str
    at: datetime
    group: str
    district: str


def load_demo_calls(session: Session, now: datetime) -> int:
    """How many calls were made; none where there are calls of this kind already."""
    reports = _reports(session, now)
    facts = [fact for report in reports for fact in _calls(report, Random(str(report.id)))]  # noqa: S311
    take_facts(session, sorted(facts, key=lambda fact: fact.at), now, lambda *_: None, Path())
    for report in reports:
        link_case(session, _call_id(report), report.case_id)
    return len({fact.subject for fact in facts})


def _reports(session: Session, now: datetime) -> list[Report]:
    query = (
        select(Registration, CaseFile, Agent)
        .join(CaseFile, CaseFile.id == Registration.case_id)
        .join(Agent, Agent.user_id == Registration.duty_staff)
        .where(Registration.channel == Channel.PHONE, Registration.reported_at.between(now - SPAN, now - SETTLED))
        .where(Registration.caller_phone.is_not(None))
        .order_by(Registration.reported_at, Registration.id)
    )
    return [
        Report(
            each.id, case.id, each.caller_phone or "", agent.user_id, agent.extension, each.reported_at,
            "REPAIR" if case.service_type == ServiceType.INCIDENT_REPORTING else "GENERAL", case.district,
        )
        for each, case, agent in session.execute(query)
    ]  # fmt: skip


def _call_id(report: Report) -> UUID:
    return derived_id("demo call", report.id)


def _calls(report: Report, chance: Random) -> Iterator[Fact]:
    """The talk in which it was reported; before it, now and then, one in which the caller found nobody."""
    waited, talked = chance.randint(2, 14), chance.randint(70, 260)
    began = report.at - timedelta(seconds=waited + talked // 2)
    if chance.randrange(LOST_EVERY) == 0:
        yield from _lost(report, began - timedelta(minutes=chance.randint(2, 25)), chance)
    yield from _talk(report, began, waited, talked)


def _talk(report: Report, began: datetime, waited: int, talked: int) -> Iterator[Fact]:
    call, leg = _call_id(report), f"demo-{_call_id(report).hex[:12]}"
    agent = str(report.agent)
    rung = {"leg": leg, "kind": "SEAT", "number": report.extension, "agent": agent}
    yield from _facts(call, [
        (CallKind.ARRIVED, began, _arrival(report)),
        (CallKind.QUEUED, began + timedelta(seconds=1), {"group": report.group}),
        (CallKind.RANG, began + timedelta(seconds=2), rung),
        (CallKind.ANSWERED, began + timedelta(seconds=waited), {"leg": leg, "agent": agent}),
        (CallKind.ENDED, began + timedelta(seconds=waited + talked), {"outcome": Outcome.ANSWERED.value}),
    ])  # fmt: skip


def _lost(report: Report, began: datetime, chance: Random) -> Iterator[Fact]:
    outcome = chance.choice((Outcome.ABANDONED, Outcome.ABANDONED, Outcome.MISSED))
    ended = began + timedelta(seconds=chance.randint(18, 75))
    yield from _facts(derived_id("demo call", report.id, "lost"), [
        (CallKind.ARRIVED, began, _arrival(report)),
        (CallKind.QUEUED, began + timedelta(seconds=1), {"group": report.group}),
        (CallKind.ENDED, ended, {"outcome": outcome.value}),
    ])  # fmt: skip


def _arrival(report: Report) -> dict[str, str]:
    return {"direction": "IN", "caller": report.phone, "called": HOTLINE, "district": report.district}


def _facts(call: UUID, told: list[tuple[CallKind, datetime, dict[str, str]]]) -> Iterator[Fact]:
    for no, (kind, at, body) in enumerate(told, 1):
        yield Fact(call, no, kind, at, body)
