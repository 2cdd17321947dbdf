"""Administering people: rights at once, within one's authority, and every change in the history."""

from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from app import audit, identity
from app.core.db import Sessions, transaction
from app.core.errors import CitydeskError, Forbidden, Invalid, NotFound
from app.identity import OPERATOR, Actor, LastAdministrator, Role, UsernameTaken, UserRef, WrongPassword, parse_grant

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
PASSWORD, OTHER = "correct horse battery", "staple the battery"


def given_user(sessions: Sessions, username: str, *grants: str, actor: Actor = OPERATOR) -> UserRef:
    with transaction(sessions) as session:
        wanted = [parse_grant(grant) for grant in grants]
        return identity.add_user(session, username, username.title(), PASSWORD, wanted, actor, NOW)


def acting(sessions: Sessions, username: str) -> Actor:
    with transaction(sessions) as session:
        return identity.actor_of_user(session, username)


def signed_in(sessions: Sessions, username: str, password: str = PASSWORD) -> str:
    with transaction(sessions) as session:
        return identity.sign_in(session, username, password, NOW)[0]


def is_in(sessions: Sessions, token: str) -> bool:
    with transaction(sessions) as session:
        return identity.actor_of_token(session, token, NOW) is not None


@pytest.mark.feature("U03")
@pytest.mark.feature("U06")
def test_rights_change_from_the_next_request_on(sessions: Sessions) -> None:
    given_user(sessions, "admin", "administrator")
    zhou = given_user(sessions, "zhou", "agent")
    token, admin = signed_in(sessions, "zhou"), acting(sessions, "admin")
    with transaction(sessions) as session:
        wanted = [parse_grant("shift_supervisor@jz/nanhu"), parse_grant("department_head:gas")]
        identity.set_grants(session, zhou.id, wanted, actor=admin, now=NOW)
    with transaction(sessions) as session:
        actor = identity.actor_of_token(session, token, NOW)
        rows = audit.read(session, zhou.id)
        assert actor is not None
        assert set(actor.grants) == set(wanted)
        assert [row.kind for row in rows] == ["user.added", "user.grants"]
        assert rows[1].actor == admin.id
        assert rows[1].changes["grants"] == {
            "old": ["agent"],
            "new": ["department_head:gas", "shift_supervisor@jz/nanhu"],
        }
        assert audit.verify(session) == []


@pytest.mark.feature("U01")
def test_an_administrator_of_a_district_rules_only_there(sessions: Sessions) -> None:
    given_user(sessions, "admin", "administrator")
    given_user(sessions, "east", "administrator@jz/dongcheng")
    east = acting(sessions, "east")
    mine = given_user(sessions, "liu", "agent@jz/dongcheng/xinhe", actor=east)
    whole = given_user(sessions, "sun", "agent")
    for wider in ("agent", "agent@jz/xicheng", "administrator", "department_head:gas"):
        with pytest.raises(Forbidden):
            given_user(sessions, "wang", wider, actor=east)
        with transaction(sessions) as session, pytest.raises(Forbidden):
            identity.set_grants(session, mine.id, [parse_grant(wider)], actor=east, now=NOW)
        with transaction(sessions) as session, pytest.raises(Forbidden):
            identity.set_grants(session, east.id, [parse_grant(wider)], actor=east, now=NOW)
    with transaction(sessions) as session, pytest.raises(Forbidden):
        identity.reset_password(session, whole.id, OTHER, actor=east, now=NOW)
    with transaction(sessions) as session, pytest.raises(Forbidden):
        identity.revoke(session, whole.id, actor=east, now=NOW)


def test_a_deactivated_person_is_out_at_once_and_can_come_back(sessions: Sessions) -> None:
    given_user(sessions, "admin", "administrator")
    zhou = given_user(sessions, "zhou", "agent")
    token, admin = signed_in(sessions, "zhou"), acting(sessions, "admin")
    with transaction(sessions) as session:
        identity.deactivate_user(session, zhou.id, actor=admin, now=NOW)
        identity.deactivate_user(session, zhou.id, actor=admin, now=NOW)
    assert not is_in(sessions, token)
    with pytest.raises(WrongPassword):
        signed_in(sessions, "zhou")
    with transaction(sessions) as session:
        assert identity.users_with(session, Role.AGENT) == []
        identity.reactivate_user(session, zhou.id, actor=admin, now=NOW)
        assert len(audit.read(session, zhou.id)) == 3
    assert not is_in(sessions, token)
    assert is_in(sessions, signed_in(sessions, "zhou"))


def test_one_administrator_remains(sessions: Sessions) -> None:
    first = given_user(sessions, "admin", "administrator")
    admin = acting(sessions, "admin")
    with transaction(sessions) as session, pytest.raises(LastAdministrator):
        identity.deactivate_user(session, first.id, actor=admin, now=NOW)
    with transaction(sessions) as session, pytest.raises(LastAdministrator):
        identity.set_grants(session, first.id, [parse_grant("agent")], actor=admin, now=NOW)
    given_user(sessions, "second", "administrator")
    with transaction(sessions) as session:
        identity.deactivate_user(session, first.id, actor=admin, now=NOW)


def test_a_new_password_ends_the_other_sessions(sessions: Sessions) -> None:
    zhou = given_user(sessions, "zhou", "agent")
    here, there = signed_in(sessions, "zhou"), signed_in(sessions, "zhou")
    with transaction(sessions) as session, pytest.raises(WrongPassword):
        identity.change_password(session, zhou.id, "wrong", OTHER, now=NOW, keep=here)
    with transaction(sessions) as session, pytest.raises(Invalid):
        identity.change_password(session, zhou.id, PASSWORD, "short", now=NOW, keep=here)
    with transaction(sessions) as session:
        identity.change_password(session, zhou.id, PASSWORD, OTHER, now=NOW, keep=here)
    assert (is_in(sessions, here), is_in(sessions, there)) == (True, False)
    with pytest.raises(WrongPassword):
        signed_in(sessions, "zhou")
    assert is_in(sessions, signed_in(sessions, "zhou", OTHER))


@pytest.mark.feature("U05")
def test_only_administrators_administer(sessions: Sessions) -> None:
    zhou = given_user(sessions, "zhou", "agent", "shift_supervisor")
    actor = acting(sessions, "zhou")
    with transaction(sessions) as session:
        for refused in (
            lambda: identity.add_user(session, "new", "New", PASSWORD, [], actor, NOW),
            lambda: identity.set_grants(session, zhou.id, [parse_grant("administrator")], actor=actor, now=NOW),
            lambda: identity.reset_password(session, zhou.id, OTHER, actor=actor, now=NOW),
            lambda: identity.deactivate_user(session, zhou.id, actor=actor, now=NOW),
        ):
            with pytest.raises(Forbidden):
                refused()
        # One's own sessions and name need no permission.
        assert identity.revoke(session, zhou.id, actor=actor, now=NOW) == 0
        identity.change_name(session, zhou.id, "周晓雯", "zh-CN", actor=actor, now=NOW)


@pytest.mark.parametrize(
    ("username", "name", "password", "grant", "error"),
    [
        ("Zhou!", "Zhou", PASSWORD, "agent", Invalid),
        ("zhou", " ", PASSWORD, "agent", Invalid),
        ("zhou", "Zhou", "jiangzhou-demo", "agent", Invalid),
        ("TAKEN", "Zhou", PASSWORD, "agent", UsernameTaken),
    ],
)
def test_unusable_logins_are_refused(
    sessions: Sessions, username: str, name: str, password: str, grant: str, error: type[CitydeskError]
) -> None:
    given_user(sessions, "taken", "agent")
    with transaction(sessions) as session, pytest.raises(error):
        identity.add_user(session, username, name, password, [parse_grant(grant)], OPERATOR, NOW)


def test_finding_people_for_notices(sessions: Sessions) -> None:
    given_user(sessions, "whole", "shift_supervisor")
    given_user(sessions, "east", "shift_supervisor@jz/dongcheng")
    given_user(sessions, "west", "shift_supervisor@jz/xicheng", "agent")
    given_user(sessions, "gas", "department_handler:gas")
    given_user(sessions, "gas_head", "department_head:gas")

    def logins(role: Role | None = None, department: str | None = None, district: str | None = None) -> list[str]:
        with transaction(sessions) as session:
            return [user.username for user in identity.users_with(session, role, department, district)]

    assert logins(Role.SHIFT_SUPERVISOR, district="jz/dongcheng/xinhe") == ["east", "whole"]
    assert logins(Role.SHIFT_SUPERVISOR, district="jz/dongchengxi") == ["whole"]
    assert logins(Role.SHIFT_SUPERVISOR) == ["east", "west", "whole"]
    # Both in one grant: the agent of the west is an agent of the whole city, not a supervisor of it.
    assert logins(Role.AGENT, district="jz/nanhu") == ["west"]
    assert logins(department="gas") == ["gas", "gas_head"]
    assert logins(Role.DEPARTMENT_HEAD, department="gas", district="jz/nanhu") == ["gas_head"]
    with transaction(sessions) as session, pytest.raises(NotFound):
        identity.user_by_name(session, "nobody")


def test_an_outdated_hash_is_renewed_at_sign_in(sessions: Sessions) -> None:
    given_user(sessions, "zhou", "agent")
    old = PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD)
    with transaction(sessions) as session:
        session.execute(text("update app_user set password_hash = :old"), {"old": old})
    signed_in(sessions, "zhou")
    with transaction(sessions) as session:
        assert session.scalar(text("select password_hash from app_user")) != old
    assert is_in(sessions, signed_in(sessions, "zhou"))
