"""The administrative history as sentences: people, the city's data, calendars, settings of the workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit
from app.audit import HistoryRow
from app.core.http import language
from app.core.i18n import has_text
from app.identity import parse_grant
from app.web.names import names
from app.web.templating import t

KINDS = ("user", "city", "calendar", "admin")
Changes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Told:
    at: datetime
    who: str
    said: str
    details: tuple[str, ...]


def told_history(session: Session, stream: UUID, name: str, limit: int = 50) -> list[Told]:
    """The history of one thing, called `name`, the newest first."""
    return [told(row, name) for row in reversed(audit.read(session, stream)[-limit:])]


def told_latest(session: Session, before: datetime | None, limit: int) -> list[Told]:
    """All administration, the newest first."""
    return [told(row, name) for row, name in audit.latest(session, KINDS, before=before, limit=limit)]


def told(row: HistoryRow, stream_name: str | None) -> Told:
    key = f"web.admin.told.{row.kind}"
    what = _subject(row, stream_name)
    said = t(key, what=what) if has_text(key) else t("web.admin.told", kind=row.kind, what=what)
    personal = (row.personal or {}).items()
    details = [_change(field, pair) for field, pair in row.changes.items()]
    details += [_change(field, pair) for field, pair in personal if isinstance(pair, Mapping)]
    if reason := row.result.get("reason"):
        details.append(t("web.admin.told.reason", reason=reason))
    return Told(row.recorded_at, row.actor_name, said, tuple(detail for detail in details if detail))


def _subject(row: HistoryRow, stream_name: str | None) -> str:
    if code := row.result.get("code"):
        return names().of(str(code))
    kind, _, owner = (stream_name or "").partition(":")
    if owner:
        return names().of(owner)
    return kind


def _change(field: str, pair: Mapping[str, Any]) -> str:
    old, new = pair.get("old"), pair.get("new")
    if old == new or field in ("off", "make_up", "week", "make_up_shifts"):
        return _calendar_change(field, old or {}, new or {}) if field in ("off", "make_up") and old != new else ""
    label = t(f"web.admin.field.{field}") if has_text(f"web.admin.field.{field}") else field
    if old in (None, "", [], {}):
        return t("web.admin.told.set", field=label, new=_shown(field, new))
    return t("web.admin.told.changed", field=label, old=_shown(field, old), new=_shown(field, new))


def _calendar_change(field: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Days that became free or working, and that no longer are; a first version lists none."""
    if not old:
        return ""
    added, gone = sorted(set(new) - set(old)), sorted(set(old) - set(new))
    parts = [t(f"web.admin.told.{field}.added", days=_days(added))] if added else []
    parts += [t(f"web.admin.told.{field}.gone", days=_days(gone))] if gone else []
    return " ".join(parts)


def _days(days: list[str]) -> str:
    return ", ".join(days[:10]) + (f" … ({len(days)})" if len(days) > 10 else "")


def _shown(field: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return t("web.admin.told.nothing")
    if isinstance(value, bool):
        return t("web.admin.yes" if value else "web.admin.no")
    if field == "grants":
        return t("web.and").join(grant_words(str(written)) for written in value)
    if field == "names":
        return str(value.get(language()) or value.get("en"))
    if field in ("department", "parent"):
        return names().of(str(value))
    if field == "language":
        return t(f"web.admin.language.{value}")
    if field == "kind":
        return t(f"web.admin.kind.{value}")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def grant_words(written: str) -> str:
    """`department_head:gas@jz/dongcheng` → “department head · Gas Group · Dongcheng District”."""
    grant = parse_grant(written)
    parts = [t(f"identity.role.{grant.role.value}")]
    parts += [names().of(code) for code in (grant.department, grant.district) if code]
    return " · ".join(parts)
