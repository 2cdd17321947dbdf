"""What a command works on: the settings of the product that runs in a data folder, and its runtime."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.datafolder import DataFolder
from app.core.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.workflow import Runtime

ROOT = Path(__file__).parents[2]


@dataclass
class Desk:
    """One city, as the command line sees it. Everything is opened when it is first used."""

    folder: DataFolder

    @classmethod
    def of(cls, data: str | None) -> "Desk":
        return cls(DataFolder(Path(data or ROOT / "var").absolute()))

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment, completed by what `bin/up` wrote for a second terminal. Raises FolderError."""
        if os.environ.get("DATABASE_URL"):
            return dict(os.environ)
        return self.folder.read_env() | {n: v for n, v in os.environ.items() if n != "CITYDESK_DATA"}

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.environ)

    @cached_property
    def runtime(self) -> "Runtime":
        from app.wiring import build_runtime

        return build_runtime(self.settings)

    @property
    def url(self) -> str:
        """Where the product's pages are."""
        return self.environ.get("CITYDESK_URL", f"http://localhost:{self.settings.port}/")
