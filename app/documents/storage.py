"""The folder of documents. A file is named by its SHA-256, so the same content is kept once and a file that is there is
whole: it is written beside and renamed."""

import hashlib
import os
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from uuid import uuid4
from zipfile import BadZipFile, ZipFile

FOLDER = "files/documents"
"""Below the data folder; backups take all of `files`."""
_SIGNS: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"OggS", 0, "audio/ogg"),
    (b"ftypM4A ", 4, "audio/mp4"),
)
"""What files begin with: bytes, where, and what they then are."""
_ARCHIVE = b"PK\x03\x04"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PARTS = {
    "word/document.xml": f"{_OFFICE}.wordprocessingml.document",
    "xl/workbook.xml": f"{_OFFICE}.spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OFFICE}.presentationml.presentation",
}
"""Office files are archives: by the part that makes each what it is."""


def media_type_of(content: bytes) -> str | None:
    """By what it holds, whatever its name says; None for a kind we do not take."""
    if content.startswith(_ARCHIVE):
        return _office_type_of(content)
    return next((kind for sign, at, kind in _SIGNS if content[at : at + len(sign)] == sign), None)


def _office_type_of(content: bytes) -> str | None:
    """Word, Excel or PowerPoint without macros. Only the list of parts is read, nothing is unpacked."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = set(archive.namelist())
    except (BadZipFile, ValueError):
        return None
    if any(part.endswith("vbaProject.bin") for part in parts):
        return None
    return next((kind for part, kind in _PARTS.items() if part in parts), None)


def digest_of(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path

    def put(self, content: bytes) -> bytes:
        """Keep the content; returns its SHA-256. On the disk when this returns."""
        digest = digest_of(content)
        path = self.path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{uuid4().hex}")
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
        return digest

    def path(self, digest: bytes) -> Path:
        """Where a content lies; never made from anything a person typed."""
        name = digest.hex()
        return self.root / name[:2] / name
