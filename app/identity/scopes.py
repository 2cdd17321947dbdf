"""Grants: their written form, their rules, and how far an administrator's authority reaches."""

import re
from collections.abc import Iterable

from app.core.errors import Invalid
from app.identity.actors import Actor, Grant, Role, Scope
from app.identity.permissions import DEPARTMENT_ROLES, require

_WRITTEN = re.compile(
    r"(?P<role>[a-z_]+)(:(?P<department>[a-z][a-z0-9_]*))?(@(?P<district>[a-z0-9_-]+(/[a-z0-9_-]+)*))?"
)
_DISTRICT = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


def parse_grant(written: str) -> Grant:
    """`role[:department][@district]`, e.g. `department_head:gas`, `shift_supervisor@jz/dongcheng`. Raises Invalid."""
    found = _WRITTEN.fullmatch(written.strip())
    if found is None or found["role"] not in {role.value for role in Role}:
        raise Invalid("identity.grant.unreadable", written=written, roles=", ".join(role.value for role in Role))
    grant = Grant(Role(found["role"]), found["district"], found["department"])
    check_grants((grant,))
    return grant


def format_grant(grant: Grant) -> str:
    """The inverse of `parse_grant`."""
    department = f":{grant.department}" if grant.department else ""
    district = f"@{grant.district}" if grant.district else ""
    return f"{grant.role.value}{department}{district}"


def check_grants(grants: Iterable[Grant]) -> None:
    """A department's role needs its department; a district is a path. Raises Invalid.

    Whether the codes exist is the city's knowledge: see `city.check_grants`.
    """
    for grant in grants:
        if grant.role in DEPARTMENT_ROLES and not grant.department:
            raise Invalid("identity.grant.needs_department", role=grant.role.value)
        if grant.district is not None and not _DISTRICT.fullmatch(grant.district):
            raise Invalid("identity.grant.no_path", district=grant.district)


def require_authority_over(actor: Actor, grants: Iterable[Grant]) -> None:
    """Administrators of a district or department give and take only what lies within it, so nobody can
    widen their own authority. Raises Forbidden."""
    for grant in grants:
        departments = frozenset({grant.department} if grant.department else ())
        require(actor, "user.manage", Scope(district=grant.district, departments=departments))
