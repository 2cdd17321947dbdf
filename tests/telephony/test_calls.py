"""Citizens call: the menu, the queue, the letter box, and a person who answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app import audit, workflow
from app.cases.models import CaseFile, Registration
from app.contacts import area_of_caller
from app.contacts.code_attempts import MOST, begin_attempt, end_attempt
from app.contacts.marks import MarkWish, mark_number
from app.contacts.models import CallbackRequest, CallEvent, CallLeg, CodeAttempt, NumberMark
from app.core.ids import new_id
from app.identity import SEED, actor_of_user
from app.lifecycle.reporting import register
from tests.integration.web.test_search import REPORT
from tests.telephony.conftest import Exchange
from tests.telephony.sipp import HangUp, Press, Speak, UntilHungUp, Wait, energy


@pytest.mark.feature("T06", "T10", "T12", "T13", "T14", "S01", "S04", "S09")
def test_a_call_is_queued_answered_recorded_and_told(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    citizen = exchange.sipp.citizen("13800136721", "12310", Speak(), Wait(2.5), HangUp())
    exchange.until_state("agent", "ON_CALL")
    citizen.finish()
    seat.finish()
    call = exchange.ended("13800136721")
    assert (call.direction, call.outcome, call.agent) == ("IN", "ANSWERED", exchange.person("agent").id)
    assert call.queued_at <= call.answered_at <= call.ended_at
    seconds, loud = energy(exchange.sound(call.id))
    assert 1.5 < seconds < 4
    assert loud > 500
    exchange.until_state("agent", "WRAP_UP")
    with exchange.sessions() as session:
        legs = session.query(CallLeg).filter_by(call_id=call.id).all()
    assert [(leg.kind, leg.number, leg.ended_at is not None) for leg in legs] == [("SEAT", "8001", True)]


@pytest.mark.feature("T11", "M07", "W22")
def test_the_menu_hears_keys_and_leads_to_a_person(exchange: Exchange) -> None:
    """Policies by RFC 2833, then a person by SIP INFO; the way through the diagram is in the call's history."""
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, Speak(), UntilHungUp())
    keys = (Wait(1), Press("4", "rfc2833"), Wait(1), Press("0"))
    citizen = exchange.sipp.citizen("13800000002", "12319", *keys, Wait(2), HangUp())
    exchange.until_state("agent", "ON_CALL")
    citizen.finish()
    seat.finish()
    call = exchange.ended("13800000002")
    assert (call.outcome, call.skill_group) == ("ANSWERED", "GENERAL")
    with exchange.sessions() as session:
        run = exchange.until(lambda: audit.read(session, call.id), what="the voice run")[0]
        assert audit.verify(session) == []
    passed = [step["element"] for step in run.steps if step["state"] == "completed"]
    assert passed.count("ask") == 2
    assert "policies" in passed
    assert run.steps[-1]["state"] == "cancelled"
    assert run.result == {"process": "voice_menu", "end": "hung_up"}


@pytest.mark.feature("Q06")
def test_a_caller_who_gives_up_is_abandoned_and_called_back(exchange: Exchange) -> None:
    exchange.sign_in("agent")
    exchange.ask("agent", "state", state="PAUSED", reason="LUNCH")
    exchange.sipp.citizen("13800000003", "12310", Wait(1), HangUp()).finish()
    call = exchange.ended("13800000003")
    assert (call.outcome, call.answered_at) == ("ABANDONED", None)
    assert (call.ended_at - call.queued_at).total_seconds() < 3
    with exchange.sessions() as session:
        wish = session.query(CallbackRequest).filter_by(call_id=call.id).one()
    assert (wish.phone, wish.reason, wish.state) == ("13800000003", "ABANDONED", "OPEN")


@pytest.mark.feature("T16", "T31", "T38")
def test_unattended_a_message_is_taken_and_becomes_a_registration(exchange: Exchange) -> None:
    exchange.sipp.citizen("07318101555", "12310", Speak(), Wait(1), Press("#"), Wait(3), HangUp()).finish()
    call = exchange.ended("07318101555")
    assert (call.outcome, call.queued_at) == ("VOICEMAIL", None)
    seconds, loud = energy(exchange.sound(call.id))
    assert seconds > 1.5
    assert loud > 500
    case, registration = given_registration(exchange, "07318101555")
    assert (registration.channel, case.district, case.machine_made) == ("VOICEMAIL", "jz/dongcheng", True)


@pytest.mark.feature("T33", "T34", "F01")
def test_the_machine_takes_a_complaint_and_the_whole_dialogue_is_recorded(exchange: Exchange) -> None:
    keys = (Speak(), Wait(0.8), Press("2"), Wait(1.2), Press("4"), Wait(1.2), Press("#"), Wait(3), Press("#"))
    exchange.sipp.citizen("13800000005", "12319", *keys, UntilHungUp(20)).finish(45)
    call = exchange.ended("13800000005")
    assert (call.outcome, call.automatic) == ("COMPLAINT", True)

    def kept() -> bool:
        found = exchange.recordings(call.id)
        return len(found) == 2 and all(one.storage_key for one in found)

    exchange.until(kept, what="both recordings are kept")
    whole, words = sorted(exchange.recordings(call.id), key=lambda one: -(one.seconds or 0))
    assert whole.seconds > words.seconds + 2, "the menu's questions are in it too"
    case, registration = given_registration(exchange, "13800000005")
    assert (case.category, case.service_type) == ("CITY_APPEARANCE_AND_SANITATION", "COMPLAINT")
    assert registration.channel == "PHONE"
    hear_its_state(exchange, registration.acceptance_no)


def hear_its_state(exchange: Exchange, number: str) -> None:
    """Who types the number hears how far it is; who mistypes it, that there is none (F01)."""
    wrong = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    typed = [(Wait(0.8), Press("3"), Wait(1.2), *map(Press, each), Press("#"), Wait(2)) for each in (number, wrong)]
    for citizen, keys in zip(("13800000055", "13800000056"), typed, strict=True):
        exchange.sipp.citizen(citizen, "12319", *keys, HangUp()).finish(45)
    for citizen, said in (("13800000055", "say_state"), ("13800000056", "say_unknown")):
        call = exchange.ended(citizen)
        with exchange.sessions() as session:
            run = exchange.until(lambda call=call, session=session: audit.read(session, call.id), what="the voice run")[
                0
            ]
        assert said in [step["element"] for step in run.steps], citizen


@pytest.mark.feature("S17")
def test_the_blacklist_is_refused(exchange: Exchange) -> None:
    mark(exchange, "13800000006", "BLACKLIST")
    exchange.sipp.citizen("13800000006", "12319", refused="486").finish()
    assert exchange.ended("13800000006").outcome == "BLOCKED"


@pytest.mark.feature("S15")
def test_a_vip_goes_before_those_who_wait(exchange: Exchange) -> None:
    mark(exchange, "13800000008", "VIP")
    exchange.sign_in("agent")
    exchange.ask("agent", "state", state="PAUSED", reason="MEETING")
    first = exchange.sipp.citizen("13800000007", "12310", UntilHungUp())
    exchange.call("13800000007", skill_group="GENERAL")
    vip = exchange.sipp.citizen("13800000008", "12319", Wait(1.5), HangUp())
    exchange.call("13800000008", mark="VIP", priority=10)
    seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp())
    exchange.ask("agent", "state", state="IDLE")
    vip.finish()
    seat.finish()
    assert exchange.ended("13800000008").outcome == "ANSWERED"
    assert exchange.call("13800000007").answered_at is None
    first.stop()


@pytest.mark.feature("T28", "T29")
def test_the_area_of_the_line_finds_its_agent(exchange: Exchange) -> None:
    """agent2, who is responsible for xicheng, has been idle for the shorter time."""
    exchange.sign_in("agent", "agent2")
    seat = exchange.sipp.seat(exchange.lines["agent2"].port, UntilHungUp())
    exchange.sipp.citizen("07318102777", "12310", Wait(1), HangUp()).finish()
    seat.finish()
    call = exchange.ended("07318102777")
    assert (call.district, call.agent) == ("jz/xicheng", exchange.person("agent2").id)


@pytest.mark.feature("T30")
def test_a_kind_of_call_goes_to_the_group_for_it(exchange: Exchange) -> None:
    """The repair line's number leads to those who have that skill, however long others are idle."""
    exchange.sign_in("agent2")
    exchange.sign_in("agent")
    seat = exchange.sipp.seat(exchange.lines["agent"].port, UntilHungUp())
    exchange.sipp.citizen("13800000019", "96119", Wait(1), HangUp()).finish()
    seat.finish()
    call = exchange.ended("13800000019")
    assert (call.skill_group, call.outcome, call.agent) == ("REPAIR", "ANSWERED", exchange.person("agent").id)


@pytest.mark.feature("T28", "T29")
def test_the_area_of_earlier_reports_finds_its_agent(exchange: Exchange) -> None:
    """A mobile number tells no place; the newest report that came from it does, unless it is confidential or old."""
    phone, then = "13800000010", exchange.now() - timedelta(days=1)
    made = [register(exchange.runtime, {**REPORT, "caller_phone": phone, "district": f"jz/{district}"},
                     actor=exchange.person("agent")) for district in ("beishan", "xicheng")]  # fmt: skip
    exchange.sign_in("agent", "agent2")
    seat = exchange.sipp.seat(exchange.lines["agent2"].port, UntilHungUp())
    exchange.sipp.citizen(phone, "12310", Wait(1), HangUp()).finish()
    seat.finish()
    call = exchange.ended(phone)
    assert (call.district, call.agent) == ("jz/xicheng", exchange.person("agent2").id)
    with exchange.sessions() as session:
        session.get_one(CaseFile, made[1].case_id).confidential = True
        session.flush()
        assert area_of_caller(session, phone, then) == "jz/beishan"
        assert area_of_caller(session, phone, exchange.now()) is None
        session.rollback()


def test_who_does_not_lift_pauses_and_the_next_gets_the_call(exchange: Exchange) -> None:
    with exchange.sessions.begin() as session:
        session.execute(text("update skill_group set ring_seconds = 5 where code = 'GENERAL'"))
    exchange.until_rules_are_known()
    exchange.sign_in("agent", "agent2")
    deaf = exchange.sipp.seat(exchange.lines["agent"].port, lift=False)
    seat = exchange.sipp.seat(exchange.lines["agent2"].port, UntilHungUp())
    citizen = exchange.sipp.citizen("13800000009", "12310", Wait(8), HangUp())
    exchange.until_state("agent2", "ON_CALL")
    exchange.until_state("agent", "PAUSED")
    citizen.finish()
    seat.finish()
    deaf.finish()


# ------------------------------------------------------------------ given
def mark(exchange: Exchange, phone: str, kind: str) -> None:
    with exchange.sessions.begin() as session:
        now = datetime.now(UTC)
        session.add(NumberMark(id=new_id(), phone=phone, kind=kind, marked_at=now, marked_by=SEED.id))
    exchange.until_rules_are_known()


def given_registration(exchange: Exchange, phone: str) -> tuple[CaseFile, Registration]:
    """The dispatcher's sweep starts what the telephone posted; once, however often it sweeps."""
    for _ in range(2):
        workflow.sweep(exchange.runtime)
    with exchange.sessions() as session:
        registration = session.query(Registration).filter_by(caller_phone=phone).one()
        assert exchange.call(phone).case_id == registration.case_id, "the case has its call and what was said"
        return session.get(CaseFile, registration.case_id), registration


@pytest.mark.feature("S15", "S16")
def test_a_member_is_known_by_number_and_code_from_any_telephone(exchange: Exchange) -> None:
    """A line of ours is led to the members' diagram; who types a wrong code waits like everybody, and after some wrong
    ones no code for that number is looked at."""
    with exchange.sessions.begin() as session:
        given: dict[str, Any] = {"actor": actor_of_user(session, "admin"), "now": exchange.now()}
        line = MarkWish(about="CALLED", kind="VIP", number="12311", reason="members", level=9, flow="voice_member")
        mark_number(session, new_id(), line, **given)
        member = MarkWish(about="IDENTITY", number="600123", code="4711", reason="member", level=2,
                          seat_of=exchange.person("agent2").id)  # fmt: skip
        mark_number(session, new_id(), member, **given)
    exchange.until_rules_are_known()
    exchange.sign_in("agent", "agent2")
    for each in ("agent", "agent2"):
        exchange.ask(each, "state", state="PAUSED", reason="MEETING")

    def typed(code: str) -> list[Press | Wait]:
        return [Wait(1.0), *(Press(key) for key in "600123#"), Wait(0.5), *(Press(key) for key in f"{code}#"), Wait(6)]

    wrong = exchange.sipp.citizen("13800000041", "12311", *typed("4712"), HangUp())
    right = exchange.sipp.citizen("13800000042", "12311", *typed("4711"), HangUp())
    exchange.call("13800000042", priority=9, skill_group="GENERAL")
    assert exchange.call("13800000041", skill_group="GENERAL").priority == 0
    for party in (wrong, right):
        party.finish()
    with exchange.sessions() as session:
        kinds = {row.kind for row in session.query(CallEvent).filter_by(call_id=exchange.ended("13800000042").id)}
        assert "marked" in kinds
        tried = {(row.line, row.succeeded) for row in session.query(CodeAttempt)}
    assert tried == {("13800000041", False), ("13800000042", True)}
    for _ in range(MOST - 1):
        with exchange.sessions.begin() as session:
            attempt = begin_attempt(session, "600123", "13900000099", new_id(), exchange.now())
            assert attempt is not None
            end_attempt(session, attempt, exchange.now(), right=False)
    late = exchange.sipp.citizen("13800000043", "12311", *typed("4711"), Wait(9), HangUp())
    assert exchange.call("13800000043", skill_group="GENERAL").priority == 0
    late.finish()
    with exchange.sessions() as session:
        ran = exchange.until(lambda: audit.read(session, exchange.ended("13800000043").id), what="the way it was led")
        assert "say_locked" in {step["element"] for step in ran[-1].steps}
