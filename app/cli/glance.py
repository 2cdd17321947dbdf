"""A look at the database without loading the product (which takes seconds): what `bin/up` must know to start at once
when there is nothing to prepare, and what it says at the end. Reads only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from app.cli.context import ROOT

_FILES = """
select path, content_hash from bundle_file
where bundle_id = (select bundle_id from deployment order by no desc limit 1)
"""
_PEOPLE = """
select username, name, array_agg(role order by granted_at, g.id),
    array_agg(concat_ws(', ', department, district) order by granted_at, g.id)
from app_user u join user_grant g on g.user_id = u.id
where demo and deactivated_at is null group by username, name order by username
"""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    username: str
    name: str
    grants: tuple[tuple[str, str], ...]
    """(role, where: department, district or nothing)."""


def is_prepared(url: str, *, demo: bool) -> bool:
    """Migrated to this version, diagrams deployed and, for a demo, people there: nothing is left to prepare."""
    newest = max(file.name.partition("_")[0] for file in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    try:
        if _all(url, "select version_num from alembic_version") != [(newest,)]:
            return False
        wanted = "select exists (select from deployment) and (not %s or exists (select from app_user))"
        return _all(url, wanted, [demo]) == [(True,)]
    except psycopg.Error:
        return False


def changed_files(url: str, files: Mapping[str, bytes]) -> list[str]:
    """Paths that differ from what is deployed: changed, added or removed."""
    deployed = {path: bytes(digest) for path, digest in _all(url, _FILES)}
    ours = {path: hashlib.sha256(body).digest() for path, body in files.items()}
    return sorted(path for path in deployed.keys() | ours.keys() if deployed.get(path) != ours.get(path))


def demo_people(url: str) -> list[DemoPerson]:
    """Logins with the public password, by name."""
    return [
        DemoPerson(username, name, tuple(zip(roles, places, strict=True)))
        for username, name, roles, places in _all(url, _PEOPLE)
    ]


def _all(url: str, query: str, parameters: list[object] | None = None) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        return connection.execute(query, parameters).fetchall()
