"""Deploying: checked files become an immutable bundle, and the bundle becomes current."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
from lxml import etree
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from app import audit
from app.core.errors import Invalid, NotFound
from app.core.ids import derived_id
from app.identity.actors import Actor
from app.workflow.bundles import files_of, with_grants
from app.workflow.engine import PINNED, check_files, missing_versions, pinned_by, pinned_path, version_of
from app.workflow.engine.types import Refused, Registry
from app.workflow.models import BundleFile, BundleRow, Deployment, FileContent, OperationGrant
from app.workflow.queries import current_bundle_id
from app.workflow.schemas import Bundle

STREAM = derived_id("audit", "deployments")
LOCK = 1231904


def deploy(
    session: Session,
    files: Mapping[str, bytes],
    *,
    actor: Actor,
    now: datetime,
    registry: Registry,
    replace_all: bool = False,
) -> Bundle:
    """Check `files` (relative path → content), store them, make them current. Running instances keep their bundle.

    Without `replace_all` they are laid over the current bundle (`overlay`). Deploying what is current already changes
    nothing. Raises Refused with all findings, Invalid when a replaced file held more than its successors."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
    before = current_bundle_id(session)
    whole = dict(files) if replace_all or before is None else overlay(files_of(session, before), files)
    whole = with_versions(session, whole)
    findings = check_files(whole, with_grants(session, registry))
    if any(finding.severity == "error" for finding in findings):
        raise Refused(findings)
    bundle_id = store(session, whole, actor, now)
    if bundle_id == before:
        return Bundle(bundle_id, now, actor.name, changed=False)
    session.execute(insert(Deployment).values(bundle_id=bundle_id, at=now, actor=actor.id, actor_name=actor.name))
    old = {} if before is None else digests(files_of(session, before))
    new = digests(whole)
    changed = {p: {"old": old.get(p), "new": new.get(p)} for p in sorted({*old, *new}) if old.get(p) != new.get(p)}
    changes = {"bundle": {"old": before and str(before), "new": str(bundle_id)}, "files": changed}
    audit.record(
        session, STREAM, "bundle.deployed", actor=actor, now=now, changes=changes, stream_name="deployments"
    )  # fmt: skip
    return Bundle(bundle_id, now, actor.name)


def with_versions(session: Session, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files, and beside them each version of a process that call activities name by a tag and that is not among
    them: as it was deployed last. What was never deployed is left out; checking says so."""
    whole = {path: body for path, body in files.items() if not path.startswith(PINNED)}
    looked_for: set[tuple[str, str]] = set()
    while new := missing_versions(whole) - looked_for:
        looked_for |= new
        for process, tag in sorted(new):
            body = _deployed_version(session, process, tag)
            if body is not None:
                whole[pinned_path(process, tag)] = body
    return whole


def _deployed_version(session: Session, process: str, tag: str) -> bytes | None:
    """The file that held this version when it was deployed last. Each content is looked at once."""
    seen: set[bytes] = set()
    query = select(Deployment.bundle_id).order_by(Deployment.no.desc())
    for bundle_id in dict.fromkeys(session.scalars(query)):
        for path, body in files_of(session, bundle_id).items():
            if not path.endswith(".bpmn") or body in seen or tag.encode() not in body:
                continue
            seen.add(body)
            if version_of(path, body, process) == tag:
                return body
    return None


def store(session: Session, files: Mapping[str, bytes], actor: Actor, now: datetime) -> UUID:
    """Keep the files and return the bundle's id, which follows from them alone."""
    hashes = {path: hashlib.sha256(body).digest() for path, body in sorted(files.items())}
    whole = hashlib.sha256(b"".join(b"%d:%b%b" % (len(p.encode()), p.encode(), h) for p, h in hashes.items())).digest()
    bundle_id = UUID(bytes=whole[:16], version=5)
    new = upsert(BundleRow).values(id=bundle_id, hash=whole, created_at=now, created_by=actor.id)
    made = session.execute(new.on_conflict_do_nothing().returning(BundleRow.id)).scalar()
    if made is not None and files:
        contents = [{"hash": hashes[path], "body": body} for path, body in files.items()]
        session.execute(upsert(FileContent).on_conflict_do_nothing(), contents)
        rows = [{"bundle_id": bundle_id, "path": path, "content_hash": digest} for path, digest in hashes.items()]
        session.execute(insert(BundleFile), rows)
    return bundle_id


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(body).hexdigest() for path, body in files.items()}


def overlay(base: Mapping[str, bytes], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """`base` with every file replaced that holds a process, decision or form of `files`, whatever its path.

    Raises Invalid when that would lose something: a replaced file that held more than the new ones do."""
    whole, lost = overlaid(base, files)
    for path, names in lost.items():
        raise Invalid("workflow.loses", path=path, ids=", ".join(names))
    return whole


def overlaid(base: Mapping[str, bytes], files: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """The same, and for each replaced file the ids that would be lost."""
    new = {identity for path, body in files.items() for identity in identities(path, body)}
    kept: dict[str, bytes] = {}
    lost: dict[str, list[str]] = {}
    for path, body in base.items():
        here = identities(path, body)
        if path not in files and not here & new:
            kept[path] = body
        elif missing := sorted(name for _, name in here - new):
            lost[path] = missing
    return kept | dict(files), lost


def identities(path: str, body: bytes) -> set[tuple[str, str]]:
    """(kind, id) of the processes, decisions or form a file holds; empty when it cannot be read: checking says why."""
    if (version := pinned_by(path)) is not None:
        return {("process", "@".join(version))}
    if path.endswith(".form"):
        try:
            form = orjson.loads(body)
        except orjson.JSONDecodeError:
            return set()
        return {("form", str(form["id"]))} if isinstance(form, dict) and form.get("id") else set()
    wanted = {".bpmn": "process", ".dmn": "decision"}.get(path[path.rfind(".") :])
    if wanted is None:
        return set()
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        return set()
    return {(wanted, str(e.get("id"))) for e in root.iter(f"{{*}}{wanted}") if e.get("id")}


def allow(
    session: Session, process_id: str, operation: str, *, registry: Registry, actor: Actor, now: datetime
) -> None:
    """An administrator lets a process call an operation beyond the operation's own list. Raises NotFound."""
    if operation not in registry.operations:
        raise NotFound("workflow.no_operation", operation=operation)
    new = upsert(OperationGrant).values(process_id=process_id, operation=operation, actor=actor.id, at=now)
    if session.execute(new.on_conflict_do_nothing().returning(OperationGrant.operation)).scalar() is None:
        return
    changes = {"allowed": {"process": process_id, "operation": operation}}
    audit.record(session, STREAM, "operation.allowed", actor=actor, now=now, changes=changes, stream_name="deployments")
