"""REST: one's own notices."""

from typing import Any
from uuid import UUID

from app.core.db import transaction
from app.core.http import ApiBlueprint, key_of, keyset, language, site
from app.identity.guard import actor, signed_in
from app.messaging.actions import mark_read
from app.messaging.queries import NoticeView, notices, unread_count
from app.messaging.schemas import NoticeQuery, NoticesSchema, ReadSchema

blueprint = ApiBlueprint("notices", __name__, url_prefix="/notices", description="In-app notices")


@blueprint.operation("")
@signed_in
@blueprint.takes(NoticeQuery, location="query")
@blueprint.gives(NoticesSchema)
def list_own(query: dict[str, Any]) -> dict[str, Any]:
    """One's own notices, the newest first"""
    limit = query["limit"]
    with site().sessions() as session:
        found = notices(
            session, actor().id, unread_only=query["unread_only"], after=keyset(query["after"]), limit=limit
        )
        unread = unread_count(session, actor().id)
    last = found[-1] if len(found) == limit else None
    return {
        "notices": [_shown(notice) for notice in found],
        "unread": unread,
        "next": key_of(last.created_at, last.id) if last else None,
    }


@blueprint.operation("/<uuid:notice_id>/reading", "PUT")
@signed_in
@blueprint.gives(ReadSchema)
def read(notice_id: UUID) -> dict[str, int]:
    """Mark one of one's own notices as read; again is no error"""
    with transaction(site().sessions) as session:
        return {"read": mark_read(session, actor().id, [notice_id], site().clock.now())}


def _shown(notice: NoticeView) -> dict[str, Any]:
    return {
        "id": notice.id, "kind": notice.kind, "sentence": notice.sentence(language()),
        "subject_kind": notice.subject_kind, "subject_id": notice.subject_id, "created_at": notice.created_at,
        "read_at": notice.read_at,
    }  # fmt: skip
