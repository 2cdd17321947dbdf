"""Where copies of recordings lie: a folder, or a bucket of an S3-compatible store. A copy counts once it was read
back."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
REGION = "us-east-1"
"""S3-compatible stores take any; Amazon's says by itself where a bucket lies."""


class NotKept(Exception):
    """A copy could not be made or read: the key of a sentence, or the store's own word for it, without secrets."""


class Place(Protocol):
    @property
    def name(self) -> str:
        """As people set it; copies are noted under it."""

    def put(self, key: str, file: Path) -> None:
        """Keep a file; again is the same as once. Raises NotKept."""

    def fetch(self, key: str, target: Path) -> None:
        """Bring it back. Raises NotKept."""

    def digest(self, key: str) -> str:
        """SHA-256 of what lies there, read now. Raises NotKept."""


@dataclass(frozen=True)
class FolderPlace:
    """A folder that must be there already: where it is a mount that was lost, nothing is written beside it."""

    folder: Path

    @property
    def name(self) -> str:
        return str(self.folder)

    def put(self, key: str, file: Path) -> None:
        with _told():
            if not self.folder.is_dir():
                raise NotKept("contacts.copy.no_folder")
            target = self.folder / key
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = target.with_name(f"{target.name}.new")
            shutil.copyfile(file, fresh)
            fresh.chmod(0o600)
            with fresh.open("rb") as stream:
                os.fsync(stream.fileno())
            fresh.replace(target)

    def fetch(self, key: str, target: Path) -> None:
        with _told():
            shutil.copyfile(self.folder / key, target)

    def digest(self, key: str) -> str:
        with _told():
            return digest_of(self.folder / key)


@dataclass(frozen=True)
class S3Place:
    """A bucket, and a prefix in it. The key's secret is told to nobody, not even to logs."""

    bucket: str
    prefix: str
    endpoint: str
    key: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def name(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @cached_property
    def client(self) -> "S3Client":
        import boto3  # it takes a while to load, and most installations never need it
        from botocore.config import Config

        sparing = Config(
            connect_timeout=5, read_timeout=60, retries={"max_attempts": 2}, s3={"addressing_style": "path"},
            request_checksum_calculation="when_required", response_checksum_validation="when_required",
        )  # fmt: skip
        return boto3.client(
            "s3", endpoint_url=self.endpoint or None, aws_access_key_id=self.key, aws_secret_access_key=self.secret,
            config=sparing, region_name=REGION,
        )  # fmt: skip

    def put(self, key: str, file: Path) -> None:
        with _told(), file.open("rb") as stream:
            self.client.put_object(Bucket=self.bucket, Key=self._at(key), Body=stream)

    def fetch(self, key: str, target: Path) -> None:
        with _told():
            self.client.download_file(self.bucket, self._at(key), str(target))

    def digest(self, key: str) -> str:
        found = hashlib.sha256()
        with _told():
            for chunk in self.client.get_object(Bucket=self.bucket, Key=self._at(key))["Body"].iter_chunks(1 << 20):
                found.update(chunk)
        return found.hexdigest()

    def _at(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key


def place_of(backup: str, endpoint: str, key: str, secret: str) -> Place | None:
    """What the settings name: a folder, `s3://bucket/prefix`, or nothing."""
    if not backup:
        return None
    if not backup.startswith(SCHEME):
        return FolderPlace(Path(backup))
    parts = urlsplit(backup)
    return S3Place(parts.netloc, parts.path.strip("/"), endpoint, key, secret)


def digest_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _told() -> Iterator[None]:
    """Whatever goes wrong on the way, in one line."""
    try:
        yield
    except OSError as error:
        raise NotKept(error.strerror or type(error).__name__) from error
    except NotKept:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("botocore", "boto3", "s3transfer", "urllib3"):
            raise
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        raise NotKept(f"{type(error).__name__} {code}".strip()) from error
