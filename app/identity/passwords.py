"""Passwords: argon2id, the rules for new ones, and the same duration for people who do not exist."""

import functools
import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.core.errors import Invalid

MIN_LENGTH = 12
MAX_LENGTH = 128
LONGEST_TYPED = 1024
"""Characters of what is looked at all: normalising takes quadratic time, minutes for a megabyte of accents."""
MIN_DISTINCT = 5
DEMO_PASSWORD = "jiangzhou-demo"  # noqa: S105 - public on purpose, see User.demo

_hasher = PasswordHasher()
_turns = BoundedSemaphore(4)
"""argon2 takes 64 MiB and releases the GIL: threads may hash side by side, but a flood must not eat the memory."""


def hash_password(password: str) -> str:
    """Argon2id with the library's present parameters; about 50 ms of CPU."""
    with _turns:
        return _hasher.hash(_normal(password))


@functools.cache
def hash_demo_password() -> str:
    """The same hash for all demo logins: the password is public, and seeding need not wait for argon2."""
    return hash_password(DEMO_PASSWORD)


def verify_password(stored: str | None, password: str) -> bool:
    """Compare. `None` (no such user) costs the same time as a wrong password and is always false."""
    nobody = stored is None or len(password) > LONGEST_TYPED
    with _turns:
        try:
            typed = _normal(password[:LONGEST_TYPED])
            return _hasher.verify(_nobodys_hash() if nobody else stored or "", typed) and not nobody
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Was it made with other parameters than today's? Then hash the password anew while it is at hand."""
    return _hasher.check_needs_rehash(stored)


def check_password_rules(password: str, *, username: str, field: str = "password") -> None:
    """Raise Invalid unless the password is long enough and not guessable from the login. No other rules:
    forced symbols make weaker passwords (NIST SP 800-63B)."""
    plain = _normal(password[:LONGEST_TYPED]).casefold()
    if len(plain) < MIN_LENGTH:
        problem = ("identity.password.short", {"least": MIN_LENGTH})
    elif len(plain) > MAX_LENGTH:
        problem = ("identity.password.long", {"most": MAX_LENGTH})
    elif len(set(plain)) < MIN_DISTINCT or plain == DEMO_PASSWORD or (len(username) > 3 and username in plain):
        problem = ("identity.password.guessable", {})
    else:
        return
    key, params = problem
    raise Invalid(key, {field: (key, params)}, **params)


def _normal(password: str) -> str:
    """The same characters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
