"""Recordings as files. A file's place is made of the recording's id alone; who may hear it is asked before."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from app.core.errors import NotFound

FOLDER = "recordings"


@dataclass(frozen=True, slots=True)
class Kept:
    key: str
    sha256: str
    bytes: int


def keep_recording(data: Path) -> Callable[[UUID, Path, str], Kept | None]:
    """The store below the data folder. Keeping the same recording twice is the same as once; a file that does not fit
    its hash is not taken (ValueError). On disk before the database hears of it."""

    def keep(id_: UUID, file: Path, sha256: str) -> Kept | None:
        key = f"{id_.hex[-2:]}/{id_}{file.suffix}"
        target = data / FOLDER / key
        if not file.exists():
            return _known(target, key, sha256)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        shutil.copyfile(file, fresh)
        fresh.chmod(0o600)
        with fresh.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                raise ValueError(f"recording {id_} does not fit its hash")
            os.fsync(stream.fileno())
        fresh.replace(target)
        return Kept(key, sha256, target.stat().st_size)

    return keep


def _known(target: Path, key: str, sha256: str) -> Kept | None:
    if not target.exists():
        return None
    return Kept(key, sha256, target.stat().st_size)


def open_recording(data: Path, key: str | None) -> Path:
    """The file to send. Raises NotFound."""
    file = data / FOLDER / key if key else None
    if file is None or not file.is_file():
        raise NotFound("contacts.no_recording")
    return file
