"""Files are kept once and whole, whoever sends them twice; drafts belong to one person."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import ExifTags, Image
from sqlalchemy.orm import Session

from app import worklist
from app.core.db import Sessions, transaction
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.ids import new_id
from app.documents import Folder, document_of, documents_of, keep, media_type_of, remove
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
def test_other_kinds_are_refused_whatever_they_are_called(content: bytes, add: Callable[..., object]) -> None:
    with pytest.raises(Invalid):
        add(content)


def photo(kind: str) -> bytes:
    """As a telephone takes it: lying on its side, with the place and the device beside it."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Model] = 6, "Telephone 9"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitude: (31.0, 13.0, 49.0)})
    written = BytesIO()
    Image.new("RGB", (40, 20), "red").save(written, kind, exif=exif)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_does_not_tell_where_it_was_taken(kind: str, tmp_path: Path, add: Callable[..., object]) -> None:
    taken, document_id, subject = photo(kind), new_id(), new_id()
    kept = add(taken, document_id=document_id, subject_id=subject)
    assert add(taken, document_id=document_id, subject_id=subject) == kept, "sent again it is still one"
    content = Folder(tmp_path).path(kept.sha256).read_bytes()  # type: ignore[attr-defined]
    with Image.open(BytesIO(content)) as image:
        assert image.format == kind
        assert image.size == (20, 40), "upright without the note that it lies"
        assert not image.getexif()
    assert b"Telephone" in taken
    assert b"Telephone" not in content


@pytest.mark.parametrize(("parts", "taken"), [
    (["word/document.xml"], True), (["xl/workbook.xml"], True), (["xl/workbook.xml", "xl/vbaProject.bin"], False),
    (["run.exe"], False), ([], False),
])  # fmt: skip
def test_office_files_are_taken_without_macros(parts: list[str], taken: bool) -> None:
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    assert (media_type_of(written.getvalue()) is not None) == taken
    assert media_type_of(b"PK\x03\x04 broken") is None


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
