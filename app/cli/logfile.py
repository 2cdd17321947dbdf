"""Log files of the data folder: for their owner only, as a line may carry what somebody typed."""

import os
from pathlib import Path
from typing import BinaryIO

LARGEST = 20_000_000


def open_log(path: Path) -> BinaryIO:
    """For appending; one that has grown large begins anew, and the one before it is kept."""
    if path.exists() and path.stat().st_size > LARGEST:
        path.replace(path.with_suffix(".log.1"))
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.fchmod(descriptor, 0o600)  # one that an earlier version made
    return os.fdopen(descriptor, "ab")
