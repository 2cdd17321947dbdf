"""Signing in and staying signed in: revocable sessions, found by the sha256 of a random token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session, selectinload

from app import audit
from app.core.db import Sessions, transaction
from app.core.errors import Forbidden, NotFound
from app.identity.actors import Actor
from app.identity.attempts import note_attempt, note_success, require_patience
from app.identity.errors import WrongPassword
from app.identity.models import User, UserSession
from app.identity.passwords import hash_password, is_outdated, verify_password
from app.identity.permissions import require
from app.identity.scopes import require_authority_over

IDLE = timedelta(hours=12)
"""A session ends when it is not used for so long."""
LONGEST = timedelta(days=7)
"""However busy, it ends then."""
KEEP = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=1)
"""Use is written down at most so often: a request costs no write."""


@dataclass(frozen=True, slots=True)
class SessionRef:
    """A session as its owner sees it in the list of their sign-ins."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    agent: str | None
    address: str | None


def admit(
    sessions: Sessions,
    username: str,
    password: str,
    *,
    now: datetime,
    address: str | None = None,
    agent: str | None = None,
    demo: bool = False,
) -> tuple[str, Actor]:
    """The door for the web: sign in, with every attempt counted even when it fails.

    Owns two short transactions, so that the attempt stays when the password is wrong and no connection is held
    while argon2 computes. Raises TooManyAttempts (429), WrongPassword (401), Forbidden for a demo login outside
    the demo.
    """
    with transaction(sessions) as session:
        require_patience(session, username, address, now)
        attempt = note_attempt(session, username, address, now)
        known = _known(session, username)
    user_id = _verified(known, password)
    with transaction(sessions) as session:
        token, actor = _enter(session, user_id, password, now, address=address, agent=agent, demo=demo)
        note_success(session, attempt)
    return token, actor


def sign_in(
    session: Session,
    username: str,
    password: str,
    now: datetime,
    *,
    address: str | None = None,
    agent: str | None = None,
    demo: bool = False,
) -> tuple[str, Actor]:
    """The same in the caller's transaction and without counting attempts: for programs and tests.

    Returns the token (43 characters, to be kept by the client alone) and who it is.
    """
    user_id = _verified(_known(session, username), password)
    return _enter(session, user_id, password, now, address=address, agent=agent, demo=demo)


def actor_of_token(session: Session, token: str, now: datetime) -> Actor | None:
    """Who sends this token; None when it is unknown, expired, revoked, or its user deactivated.

    Grants are read each time, so a withdrawn right ends at once. Sliding: use is noted at most once a minute,
    and never waits for another request of the same session.
    """
    query = (
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == hash_token(token), UserSession.revoked_at.is_(None))
        .where(UserSession.expires_at > now, User.deactivated_at.is_(None))
        .options(selectinload(User.grants))
    )
    if (found := session.execute(query.execution_options(populate_existing=True)).one_or_none()) is None:
        return None
    opened, user = found
    if now - opened.last_seen_at >= SEEN_EVERY:
        _note_use(session, opened, now)
    return user.actor()


def sign_out(session: Session, token: str, now: datetime) -> None:
    """End this session. An unknown or ended one is no error."""
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == hash_token(token), UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def sessions_of(session: Session, user_id: UUID, now: datetime) -> list[SessionRef]:
    """A person's open sessions, the last used first."""
    query = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.expires_at > now)
        .order_by(UserSession.last_seen_at.desc())
    )
    return [SessionRef(s.id, s.created_at, s.last_seen_at, s.agent, s.address) for s in session.scalars(query)]


def session_id_of(session: Session, token: str) -> UUID | None:
    """Which session this token opens."""
    return session.scalar(select(UserSession.id).where(UserSession.token_hash == hash_token(token)))


def revoke(session: Session, user_id: UUID, *, actor: Actor, now: datetime, session_id: UUID | None = None) -> int:
    """End one session of a person, or all; returns how many ended. One's own needs no permission."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("identity.no_such_user", username=str(user_id))
    if actor.id != user_id:
        require(actor, "user.manage")
        require_authority_over(actor, user.actor().grants)
    ended = revoke_sessions(session, user_id, now, only=session_id)
    audit.record(
        session,
        user_id,
        "sessions.revoked",
        actor=actor,
        now=now,
        changes={"sessions": {"old": ended, "new": 0}},
        stream_kind="user",
    )
    return ended


def revoke_sessions(
    session: Session, user_id: UUID, now: datetime, *, only: UUID | None = None, keep: str | None = None
) -> int:
    """End a person's open sessions (or `only` that one), except the one whose token is `keep`."""
    statement = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if only is not None:
        statement = statement.where(UserSession.id == only)
    if keep is not None:
        statement = statement.where(UserSession.token_hash != hash_token(keep))
    ended = session.scalars(statement.values(revoked_at=now).returning(UserSession.id)).all()
    return len(ended)


def forget_sessions(session: Session, now: datetime) -> None:
    """Housekeeping: drop sessions that ended, by time or by hand, more than 30 days ago."""
    session.execute(delete(UserSession).where(UserSession.expires_at < now - KEEP))


def hash_token(token: str) -> bytes:
    """sha256: the token is 32 random bytes, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


def _known(session: Session, username: str) -> tuple[UUID, str] | None:
    """Id and password hash of an active user."""
    query = select(User.id, User.password_hash).where(
        User.username == username.strip().lower(), User.deactivated_at.is_(None)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row.id, row.password_hash)


def _verified(known: tuple[UUID, str] | None, password: str) -> UUID:
    """The user's id. An unknown user takes as long as a wrong password, and says the same."""
    right = verify_password(known[1] if known else None, password)
    if known is None or not right:
        raise WrongPassword
    return known[0]


def _enter(
    session: Session,
    user_id: UUID,
    password: str,
    now: datetime,
    *,
    address: str | None,
    agent: str | None,
    demo: bool,
) -> tuple[str, Actor]:
    user = session.get_one(User, user_id)
    if user.demo and not demo:
        raise Forbidden("identity.demo_only")
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            token_hash=hash_token(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + IDLE,
            agent=agent[:300] if agent else None,
            address=address,
        )
    )
    session.flush()
    return token, user.actor()


def _note_use(session: Session, opened: UserSession, now: datetime) -> None:
    """`skip locked`: two requests of one browser at the same moment must not wait for each other."""
    session.execute(
        text(
            "update user_session set last_seen_at = :now, expires_at = :until where id = ("
            " select id from user_session where id = :id and last_seen_at < :now for update skip locked)"
        ),
        {"id": opened.id, "now": now, "until": min(now + IDLE, opened.created_at + LONGEST)},
    )
