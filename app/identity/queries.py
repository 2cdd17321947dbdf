"""Reading people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, selectinload

from app.core.errors import NotFound
from app.identity.actors import Actor, Grant, Role
from app.identity.models import User, UserGrant


@dataclass(frozen=True, slots=True)
class UserRef:
    """A person as others see them in lists and notices."""

    id: UUID
    username: str
    name: str
    language: str
    grants: tuple[Grant, ...]
    deactivated_at: datetime | None = None
    phone: str | None = None
    email: str | None = None


def users_with(
    session: Session,
    role: Role | str | None = None,
    department: str | None = None,
    district: str | None = None,
) -> list[UserRef]:
    """Active people who hold one grant with all that is given: that role, in that department, reaching that
    district path (a grant without a district, or for one above it, reaches it). Ordered by login."""
    held = select(UserGrant.id).where(UserGrant.user_id == User.id)
    if role is not None:
        held = held.where(UserGrant.role == str(Role(role)))
    if department is not None:
        held = held.where(UserGrant.department == department)
    if district is not None:
        above = func.concat(UserGrant.district, "/")
        held = held.where(or_(UserGrant.district.is_(None), func.starts_with(f"{district}/", above)))
    return _refs(session, _people().where(User.deactivated_at.is_(None), exists(held)))


def all_users(session: Session) -> list[UserRef]:
    """Everybody, the deactivated too, ordered by login."""
    return _refs(session, _people())


def user_by_name(session: Session, username: str) -> UserRef:
    """Raises NotFound."""
    return _ref(find_user(session, username))


def user_names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names by id, for showing who did what."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: row.name for row in rows}


def actor_of_user(session: Session, username: str) -> Actor:
    """An active user as an actor, without a password: for the seed and the command line. Raises NotFound."""
    user = find_user(session, username)
    if user.deactivated_at is not None:
        raise NotFound("identity.no_such_user", username=username)
    return user.actor()


def demo_users_exist(session: Session) -> bool:
    """Are there logins with a public password? A server that is not on loopback must then refuse to start."""
    demo = select(User.id).where(User.demo, User.deactivated_at.is_(None))
    return bool(session.scalar(select(exists(demo))))


def find_user(session: Session, username: str) -> User:
    """The user with this login, as the table's row. Raises NotFound."""
    user = session.scalar(select(User).where(User.username == username.strip().lower()))
    if user is None:
        raise NotFound("identity.no_such_user", username=username)
    return user


def _people() -> Select[User]:
    return select(User).options(selectinload(User.grants)).order_by(User.username)


def _refs(session: Session, query: Select[User]) -> list[UserRef]:
    return [_ref(user) for user in session.scalars(query)]


def _ref(user: User) -> UserRef:
    return UserRef(
        user.id, user.username, user.name, user.language, user.actor().grants, user.deactivated_at, user.phone,
        user.email,
    )  # fmt: skip
