"""Signing in, staying, leaving; and how guessing is slowed down."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app import identity
from app.core.db import Sessions, transaction
from app.core.errors import Forbidden
from app.identity import SEED, Role, TooManyAttempts, UserRef, WrongPassword, parse_grant

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
PASSWORD = "correct horse battery"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def zhou(sessions: Sessions) -> UserRef:
    return given_user(sessions, "zhou", "agent")


def given_user(sessions: Sessions, username: str, *grants: str, demo: bool = False) -> UserRef:
    with transaction(sessions) as session:
        wanted = [parse_grant(grant) for grant in grants]
        return identity.add_user(session, username, "周晓雯", PASSWORD, wanted, SEED, NOW, demo=demo)


def admit(sessions: Sessions, password: str = PASSWORD, now: datetime = NOW, address: str = "10.0.0.1") -> str:
    token, _ = identity.admit(sessions, "zhou", password, now=now, address=address, agent="Firefox")
    return token


def who(sessions: Sessions, token: str, now: datetime) -> identity.Actor | None:
    with transaction(sessions) as session:
        return identity.actor_of_token(session, token, now)


def test_a_token_is_its_person_until_it_is_revoked(sessions: Sessions, zhou: UserRef) -> None:
    token = admit(sessions)
    actor = who(sessions, token, NOW)
    assert actor is not None
    assert (actor.id, actor.name, actor.roles()) == (zhou.id, "周晓雯", {Role.AGENT})
    assert who(sessions, token + "x", NOW) is None
    with transaction(sessions) as session:
        assert [(s.agent, s.address) for s in identity.sessions_of(session, zhou.id, NOW)] == [("Firefox", "10.0.0.1")]
        identity.sign_out(session, token, NOW)
    assert who(sessions, token, NOW) is None


def test_the_token_itself_is_nowhere_in_the_database(sessions: Sessions, zhou: UserRef) -> None:
    token = admit(sessions)
    with transaction(sessions) as session:
        rows = session.execute(text("select row(s.*)::text from user_session s")).scalars().all()
    assert len(rows) == 1
    assert token not in rows[0]
    assert token.encode().hex() not in rows[0]


def test_a_session_slides_but_not_for_ever(sessions: Sessions, zhou: UserRef) -> None:
    token = admit(sessions)
    now = NOW
    while now < NOW + timedelta(days=7) - 11 * HOUR:
        now += 11 * HOUR
        assert who(sessions, token, now) is not None
    assert who(sessions, token, NOW + timedelta(days=7)) is None
    idle = admit(sessions)
    assert who(sessions, idle, NOW + 12 * HOUR) is None


def test_use_is_written_down_at_most_once_a_minute(sessions: Sessions, zhou: UserRef) -> None:
    token = admit(sessions)
    seen = []
    for seconds in (10, 59, 61, 100, 130):
        who(sessions, token, NOW + timedelta(seconds=seconds))
        with transaction(sessions) as session:
            seen.append(identity.sessions_of(session, zhou.id, NOW)[0].last_seen_at - NOW)
    assert [s.total_seconds() for s in seen] == [0, 0, 61, 61, 130]


def test_two_requests_of_one_browser_do_not_wait_for_each_other(sessions: Sessions, zhou: UserRef) -> None:
    token, later = admit(sessions), NOW + 5 * MINUTE
    with sessions.begin() as first, sessions.begin() as second:
        assert identity.actor_of_token(first, token, later) is not None
        assert identity.actor_of_token(second, token, later) is not None


def test_guessing_is_slowed_down_for_the_login_at_that_address(sessions: Sessions, zhou: UserRef) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            admit(sessions, "not the password")
    with pytest.raises(TooManyAttempts) as refusal:
        admit(sessions)
    assert refusal.value.retry_after == timedelta(minutes=15)
    admit(sessions, address="10.0.0.2")
    admit(sessions, now=NOW + 16 * MINUTE)


def test_an_address_that_guesses_many_logins_is_slowed_down_too(sessions: Sessions, zhou: UserRef) -> None:
    with transaction(sessions) as session:
        session.execute(
            text(
                "insert into sign_in_attempt (username_hash, address, attempted_at)"
                " select sha256(n::text::bytea), '10.0.0.9', :now from generate_series(1, 60) n"
            ),
            {"now": NOW},
        )
    with pytest.raises(TooManyAttempts):
        admit(sessions, address="10.0.0.9")
    admit(sessions, address="10.0.0.8")


def test_successes_are_not_counted_and_unknown_logins_are_refused_alike(sessions: Sessions, zhou: UserRef) -> None:
    for _ in range(8):
        admit(sessions)
    with pytest.raises(WrongPassword) as unknown:
        identity.admit(sessions, "nobody", PASSWORD, now=NOW)
    with pytest.raises(WrongPassword) as wrong:
        admit(sessions, "not the password")
    assert unknown.value.key == wrong.value.key


def test_old_attempts_and_sessions_are_forgotten_and_hold_no_typed_name(sessions: Sessions, zhou: UserRef) -> None:
    admit(sessions)
    with transaction(sessions) as session:
        assert "zhou" not in str(session.execute(text("select row(a.*)::text from sign_in_attempt a")).all())
        for later, left in ((NOW + timedelta(days=29), 1), (NOW + timedelta(days=31), 0)):
            identity.forget_attempts(session, later)
            identity.forget_sessions(session, later)
            assert session.execute(text("select count(*) from sign_in_attempt")).scalar_one() == left
            assert session.execute(text("select count(*) from user_session")).scalar_one() == left


def test_demo_logins_work_in_the_demo_only(sessions: Sessions) -> None:
    given_user(sessions, "agent", "agent", demo=True)
    with transaction(sessions) as session:
        assert identity.demo_users_exist(session)
        with pytest.raises(Forbidden):
            identity.sign_in(session, "agent", PASSWORD, NOW)
        token, actor = identity.sign_in(session, "agent", PASSWORD, NOW, demo=True)
        assert identity.actor_of_token(session, token, NOW) == actor
