"""The built front end: Vite's manifest says which hashed file a page needs."""

import json
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"
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

    def scripts(self, name: str) -> list[str]:
        """An entry and what it brings along, for a page that wants to have it at hand."""
        entry = self._entry(name)
        files = [entry["file"], *(self.manifest[shared]["file"] for shared in entry.get("imports", ()))]
        return [self._url(file) for file in files]

    def styles(self, name: str) -> list[str]:
        """Style sheets of an entry, those it shares with other entries first."""
        entry = self._entry(name)
        files = [css for shared in entry.get("imports", ()) for css in self.manifest[shared].get("css", ())]
        return [self._url(file) for file in (*files, *entry.get("css", ()))]

    @cached_property
    def icons(self) -> str:
        stamp = int((self.folder / "icons.svg").stat().st_mtime)
        return f"{self._url('icons.svg')}?v={stamp}"

    def plain(self, file: str) -> str:
        """A file that is not built, by an address that changes with what is in it: a page never waits to hear that it
        is still the same."""
        return f"/static/{file}?v={_stamp(STATIC / file)}"

    def _entry(self, name: str) -> dict[str, Any]:
        return dict(self.manifest[f"src/{name}.js"])

    @staticmethod
    def _url(file: str) -> str:
        return f"/static/dist/{file}"


@cache
def _stamp(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:8]


def install(app: Flask) -> None:
    app.jinja_env.globals["assets"] = Assets()
    app.after_request(_cache_hashed_files)


def _cache_hashed_files(response: Response) -> Response:
    built, stamped = request.path.startswith("/static/dist/"), request.endpoint == "static" and "v" in request.args
    if (built or stamped) and response.status_code == 200:
        response.headers["Cache-Control"] = FOREVER
    return response
