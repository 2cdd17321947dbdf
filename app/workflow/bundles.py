"""Bundles: immutable files addressed by content, compiled once a process."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.workflow.engine import Compiled, compile_bundle
from app.workflow.engine.types import Registry
from app.workflow.models import BundleFile, FileContent, OperationGrant

KEPT = 64
"""Compiled bundles a process keeps; running instances rarely span more."""


class Bundles:
    """Compiled bundles by id. A bundle never changes, so neither does an entry."""

    def __init__(self) -> None:
        self._compiled: OrderedDict[UUID, Compiled] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: Session, bundle_id: UUID, registry: Registry) -> Compiled:
        """Raises Refused when the bundle names operations this version of the product no longer has."""
        with self._lock:
            if found := self._compiled.get(bundle_id):
                self._compiled.move_to_end(bundle_id)
                return found
        compiled = compile_bundle(files_of(session, bundle_id), with_grants(session, registry))
        with self._lock:
            self._compiled[bundle_id] = compiled
            while len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
        return compiled


def files_of(session: Session, bundle_id: UUID) -> dict[str, bytes]:
    """Relative path → content."""
    query = (
        select(BundleFile.path, FileContent.body)
        .join(FileContent, FileContent.hash == BundleFile.content_hash)
        .where(BundleFile.bundle_id == bundle_id)
        .order_by(BundleFile.path)
    )
    return {path: bytes(body) for path, body in session.execute(query)}


def with_grants(session: Session, registry: Registry) -> Registry:
    """The registry plus the pairings that administrators allowed."""
    grants: Mapping[str, str] | list[tuple[str, str]]
    grants = [(grant.process_id, grant.operation) for grant in session.scalars(select(OperationGrant))]
    return replace(registry, grants=registry.grants | frozenset(grants)) if grants else registry
