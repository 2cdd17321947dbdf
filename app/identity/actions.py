"""Administering people. Every function records what it changed in the person's own stream of history."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Invalid, NotFound
from app.core.i18n import LANGUAGES
from app.core.ids import new_id
from app.identity.actors import Actor, Grant, Role
from app.identity.errors import LastAdministrator, UsernameTaken, WrongPassword
from app.identity.models import User, UserGrant
from app.identity.passwords import (
    DEMO_PASSWORD,
    check_password_rules,
    hash_demo_password,
    hash_password,
    verify_password,
)
from app.identity.permissions import require
from app.identity.queries import UserRef, user_by_name
from app.identity.scopes import check_grants, format_grant, require_authority_over
from app.identity.sessions import revoke_sessions

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")


def add_user(
    session: Session,
    username: str,
    name: str,
    password: str,
    grants: Iterable[Grant],
    actor: Actor,
    now: datetime,
    user_id: UUID | None = None,
    *,
    language: str = "zh-CN",
    demo: bool = False,
) -> UserRef:
    """Make a login. `demo`: the password is public, so its rules do not count and it works in the demo only.

    Raises Forbidden, Invalid (login, name, password, grants), UsernameTaken.
    """
    grants = tuple(dict.fromkeys(grants))
    require(actor, "user.manage")
    require_authority_over(actor, grants)
    check_grants(grants)
    username = _check_person(username, name, language)
    if not demo:
        check_password_rules(password, username=username)
    if session.scalar(select(User.id).where(User.username == username)) is not None:
        raise UsernameTaken(username)
    user = User(
        id=user_id or new_id(),
        username=username,
        name=name.strip(),
        password_hash=hash_demo_password() if demo and password == DEMO_PASSWORD else hash_password(password),
        language=language,
        demo=demo,
        created_at=now,
        password_changed_at=now,
        grants=[_grant_row(grant, actor, now) for grant in grants],
    )
    session.add(user)
    session.flush()
    changes = {"username": (None, username), "grants": (None, _written(grants)), "demo": (None, demo)}
    _record(session, user, "user.added", actor, now, changes, personal={"name": user.name})
    return user_by_name(session, username)


def deactivate_user(session: Session, user_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Close a login and end its sessions; already closed is no error. Raises LastAdministrator."""
    user = _managed(session, user_id, actor)
    if user.deactivated_at is not None:
        return
    _require_another_administrator(session, user)
    user.deactivated_at = now
    revoke_sessions(session, user.id, now)
    _record(session, user, "user.deactivated", actor, now, {"active": (True, False)})


def reactivate_user(session: Session, user_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Open a closed login again, with the password and grants it had."""
    user = _managed(session, user_id, actor)
    if user.deactivated_at is None:
        return
    user.deactivated_at = None
    _record(session, user, "user.reactivated", actor, now, {"active": (False, True)})


def set_grants(session: Session, user_id: UUID, grants: Iterable[Grant], *, actor: Actor, now: datetime) -> None:
    """Replace what a person may do; it counts from their next request on. Both what is given and what is taken
    must lie within the actor's authority."""
    wanted = tuple(dict.fromkeys(grants))
    check_grants(wanted)
    user = _managed(session, user_id, actor)
    require_authority_over(actor, wanted)
    before = user.actor().grants
    if set(before) == set(wanted):
        return
    if not any(grant.role is Role.ADMINISTRATOR for grant in wanted):
        _require_another_administrator(session, user)
    user.grants = [row for row in user.grants if row.value() in wanted]
    user.grants += [_grant_row(grant, actor, now) for grant in wanted if grant not in before]
    session.flush()
    _record(session, user, "user.grants", actor, now, {"grants": (_written(before), _written(wanted))})


def change_password(
    session: Session, user_id: UUID, old: str, new: str, *, now: datetime, keep: str | None = None
) -> None:
    """One's own password. Ends all other sessions; `keep` is the token of the one in use.

    Raises WrongPassword, Invalid. Callers limit the rate as for signing in.
    """
    user = _user(session, user_id)
    if not verify_password(user.password_hash, old):
        raise WrongPassword
    _store_password(session, user, new, user.actor(), now, keep)


def reset_password(session: Session, user_id: UUID, new: str, *, actor: Actor, now: datetime) -> None:
    """Somebody else's password, by an administrator. Ends all sessions."""
    _store_password(session, _managed(session, user_id, actor), new, actor, now, None)


def change_name(session: Session, user_id: UUID, name: str, language: str, *, actor: Actor, now: datetime) -> None:
    """The name others see, and the language of the pages."""
    user = _user(session, user_id) if actor.id == user_id else _managed(session, user_id, actor)
    _check_person(user.username, name, language)
    old_name, old_language = user.name, user.language
    user.name, user.language = name.strip(), language
    personal = {"name": {"old": old_name, "new": user.name}}
    _record(session, user, "user.changed", actor, now, {"language": (old_language, language)}, personal=personal)


def change_reach(session: Session, user_id: UUID, phone: str, email: str, *, actor: Actor, now: datetime) -> None:
    """Where messages outside the house reach this person; empty: nowhere. Raises Forbidden, Invalid."""
    user = _user(session, user_id) if actor.id == user_id else _managed(session, user_id, actor)
    _check_reach(phone, email)
    old_phone, old_email = user.phone, user.email
    user.phone, user.email = phone or None, email or None
    personal = {"phone": {"old": old_phone, "new": user.phone}, "email": {"old": old_email, "new": user.email}}
    _record(session, user, "user.reach", actor, now, {}, personal=personal)


def _check_reach(phone: str, email: str) -> None:
    if phone and not re.fullmatch(r"\+?[0-9]{5,20}", phone):
        raise Invalid("identity.phone.form", {"phone": ("identity.phone.form", {})})
    if email and not re.fullmatch(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{1,190}", email):
        raise Invalid("identity.email.form", {"email": ("identity.email.form", {})})


def _store_password(session: Session, user: User, new: str, actor: Actor, now: datetime, keep: str | None) -> None:
    check_password_rules(new, username=user.username)
    user.password_hash = hash_password(new)
    user.password_changed_at = now
    was_demo, user.demo = user.demo, False
    ended = revoke_sessions(session, user.id, now, keep=keep)
    changes: dict[str, tuple[object, object]] = {"sessions": (ended, 0)}
    if was_demo:
        changes["demo"] = (True, False)
    _record(session, user, "user.password", actor, now, changes)


def _managed(session: Session, user_id: UUID, actor: Actor) -> User:
    """The user, if the actor may administer them: all that they hold lies within the actor's authority."""
    require(actor, "user.manage")
    user = _user(session, user_id)
    require_authority_over(actor, user.actor().grants)
    return user


def _user(session: Session, user_id: UUID) -> User:
    """Locked, so that two administrators' changes follow each other."""
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound("identity.no_such_user", username=str(user_id))
    return user


def _require_another_administrator(session: Session, user: User) -> None:
    """One city-wide administrator must remain. The lock on their grants makes two at once wait for each other."""
    holders = select(UserGrant.user_id).where(
        UserGrant.role == Role.ADMINISTRATOR, UserGrant.district.is_(None), UserGrant.department.is_(None)
    )
    if user.id not in session.scalars(holders).all():
        return
    session.execute(select(func.pg_advisory_xact_lock(2231901)))
    others = select(User.id).where(User.id.in_(holders), User.id != user.id, User.deactivated_at.is_(None))
    if session.scalars(others).first() is None:
        raise LastAdministrator


def _check_person(username: str, name: str, language: str) -> str:
    username = username.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid("identity.username.form", {"username": ("identity.username.form", {})})
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("identity.name.form", {"name": ("identity.name.form", {})})
    if language not in LANGUAGES:
        raise Invalid("identity.language.unknown", {"language": ("identity.language.unknown", {})})
    return username


def _grant_row(grant: Grant, actor: Actor, now: datetime) -> UserGrant:
    return UserGrant(
        role=grant.role.value,
        district=grant.district,
        department=grant.department,
        granted_at=now,
        granted_by=actor.id,
    )


def _written(grants: Iterable[Grant]) -> list[str]:
    return sorted(format_grant(grant) for grant in grants)


def _record(
    session: Session,
    user: User,
    kind: str,
    actor: Actor,
    now: datetime,
    changes: Mapping[str, tuple[object, object]],
    personal: Mapping[str, object] | None = None,
) -> None:
    session.flush()
    audit.record(
        session,
        user.id,
        kind,
        actor=actor,
        now=now,
        changes={field: {"old": old, "new": new} for field, (old, new) in changes.items()},
        personal=personal or {},
        stream_kind="user",
        stream_name=user.username,
    )
