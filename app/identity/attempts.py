"""Attempts to sign in, counted so that guessing is slow: per login, and per address."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from app.identity.errors import TooManyAttempts
from app.identity.models import SignInAttempt

WINDOW = timedelta(minutes=15)
PER_USERNAME_AND_ADDRESS = 5
PER_USERNAME = 20
"""From all addresses together; higher, so that a stranger cannot easily lock somebody out."""
PER_ADDRESS = 60
"""A whole call centre may sit behind one address."""
KEEP = timedelta(days=30)


def require_patience(session: Session, username: str, address: str | None, now: datetime) -> None:
    """Raise TooManyAttempts when this login or this address failed too often in the last 15 minutes."""
    name = _hash(username)
    here = SignInAttempt.address.is_not_distinct_from(address)
    limits: list[tuple[ColumnElement[bool], int]] = [
        ((SignInAttempt.username_hash == name) & here, PER_USERNAME_AND_ADDRESS),
        (SignInAttempt.username_hash == name, PER_USERNAME),
    ]
    if address is not None:
        limits.append((here, PER_ADDRESS))
    for condition, most in limits:
        failed = (
            select(SignInAttempt.attempted_at)
            .where(condition, ~SignInAttempt.succeeded, SignInAttempt.attempted_at > now - WINDOW)
            .order_by(SignInAttempt.attempted_at.desc())
            .limit(most)
            .subquery()
        )
        count, oldest = session.execute(select(func.count(), func.min(failed.c.attempted_at))).one()
        if count >= most:
            raise TooManyAttempts(oldest + WINDOW - now)


def note_attempt(session: Session, username: str, address: str | None, now: datetime) -> int:
    """Write the attempt down as failed, before the password is looked at: parallel guesses count too."""
    attempt = SignInAttempt(username_hash=_hash(username), address=address, attempted_at=now, succeeded=False)
    session.add(attempt)
    session.flush()
    return attempt.id


def note_success(session: Session, attempt: int) -> None:
    session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt).values(succeeded=True))


def forget_attempts(session: Session, now: datetime) -> None:
    """Housekeeping: drop attempts older than 30 days."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.attempted_at < now - KEEP))


def _hash(username: str) -> bytes:
    return hashlib.sha256(username.strip().lower().encode()).digest()
