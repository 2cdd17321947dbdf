"""The telephone's administration: what is saved, refused beside its field, told in the history, and never shown."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import redis
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import audit, identity
from app.audit.models import AccessLog
from app.contacts import PULSE, Pulse, Vault, routing_snapshot, routing_version
from app.contacts.code_attempts import MOST, begin_attempt, end_attempt
from app.contacts.demo import load_demo_telephone
from app.contacts.models import NumberMark, Seat, TrunkRow
from app.core.settings import Settings
from app.identity import SEED
from app.workflow import Runtime
from tests.demo_city import SECRET_KEY

from .conftest import House, csrf_of

HOME = "/admin/telephone"
SECRET = "a-secret-of-this-phone"


def post(browser: FlaskClient, path: str, **form: object) -> TestResponse:
    return browser.post(path, data={**form, "csrf_token": csrf_of(browser, "/account")})


@pytest.fixture
def admin(house: House, runtime: Runtime) -> FlaskClient:
    with runtime.sessions.begin() as session:
        load_demo_telephone(session, SEED, datetime.now(UTC))
    return house.browser("admin")


def known(runtime: Runtime, settings: Settings) -> Any:
    with runtime.sessions() as session:
        assert audit.verify(session) == []
        return routing_snapshot(session, settings.city_zone, "en")


@pytest.mark.feature("X04", "X05", "T26", "M05")
def test_a_seat_is_added_once_changed_and_given_up(admin: FlaskClient, runtime: Runtime, settings: Settings) -> None:
    new = {"command_id": str(uuid4()), "number": "8101", "name": "远郊", "kind": "SIP", "secret": SECRET,
           "codecs": ["alaw", "g722"], "active": "1"}  # fmt: skip
    first, again = post(admin, f"{HOME}/seats", **new), post(admin, f"{HOME}/seats", **new)
    assert [first.status_code, again.status_code] == [303, 303]
    page = admin.get(first.location).text
    assert "新增座席 8101" in page
    assert SECRET not in page
    assert known(runtime, settings).seats["8101"].codecs == ("g722", "alaw")
    wrong = post(admin, f"{HOME}/seats/8101", kind="SIP", secret="short", codecs="alaw", active="1")
    assert wrong.status_code == 422
    assert "12–64" in wrong.text
    assert post(admin, f"{HOME}/seats/8101", kind="SIP", codecs="alaw").status_code == 303
    assert "8101" not in known(runtime, settings).seats
    history = admin.get("/admin/history").text
    assert "修改座席 8101" in history
    assert SECRET not in history


@pytest.mark.feature("T01", "T05", "T08")
def test_a_trunk_s_password_is_nowhere_to_be_read(admin: FlaskClient, runtime: Runtime) -> None:
    form = {"command_id": str(uuid4()), "name": "provider", "host": "sip.provider.example", "port": "5061",
            "transport": "tls", "codecs": "alaw", "username": "073112319", "password": SECRET, "lines": "30",
            "caller_id": "12319", "ask_every": "30", "outward": "1", "active": "1"}  # fmt: skip
    bad = post(admin, f"{HOME}/trunks", **form | {"port": "x", "host": "a b"})
    assert bad.status_code == 422
    assert SECRET not in bad.text
    assert 'value="a b"' in bad.text
    assert post(admin, f"{HOME}/trunks", **form).status_code == 303
    kept = {key: value for key, value in form.items() if key not in ("password", "command_id", "name")}
    assert post(admin, f"{HOME}/trunks/provider", **kept).status_code == 303
    with runtime.sessions() as session:
        row = session.get_one(TrunkRow, "provider")
        assert Vault(SECRET_KEY).open(row.password, "trunk-provider") == SECRET
    for path in (f"{HOME}/trunks?name=provider", f"{HOME}/trunks", "/admin/history"):
        assert SECRET not in admin.get(path).text
    assert post(admin, f"{HOME}/trunks/nowhere", **kept).status_code == 404


@pytest.mark.feature("T01", "X04")
def test_what_another_key_has_sealed_is_asked_for_again(admin: FlaskClient, runtime: Runtime) -> None:
    """The page opens, says so at its field, and takes a new password."""
    other = Vault("the key before it was changed")
    with runtime.sessions.begin() as session:
        session.add(TrunkRow(name="provider", host="10.0.0.9", codecs=["alaw"], username="073112319",
                             password=other.seal(SECRET, "trunk-provider")))  # fmt: skip
        seat = session.query(Seat).filter_by(number="8001").one()
        seat.kind, seat.secret_md5 = "SIP", other.seal("d1ge57", "seat-8001")
    trunk = {"host": "10.0.0.9", "port": "5060", "transport": "udp", "codecs": "alaw", "username": "073112319",
             "lines": "0", "ask_every": "30", "active": "1"}  # fmt: skip
    phone = {"kind": "SIP", "codecs": "alaw", "active": "1"}
    for path, listed, form, field in (("trunks/provider", "trunks?name=provider", trunk, "password"),
                                      ("seats/8001", "seats?number=8001", phone, "secret")):  # fmt: skip
        assert "请重新输入" in admin.get(f"{HOME}/{listed}").text
        refused = post(admin, f"{HOME}/{path}", **form)
        assert (refused.status_code, "请重新输入" in refused.text) == (422, True)
        assert post(admin, f"{HOME}/{path}", **form, **{field: SECRET}).status_code == 303
        assert "请重新输入" not in admin.get(f"{HOME}/{listed}").text


@pytest.mark.feature("S24", "S25", "S26", "T28", "T29", "T30")
def test_an_agent_s_areas_skills_and_numbers_are_set(admin: FlaskClient, runtime: Runtime, settings: Settings) -> None:
    with runtime.sessions() as session:
        agent, chief = (identity.user_by_name(session, name).id for name in ("agent", "gas_head"))
    form = {"work_no": "1001", "extension": "7001", "skill_GENERAL": "2", "skill_ENGLISH": "", "skill_REPAIR": "1",
            "areas": ["jz/beishan", "jz/nanhu"], "follow_me": "7002\r\n138 0000 1111\r\n", "dialling": "LOCAL",
            "follow_strategy": "ROUND_ROBIN", "record": "1", "active": "1"}  # fmt: skip
    assert post(admin, f"{HOME}/agents/{agent}", **form).status_code == 303
    plan = known(runtime, settings).agents[agent]
    assert (plan.skills, plan.areas) == ({"GENERAL": 2, "REPAIR": 1}, ("jz/beishan", "jz/nanhu"))
    assert (plan.follow_me, plan.announce_work_no) == (("7002", "13800001111"), False)
    assert "北山" in admin.get(f"{HOME}/agents?agent={agent}").text
    wrong = post(admin, f"{HOME}/agents", **form | {"user_id": str(chief), "work_no": "1009", "extension": "8001"})
    assert wrong.status_code == 422
    assert "该号码已是座席号" in wrong.text


def test_a_group_is_renamed_and_the_pages_call_it_so(admin: FlaskClient) -> None:
    seconds = {"ring_seconds": 20, "area_seconds": 10, "overflow_seconds": 60, "longest_wait_seconds": 300,
               "announce_seconds": 30, "wrap_up_seconds": 30, "answer_within_seconds": 15}  # fmt: skip
    form = {"name_en": "Repairs", "name_zh-CN": "抢修一组", "strategy": "RING_ALL", "active": "1", **seconds}
    assert post(admin, f"{HOME}/groups/REPAIR", **form).status_code == 303
    assert "抢修一组" in admin.get(f"{HOME}/groups").text
    refused = post(admin, f"{HOME}/groups/GENERAL", **{**form, "active": ""})
    assert refused.status_code == 422
    assert "溢出" in refused.text


@pytest.mark.feature("S15", "S16", "S17")
def test_a_marked_number_is_masked_and_each_look_is_written_down(admin: FlaskClient, runtime: Runtime) -> None:
    mark = str(uuid4())
    form = {"command_id": mark, "kind": "BLACKLIST", "about": "CALLER", "number": "138 0000 2222", "reason": "骚扰",
            "level": "1", "until": "2099-12-31"}  # fmt: skip
    assert post(admin, f"{HOME}/numbers", **form).status_code == 303
    listed = admin.get(f"{HOME}/numbers?mark={mark}").text
    assert "138••••2222" in listed
    assert "13800002222" not in listed
    assert 'value="2099-12-31"' in listed
    assert "138••••2222" in post(admin, f"{HOME}/numbers/found", number="+86 13800002222").text
    assert "13800002222" in post(admin, f"{HOME}/numbers/{mark}/look").text
    with runtime.sessions() as session:
        look = session.query(AccessLog).filter_by(what="mark.number").one()
        assert str(look.subject) == mark
    assert post(admin, f"{HOME}/numbers", **form | {"command_id": str(uuid4())}).status_code == 409
    assert post(admin, f"{HOME}/numbers/{mark}", reason="", level="1").status_code == 422
    assert post(admin, f"{HOME}/numbers/{mark}/lifting").status_code == 303
    with runtime.sessions() as session:
        assert session.get_one(NumberMark, mark).lifted_at is not None
        assert audit.verify(session) == []
    assert "13800002222" not in admin.get("/admin/history").text


@pytest.mark.feature("S15")
def test_what_wrong_codes_have_locked_is_listed_masked_and_unlocked(admin: FlaskClient, runtime: Runtime) -> None:
    for _ in range(MOST):
        with runtime.sessions.begin() as session:
            attempt = begin_attempt(session, "600123", "13800002222", uuid4(), runtime.clock.now())
            assert attempt is not None
            end_attempt(session, attempt, runtime.clock.now(), right=False)
    listed = admin.get(f"{HOME}/numbers").text
    assert listed.count("data-locked") == 2
    assert "138••••2222" in listed
    assert "13800002222" not in listed
    for about in ("LINE", "NUMBER"):
        assert post(admin, f"{HOME}/numbers/locks/{attempt}", about=about).status_code == 303
    assert "data-locked" not in admin.get(f"{HOME}/numbers").text
    assert post(admin, f"{HOME}/numbers/locks/{attempt}", about="EVERYTHING").status_code == 404


def test_pages_say_whether_the_running_telephone_works_by_what_is_saved(
    admin: FlaskClient, runtime: Runtime, settings: Settings
) -> None:
    client = redis.Redis.from_url(settings.redis_url)
    client.delete(PULSE)
    assert "电话系统未运行" in admin.get(f"{HOME}/seats").text
    with runtime.sessions() as session:
        version = routing_version(session)
    told = Pulse(runtime.clock.now(), asterisk=True, version=version, lines={"pri-1": "online"})
    client.set(PULSE, told.to_json())
    assert "运行中的电话系统已同步" in admin.get(f"{HOME}/seats").text
    post(admin, f"{HOME}/seats/8001", kind="BROWSER", name="x", codecs="alaw", active="1")
    assert "正在同步到电话系统" in admin.get(f"{HOME}/seats").text
    client.delete(PULSE)


def test_only_who_manages_the_telephone_sees_these_pages(house: House) -> None:
    for name in ("supervisor", "auditor"):
        assert house.browser(name).get(f"{HOME}/seats").status_code == 403


@pytest.mark.feature("X04", "T01", "S15", "T29", "T30")
def test_programs_keep_the_telephone_s_lists_too(house: House, runtime: Runtime) -> None:
    with runtime.sessions.begin() as session:
        load_demo_telephone(session, SEED, datetime.now(UTC))
        agent = identity.user_by_name(session, "agent").id
    admin, mark = house.person("admin"), uuid4()
    given = {
        "seats/8101": {"kind": "SIP", "secret": SECRET, "name": "API"},
        "trunks/provider": {"host": "10.0.0.9", "username": "12319", "password": SECRET},
        f"agents/{agent}": {"work_no": "1001", "extension": "7001", "skills": {"GENERAL": 3}},
        "groups/WATER": {"names": {"en": "Water", "zh-CN": "供水组"}, "seconds": {"ring_seconds": 25}},
        f"numbers/{mark}": {"kind": "VIP", "number": "13800002222", "reason": "member of the congress"},
    }  # fmt: skip
    for path, body in given.items():
        for _ in range(2):
            answer = admin.ask("PUT", f"/telephone/{path}", json=body)
            assert answer.status_code == 204, (path, answer.text)
    lists = {name: admin.get(f"/telephone/{name}") for name in ("seats", "trunks", "agents", "groups", "numbers")}
    assert SECRET not in str(lists)
    assert {"number": "8101", "name": "API"}.items() <= lists["seats"]["seats"][-1].items()
    assert lists["trunks"]["trunks"][-1]["host"] == "10.0.0.9"
    assert next(each for each in lists["agents"]["agents"] if each["work_no"] == "1001")["skills"] == {"GENERAL": 3}
    assert lists["groups"]["groups"][-1]["seconds"]["ring_seconds"] == 25
    assert lists["numbers"]["marks"][0]["number"] == "138••••2222"
    assert admin.ask("DELETE", f"/telephone/numbers/{mark}").status_code == 204
    assert [each["number"] for each in admin.get("/telephone/numbers", past=True)["marks"]] == ["138••••2222"]
    wrong = admin.ask("PUT", "/telephone/trunks/x", json={"host": "a b"})
    assert wrong.status_code == 422
    assert set(wrong.json["errors"]) == {"host", "name"}
