"""A fault sown into a copy of the shipped files: file, what is replaced, by what, the finding's code and element."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    file: str
    old: str
    new: str
    code: str
    element: str | None
    also: tuple[str, ...] = ()
    """Codes that follow from the fault."""
    every: bool = False
    """Replace each occurrence, not only the first."""

    def sown(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        text = files[self.file].decode()
        assert self.old in text, f"{self.file} does not hold {self.old!r}"
        changed = text.replace(self.old, self.new) if self.every else text.replace(self.old, self.new, 1)
        return {**files, self.file: changed.encode()}


def seed(file: str, old: str, new: str, code: str, element: str | None, *also: str, every: bool = False) -> Seed:
    return Seed(file, old, new, code, element, also, every)
