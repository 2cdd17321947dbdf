"""Diagrams, decisions and forms on disk, keyed as a bundle keys them: `processes/lifecycle.bpmn`."""

from collections.abc import Iterable
from pathlib import Path

from app.core.errors import NotFound

SUFFIXES = (".bpmn", ".dmn", ".form")
FOLDERS = ("processes", "forms")
_HOME = {".bpmn": "processes", ".dmn": "processes/decisions", ".form": "forms"}


def shipped(root: Path) -> dict[str, bytes]:
    """Everything in the checkout's `processes/` and `forms/`."""
    return collect([root / folder for folder in FOLDERS if (root / folder).is_dir()])


def collect(paths: Iterable[Path]) -> dict[str, bytes]:
    """The files named, and those in the folders named. Raises NotFound when one is not there or no such file."""
    files: dict[str, bytes] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.suffix in SUFFIXES:
                    files[bundle_key(file)] = file.read_bytes()
        elif path.is_file() and path.suffix in SUFFIXES:
            files[bundle_key(path)] = path.read_bytes()
        else:
            raise NotFound("cli.no_such_file", path=path, kinds=" ".join(SUFFIXES))
    return files


def bundle_key(file: Path) -> str:
    """From the last folder named `processes` or `forms` on; a file that lies elsewhere goes where its kind belongs."""
    parts = file.absolute().parts
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in FOLDERS:
            return "/".join(parts[index:])
    return f"{_HOME[file.suffix]}/{file.name}"
