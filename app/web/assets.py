"""The built front end: Vite's manifest says which hashed file a page needs."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

DIST = Path(__file__).parent / "static" / "dist"
FOREVER = "public, max-age=31536000, immutable"


@dataclass
class Assets:
    """Read once a process; `bin/up` builds before it starts the web."""

    folder: Path = field(default=DIST)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Raises FileNotFoundError with the command to run when the front end was never built."""
        path = self.folder / "manifest.json"
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: build the front end (npm ci && npm run build in web/)")
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def script(self, name: str) -> str:
        return self._url(self._entry(name)["file"])

    def styles(self, name: str) -> list[str]:
        """Style sheets of an entry, those it shares with other entries first."""
        entry = self._entry(name)
        files = [css for shared in entry.get("imports", ()) for css in self.manifest[shared].get("css", ())]
        return [self._url(file) for file in (*files, *entry.get("css", ()))]

    @cached_property
    def icons(self) -> str:
        stamp = int((self.folder / "icons.svg").stat().st_mtime)
        return f"{self._url('icons.svg')}?v={stamp}"

    def _entry(self, name: str) -> dict[str, Any]:
        return dict(self.manifest[f"src/{name}.js"])

    @staticmethod
    def _url(file: str) -> str:
        return f"/static/dist/{file}"


def install(app: Flask) -> None:
    app.jinja_env.globals["assets"] = Assets()
    app.after_request(_cache_hashed_files)


def _cache_hashed_files(response: Response) -> Response:
    if request.path.startswith("/static/dist/") and response.status_code == 200:
        response.headers["Cache-Control"] = FOREVER
    return response
