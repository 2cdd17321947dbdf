"""The telephone's lists as administrators keep them: what is refused, what history says, what telephony is told."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app import audit
from app.contacts import Vault, routing_snapshot, routing_version
from app.contacts.demo import load_demo_telephone
from app.contacts.equipment import SeatWish, TrunkWish, add_seat, add_trunk, change_seat, change_trunk, digest_of
from app.contacts.marks import MarkWish, change_mark, fits_code, lift_mark, mark_number
from app.contacts.models import Agent, NumberMark, Seat, SeatState, TrunkRow
from app.contacts.roster import AgentWish, GroupWish, add_group, change_agent, change_group, engage_agent, skills_of
from app.contacts.snapshot import RoutingSnapshot
from app.contacts.upkeep import stream_of
from app.core.db import Sessions
from app.core.errors import CitydeskError, Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.identity import SEED, Actor, actor_of_user, user_by_name
from app.workflow import Runtime
from tests.demo_city import SECRET_KEY, demo_template, demo_url, runtime, settings

__all__ = ["demo_template", "demo_url", "runtime", "settings"]
NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
VAULT = Vault(SECRET_KEY)


@pytest.fixture
def sessions(runtime: Runtime) -> Sessions:
    with runtime.sessions.begin() as session:
        load_demo_telephone(session, SEED, NOW)
    return runtime.sessions


@pytest.fixture
def admin(sessions: Sessions) -> Actor:
    with sessions() as session:
        return actor_of_user(session, "admin")


def snapshot(sessions: Sessions) -> RoutingSnapshot:
    """As telephony has it, after its way over the disk."""
    with sessions() as session:
        return RoutingSnapshot.from_json(routing_snapshot(session, ZONE, "zh-CN").to_json())


def refused(deed: Any, *args: Any, **values: Any) -> dict[str, str]:
    """The fields that were wrong, with the sentence's key."""
    with pytest.raises(Invalid) as caught:
        deed(*args, **values)
    return {field: key.removeprefix("contacts.upkeep.") for field, (key, _) in caught.value.fields.items()}


def history(sessions: Sessions, kind: str, key: object) -> list[audit.HistoryRow]:
    with sessions() as session:
        assert audit.verify(session) == []
        return list(audit.read(session, stream_of(kind, key)))


@pytest.mark.feature("X04", "X05", "T26")
def test_a_desk_phone_s_secret_goes_in_and_never_comes_out(sessions: Sessions, admin: Actor) -> None:
    secret, command = "a-secret-of-this-phone", new_id()
    with sessions.begin() as session:
        before = routing_version(session)
        for _ in range(2):
            add_seat(session, "8101", SeatWish(name="远程", kind="SIP", secret=secret), actor=admin, now=NOW,
                     command_id=command)  # fmt: skip
        with pytest.raises(Conflict):
            add_seat(session, "8101", SeatWish(), actor=admin, now=NOW, command_id=new_id())
        change_seat(session, "8101", SeatWish(name="远程二", kind="SIP"), actor=admin, now=NOW)
        assert routing_version(session) > before
    plan = snapshot(sessions).seats["8101"]
    assert plan.kind == "SIP"
    assert VAULT.open(str(plan.secret_md5), "seat-8101") == digest_of("8101", secret)
    rows = history(sessions, "seat", "8101")
    assert [(row.kind, row.result.get("secret")) for row in rows] == [
        ("phone.seat.added", True), ("phone.seat.changed", None),
    ]  # fmt: skip
    assert all(secret not in str(row) and digest_of("8101", secret) not in str(row) for row in rows)
    assert secret not in repr(SeatWish(secret=secret))


def test_a_seat_in_use_keeps_its_kind_and_can_be_given_up(sessions: Sessions, admin: Actor) -> None:
    with sessions.begin() as session:
        agent = user_by_name(session, "agent").id
        session.add(SeatState(id=new_id(), user_id=agent, seat="8001", state="IDLE", since=NOW))
        session.flush()
        desk = SeatWish(kind="SIP", secret="a-secret-of-this-phone")
        with pytest.raises(Conflict, match="seat_in_use"):
            change_seat(session, "8001", desk, actor=admin, now=NOW)
        change_seat(session, "8001", SeatWish(active=False), actor=admin, now=NOW)
        change_seat(session, "8002", desk, actor=admin, now=NOW)
    seats = snapshot(sessions).seats
    assert "8001" not in seats
    assert seats["8002"].kind == "SIP"


def test_what_is_wrong_with_a_seat_is_said_all_at_once(sessions: Sessions, admin: Actor) -> None:
    with sessions() as session:
        given: dict[str, Any] = {"actor": admin, "now": NOW}
        bad = SeatWish(kind="LINE", contact="sip:01@gw\r\nallow=all", codecs=["mp3"])
        assert refused(add_seat, session, "8", bad, **given) == {
            "number": "number", "codecs": "codecs", "contact": "contact",
        }  # fmt: skip
        assert refused(add_seat, session, "7001", SeatWish(), **given) == {"number": "number_of_agent"}
        assert refused(add_seat, session, "8101", SeatWish(kind="SIP"), **given) == {"secret": "secret_missing"}
        with pytest.raises(Forbidden):
            add_seat(session, "8101", SeatWish(), actor=actor_of_user(session, "supervisor"), now=NOW)


@pytest.mark.feature("T01", "T05", "T08")
def test_a_trunk_keeps_its_password_until_another_is_given(sessions: Sessions, admin: Actor) -> None:
    wish = TrunkWish(host="sip.provider.example", username="073112319", password="first-password", transport="tls")
    given: dict[str, Any] = {"actor": admin, "now": NOW}
    with sessions.begin() as session:
        add_trunk(session, "provider", wish, **given)
        change_trunk(session, "provider", TrunkWish(host="10.0.0.9", username="073112319", lines=30), **given)
        row = session.get_one(TrunkRow, "provider")
        assert (row.host, VAULT.open(row.password, "trunk-provider"), row.lines) == ("10.0.0.9", "first-password", 30)
        change_trunk(session, "provider", TrunkWish(host="10.0.0.9"), **given)
        assert (row.username, row.password) == ("", "")
        wrong = TrunkWish(host="10.0.0.9\nallow=all", port=0, username="x", caller_id="12319;x", lines=-1)
        assert refused(change_trunk, session, "provider", wrong, **given) == {
            "host": "host", "port": "between", "password": "password_missing", "caller_id": "digits",
            "lines": "between",
        }  # fmt: skip
    assert snapshot(sessions).trunks[-1].host == "10.0.0.9"
    assert "first-password" not in str(history(sessions, "trunk", "provider"))
    with sessions.begin() as session:
        change_trunk(session, "provider", TrunkWish(host="10.0.0.9", active=False), **given)
    assert [trunk.name for trunk in snapshot(sessions).trunks] == ["demo"]


@pytest.mark.feature("S24", "S25", "S26", "S27", "S28", "T28", "T29", "T30")
def test_an_agent_s_areas_skills_and_follow_me_reach_telephony(sessions: Sessions, admin: Actor) -> None:
    given: dict[str, Any] = {"actor": admin, "now": NOW}
    wish = AgentWish(
        work_no="1001", extension="7001", skills={"GENERAL": 2, "ENGLISH": 1}, areas=["jz/beishan"],
        follow_me=["7002", "+86 138 0000 1111", "7002"], follow_strategy="ROUND_ROBIN",
    )  # fmt: skip
    with sessions.begin() as session:
        agent = user_by_name(session, "agent").id
        change_agent(session, agent, wish, **given)
    plan = snapshot(sessions).agents[agent]
    assert plan.skills == {"ENGLISH": 1, "GENERAL": 2}
    assert (plan.areas, plan.follow_me, plan.follow_strategy) == (
        ("jz/beishan",), ("7002", "13800001111"), "ROUND_ROBIN",
    )  # fmt: skip
    row = history(sessions, "agent", agent)[-1]
    assert row.changes["skills"] == {"old": {"GENERAL": 1, "REPAIR": 1}, "new": {"ENGLISH": 1, "GENERAL": 2}}
    assert "follow_me" not in row.changes
    with sessions() as session:
        bad = AgentWish(work_no="1002", extension="8001", skills={"NONE": 1}, areas=["jz/nowhere"],
                        follow_me=["0085212345678"], dialling="LOCAL")  # fmt: skip
        assert refused(change_agent, session, agent, bad, **given) == {
            "work_no": "work_no_taken", "extension": "extension_of_seat", "skills": "choose", "areas": "choose",
            "follow_me": "follow_me",
        }  # fmt: skip


def test_only_who_may_answer_calls_becomes_an_agent_and_who_leaves_is_gone(sessions: Sessions, admin: Actor) -> None:
    given: dict[str, Any] = {"actor": admin, "now": NOW}
    wish = AgentWish(work_no="1009", extension="7009", skills={"GENERAL": 1})
    with sessions.begin() as session:
        gas = user_by_name(session, "gas_head").id
        assert refused(engage_agent, session, gas, wish, **given) == {"user_id": "no_agent_role"}
        agent = user_by_name(session, "agent").id
        change_agent(session, agent, AgentWish(work_no="1001", extension="7001", active=False), **given)
        assert skills_of(session, agent) == {}
    assert agent not in snapshot(sessions).agents
    with sessions.begin() as session:
        change_agent(session, agent, AgentWish(work_no="1001", extension="7001", skills={"GENERAL": 1}), **given)
        assert session.get_one(Agent, agent).left_at is None
    assert agent in snapshot(sessions).agents


@pytest.mark.feature("S15", "S17")
def test_a_number_is_marked_by_who_calls_what_is_called_and_who_one_says_to_be(
    sessions: Sessions, admin: Actor
) -> None:
    given: dict[str, Any] = {"actor": admin, "now": NOW}
    ids = [new_id() for _ in range(4)]
    with sessions.begin() as session:
        caller = MarkWish(kind="BLACKLIST", number="+86 138-0000-2222", reason="骚扰", until=NOW + timedelta(days=1))
        mark_number(session, ids[0], caller, **given)
        mark_number(session, ids[0], caller, **given)
        mark_number(
            session, ids[1], MarkWish(about="CALLED", number="12318", reason="专线", flow="voice_menu"), **given
        )
        member = MarkWish(about="IDENTITY", number="600123", code="4711", reason="人大代表")
        mark_number(session, ids[2], member, **given)
        with pytest.raises(Conflict, match="marked_already"):
            mark_number(session, ids[3], member, **given)
    known = snapshot(sessions)
    later = NOW + timedelta(days=2)
    assert known.mark_of("13800002222", "12318", NOW).kind == "BLACKLIST"  # type: ignore[union-attr]
    assert known.mark_of("13800002222", "12318", later).kind == "VIP"  # type: ignore[union-attr]
    found = known.member("600123", NOW)
    assert found is not None
    assert fits_code("4711", found.code_hash)
    assert not fits_code("4712", found.code_hash)
    rows = history(sessions, "mark", ids[0])
    assert "13800002222" not in str([row.changes for row in rows])
    assert "4711" not in str(history(sessions, "mark", ids[2]))
    with sessions.begin() as session:
        lift_mark(session, ids[1], **given)
        with pytest.raises(Conflict, match="mark_lifted"):
            change_mark(session, ids[1], MarkWish(reason="x"), **given)
        again = MarkWish(kind="BLACKLIST", number="13800002222", reason="又来了")
        mark_number(session, ids[3], again, actor=admin, now=later)  # the one that has ended makes room
        assert session.get_one(NumberMark, ids[0]).lifted_at == caller.until
    assert known.called_marks.keys() == {"12318"}
    assert snapshot(sessions).called_marks == {}


@pytest.mark.feature("T30", "Q09")
def test_a_group_others_lean_on_stays(sessions: Sessions, admin: Actor) -> None:
    given: dict[str, Any] = {"actor": admin, "now": NOW}
    names = {"en": "Water", "zh-CN": "供水组"}
    with sessions.begin() as session:
        add_group(session, "WATER", GroupWish(names, ["COMPLAINT"], "SKILL", "GENERAL", seconds={"ring_seconds": 30}),
                  **given)  # fmt: skip
        assert refused(change_group, session, "GENERAL", GroupWish(names, active=False), **given) == {
            "active": "group_leaned_on"
        }
        bad = GroupWish({"en": ""}, ["X"], "FIRST", "WATER", seconds={"ring_seconds": 1})
        assert set(refused(change_group, session, "WATER", bad, **given)) == {
            "name_en", "name_zh-CN", "service_types", "strategy", "overflow_to", "ring_seconds",
        }  # fmt: skip
    assert snapshot(sessions).groups["WATER"].ring_seconds == 30
    with sessions.begin() as session:
        change_group(session, "WATER", GroupWish(names, active=False), **given)
    assert "WATER" not in snapshot(sessions).groups


def test_saving_the_same_again_writes_nothing(sessions: Sessions, admin: Actor) -> None:
    with sessions.begin() as session:
        for _ in range(2):
            change_seat(session, "8001", SeatWish(name="靠窗"), actor=admin, now=NOW)
        assert session.query(Seat).filter_by(number="8001").one().name == "靠窗"
    assert len(history(sessions, "seat", "8001")) == 1
    with sessions.begin() as session, pytest.raises(CitydeskError, match="no_seat"):
        change_seat(session, "9999", SeatWish(), actor=admin, now=NOW)
