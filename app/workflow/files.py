"""A bundle's diagrams and forms, as people's browsers need them."""

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.workflow.bundles import files_of
from app.workflow.deploy import identities
from app.workflow.schemas import Bundle


def diagram(session: Session, bundle_id: UUID, process_id: str) -> bytes:
    """The BPMN file that holds a process. Raises NotFound."""
    body = _holding(session, bundle_id, ("process", process_id))
    if body is None:
        raise NotFound("workflow.no_process", process=process_id)
    return body


def form(session: Session, bundle: Bundle | UUID, form_id: str) -> dict[str, Any]:
    """A form-js schema. Raises NotFound."""
    body = _holding(session, bundle if isinstance(bundle, UUID) else bundle.id, ("form", form_id))
    if body is None:
        raise NotFound("workflow.no_form", form=form_id)
    schema: dict[str, Any] = orjson.loads(body)
    return schema


def _holding(session: Session, bundle_id: UUID, identity: tuple[str, str]) -> bytes | None:
    suffix = ".form" if identity[0] == "form" else ".bpmn"
    for path, body in files_of(session, bundle_id).items():
        if path.endswith(suffix) and identity in identities(path, body):
            return body
    return None
