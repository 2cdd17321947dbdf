"""Files are kept once and whole, whoever sends them twice; drafts belong to one person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import worklist
from app.core.db import Sessions, transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import new_id
from app.documents import Folder, document_of, documents_of, keep, remove
from app.identity import SEED, Actor, add_user

NOW = datetime(2026, 11, 18, 2, 26, tzinfo=UTC)
JPEG = b"\xff\xd8\xff\xe0" + b"a photo" * 50
MEI, LEI = Actor(new_id(), "韩梅"), Actor(new_id(), "雷")


@pytest.fixture
def add(sessions: Sessions, tmp_path: Path) -> Callable[..., object]:
    subject = new_id()

    def adding(content: bytes = JPEG, actor: Actor = MEI, **more: object) -> object:
        given = {"document_id": new_id(), "subject_id": subject} | more
        with transaction(sessions) as session:
            return keep(session, Folder(tmp_path), given["document_id"], content, subject_kind="order",
                        subject_id=given["subject_id"], name="现场.jpg", actor=actor, now=NOW)  # fmt: skip

    return adding


def test_a_file_sent_twice_is_one(sessions: Sessions, tmp_path: Path, add: Callable[..., object]) -> None:
    document_id, subject = new_id(), new_id()
    first = add(document_id=document_id, subject_id=subject)
    assert add(document_id=document_id, subject_id=subject) == first
    other = add(subject_id=subject)  # the same content under another id lies on the disk once
    with sessions() as session:
        assert {each.id for each in documents_of(session, [subject])} == {document_id, other.id}  # type: ignore[attr-defined]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [JPEG]
    with pytest.raises(Conflict):
        add(JPEG + b"!", document_id=document_id, subject_id=subject)
    with pytest.raises(Conflict):
        add(document_id=document_id, subject_id=subject, actor=LEI)


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"<html>", b"GIF89a", b"MZ\x90"])
def test_only_photos_and_pdf_are_taken_whatever_they_are_called(content: bytes, add: Callable[..., object]) -> None:
    with pytest.raises(Invalid):
        add(content)


def test_one_takes_back_only_what_one_added(sessions: Sessions, add: Callable[..., object]) -> None:
    kept = add()
    with pytest.raises(Forbidden), transaction(sessions) as session:
        remove(session, kept.id, actor=LEI, now=NOW)  # type: ignore[attr-defined]
    with transaction(sessions) as session:
        remove(session, kept.id, actor=MEI, now=NOW)  # type: ignore[attr-defined]
    with sessions() as session, pytest.raises(NotFound):
        document_of(session, kept.id)  # type: ignore[attr-defined]


def person(session: Session, name: str) -> Actor:
    made = add_user(session, name, name, "a password of some length", [], SEED, NOW)
    return Actor(made.id, name)


def test_a_draft_is_ones_own_the_last_one_counts_and_old_ones_go(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        mei, lei = person(session, "mei"), person(session, "lei")
        worklist.keep_draft(session, "task:1", {"values": {"note": "a"}}, actor=mei, now=NOW)
        worklist.keep_draft(session, "task:1", {"values": {"note": "ab"}}, actor=mei, now=NOW)
        with pytest.raises(Invalid):
            worklist.keep_draft(session, "task:2", {"values": {"note": "x" * 70_000}}, actor=mei, now=NOW)
    with sessions() as session:
        assert worklist.draft_of(session, mei, "task:1") == {"values": {"note": "ab"}}
        assert worklist.draft_of(session, lei, "task:1") is None
    with transaction(sessions) as session:
        worklist.forget_old_drafts(session, NOW + timedelta(days=15))
    with sessions() as session:
        assert worklist.draft_of(session, mei, "task:1") is None
