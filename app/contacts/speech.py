"""Sentences as sound files, made once and kept by the hash of their words. The voice is a program of the settings."""

import hashlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

LONGEST = 600
"""Characters of one sentence; more is cut, so that nobody reads a novel into the line."""
PATIENCE = 20.0
_LITERAL = re.compile(r'=\s*"([^"\\]*)"\s*')


class Speech:
    """`program LANGUAGE FILE` reads UTF-8 text on stdin and writes 8000 Hz mono WAV. Without a program it is silent:
    `file_of` then gives None."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program = program
        self.folder = folder / "said"

    def known(self, text: str, language: str) -> Path | None:
        """The file, if these words were spoken before; its name has no suffix, as Asterisk wants it."""
        file = self._file(text, language)
        return file.with_suffix("") if file.exists() else None

    def file_of(self, text: str, language: str) -> Path | None:
        """Speak, unless it was before. Takes some 50 ms: call it in a thread."""
        text = " ".join(text.split())[:LONGEST]
        if not text or not self.program:
            return None
        file = self._file(text, language)
        if not file.exists():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = file.with_suffix(".new.wav")
            command = [self.program, language, str(fresh)]
            try:
                subprocess.run(command, input=text.encode(), check=True, timeout=PATIENCE, capture_output=True)
            except (OSError, subprocess.SubprocessError):
                return None
            fresh.replace(file)
        return file.with_suffix("")

    def _file(self, text: str, language: str) -> Path:
        words = " ".join(text.split())[:LONGEST]
        digest = hashlib.sha256(words.encode()).hexdigest()[:32]
        return self.folder / ("zh" if language.startswith("zh") else "en") / f"{digest}.wav"


def sentences(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """(language, text) of everything that voice diagrams say word for word: inputs `zh` and `en` that are a text."""
    for name, body in sorted(files.items()):
        if not name.endswith(".bpmn"):
            continue
        for mapping in etree.fromstring(body).iter("{http://camunda.org/schema/zeebe/1.0}input"):
            literal = _LITERAL.fullmatch(mapping.get("source", ""))
            if mapping.get("target") in ("zh", "en") and literal:
                yield str(mapping.get("target")), literal.group(1)
