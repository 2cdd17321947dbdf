"""The administrative history as sentences: people, the city's data, calendars, settings of the workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import audit
from app.audit import HistoryRow
from app.citizens import masked_phone
from app.core.http import language
from app.core.i18n import has_text
from app.identity import parse_grant
from app.lifecycle.history import who
from app.web.names import names
from app.web.telephone import group_name
from app.web.templating import full_moment, label, t

KINDS = ("user", "city", "calendar", "admin", "telephone")
LONGEST_EXTENSION = 8
MOMENTS = ("closed_at", "left_at", "retired_at", "lifted_at", "until")
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
    phone = row.kind.startswith("phone.")
    details = [_change(field, pair, phone=phone) for field, pair in row.changes.items()]
    details += [_change(field, pair, phone=phone) for field, pair in personal if isinstance(pair, Mapping)]
    if row.result.get("secret"):
        details.append(t("web.admin.told.secret"))
    if reason := row.result.get("reason"):
        details.append(t("web.admin.told.reason", reason=reason))
    return Told(row.recorded_at, who(row, language()), said, tuple(detail for detail in details if detail))


def _subject(row: HistoryRow, stream_name: str | None) -> str:
    if what := row.result.get("what"):
        return str(what)
    if code := row.result.get("code"):
        return names().of(str(code))
    kind, _, owner = (stream_name or "").partition(":")
    if owner:
        return names().of(owner)
    return kind


def _change(field: str, pair: Mapping[str, Any], *, phone: bool) -> str:
    old, new = pair.get("old"), pair.get("new")
    if old == new or field in ("off", "make_up", "week", "make_up_shifts"):
        return _calendar_change(field, old or {}, new or {}) if field in ("off", "make_up") and old != new else ""
    if phone and field in ("phone", "follow_me"):
        old, new = _masked(old), _masked(new)
    word = next((t(key) for key in (f"web.admin.phone.field.{field}" if phone else "", f"web.admin.field.{field}")
                  if has_text(key)), field)  # fmt: skip
    if old in (None, "", [], {}):
        return t("web.admin.told.set", field=word, new=_shown(field, new))
    return t("web.admin.told.changed", field=word, old=_shown(field, old), new=_shown(field, new))


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
    if has_text(key := f"web.admin.kind.{value}") and field == "kind":
        return t(key)
    if field in ("areas", "overflow_to"):
        return t("web.and").join(_place_or_group(str(each)) for each in ([value] if isinstance(value, str) else value))
    if field == "skills":
        return t("web.and").join(f"{_place_or_group(group)} {level}" for group, level in value.items())
    if field == "service_types":
        return t("web.and").join(label("ServiceType", each) for each in value)
    if has_text(key := f"web.admin.phone.{field}.{value}"):
        return t(key)
    if isinstance(value, str) and field in MOMENTS:
        return full_moment(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _masked(numbers: Any) -> Any:
    """Whole numbers are for whoever looks, and is written down; extensions are no secret."""
    if isinstance(numbers, list):
        return [_masked(each) for each in numbers]
    return masked_phone(numbers) if numbers and len(numbers) > LONGEST_EXTENSION else numbers


def _place_or_group(code: str) -> str:
    return names().of(code) if "/" in code else group_name(code)


def grant_words(written: str) -> str:
    """`department_head:gas@jz/dongcheng` → “department head · Gas Group · Dongcheng District”."""
    grant = parse_grant(written)
    parts = [t(f"identity.role.{grant.role.value}")]
    parts += [names().of(code) for code in (grant.department, grant.district) if code]
    return " · ".join(parts)
