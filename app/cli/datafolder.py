"""The data folder of one Citydesk: whose it is, what runs in it, and how a second terminal finds it.

citydesk.json   what made the folder            env          settings of the running product, readable by its owner
up.lock         held while `bin/up` runs        secret_key   signs cookies
children.json   the processes it started        *.log, pg/, pg-socket/, valkey/
"""

import fcntl
import json
import os
import secrets
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

FORMAT = 1
SEEDING = "seeding"
"""A file that is there while the demo city is being made."""
_PRIVATE = 0o600


class FolderError(Exception):
    """Why the folder cannot be used: `key` names a sentence in texts.json."""

    def __init__(self, key: str, **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params


@dataclass(slots=True)
class DataFolder:
    path: Path
    _lock: IO[str] | None = None

    def prepare(self) -> None:
        """Make it, or recognise it as ours. Raises FolderError."""
        marker = self.path / "citydesk.json"
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            if marker.exists():
                made = json.loads(marker.read_text(encoding="utf-8"))
            elif any(self.path.iterdir()):
                raise FolderError("cli.folder.foreign", folder=self.path)
            else:
                made = {"format": FORMAT}
                marker.write_text(json.dumps(made) + "\n", encoding="utf-8")
        except (OSError, json.JSONDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise FolderError("cli.folder.unusable", folder=self.path, reason=reason) from None
        if made.get("format") != FORMAT:
            raise FolderError("cli.folder.version", folder=self.path, format=made.get("format"), ours=FORMAT)
        if not os.access(self.path, os.W_OK | os.X_OK) or self.path.stat().st_uid != os.geteuid():
            raise FolderError("cli.folder.owner", folder=self.path)

    def lock(self) -> None:
        """Hold the folder until this process ends, however it ends. Raises FolderError when another holds it."""
        file = (self.path / "up.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise FolderError("cli.folder.busy", folder=self.path, who=file.read().strip() or "?") from None
        self._lock = file

    def announce(self, url: str) -> None:
        """Write into the lock who holds it, for whoever comes second."""
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(f"{os.getpid()}, {url}\n")
            self._lock.flush()

    def secret_key_file(self) -> Path:
        """The file with this city's secret key, made the first time."""
        file = self.path / "secret_key"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(48) + "\n")
        return file

    def write_env(self, settings: Mapping[str, str]) -> None:
        write_private(self.path / "env", "".join(f"{name}={value}\n" for name, value in sorted(settings.items())))

    def read_env(self) -> dict[str, str]:
        """Settings of the product that uses this folder. Raises FolderError when it never ran here."""
        try:
            lines = (self.path / "env").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            raise FolderError("cli.folder.never_ran", folder=self.path) from None
        except OSError as error:
            raise FolderError("cli.folder.unusable", folder=self.path, reason=error.strerror) from None
        return {name: value for name, _, value in (line.partition("=") for line in lines) if name}

    def note_children(self, pids: Mapping[str, int]) -> None:
        """Remember what runs, so that the next start finds what a killed one could not take along."""
        noted = {name: [pid, _birth(pid)] for name, pid in pids.items()}
        write_private(self.path / "children.json", json.dumps(noted) + "\n")

    def end_leftovers(self, seconds: float = 15) -> list[str]:
        """End what an earlier `bin/up` that was killed has left running here; returns the names.

        A pid counts only together with the time its process was born, so no stranger is ever hit."""
        try:
            noted = json.loads((self.path / "children.json").read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            return []
        alive = {name: pid for name, (pid, birth) in noted.items() if birth and _birth(pid) == birth}
        for sign, patience in ((signal.SIGINT, seconds), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0)):
            waiting = {name: pid for name, pid in alive.items() if _birth(pid) == noted[name][1]}
            for pid in waiting.values():
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and any(_birth(p) == noted[n][1] for n, p in waiting.items()):
                time.sleep(0.05)
        (self.path / "children.json").unlink(missing_ok=True)
        return sorted(alive)


def write_private(file: Path, content: str) -> None:
    """Replace the file in one step; nobody but its owner may read it, not even for a moment."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "w", encoding="utf-8") as handle:
        handle.write(content)
    fresh.replace(file)


def _birth(pid: int) -> str | None:
    """When the process was born, in ticks since boot; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]
