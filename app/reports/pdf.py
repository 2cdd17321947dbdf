"""Paper: HTML of our own becomes PDF by WeasyPrint, with Chinese letters on any machine."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.reports.errors import NoPrinter

FONT_PACKAGE = "justmytype_intl_cjk"
FONT = "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"


def pdf(html: str) -> bytes:
    """Nothing outside `html` and the font is read: a citizen's words may hold an address, and no print ever follows
    one. Raises NoPrinter where the system's libraries are missing."""
    try:
        from weasyprint import CSS, HTML  # not before somebody prints: it takes a second and needs pango
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher
    except OSError as error:  # its ctypes loader's way to say that a shared library is not there
        raise NoPrinter from error

    class OnlyTheFont(URLFetcher):  # type: ignore[misc]  # it has no types
        def fetch(self, url: str, headers: Any = None) -> Any:
            if font is None or url != font.as_uri():
                raise ValueError(f"a print reads nothing from {url[:40]}")
            return super().fetch(url, headers)

    font, fonts, fetcher = _font_path(), FontConfiguration(), OnlyTheFont()
    sheets = [CSS(string=_font_face(font), font_config=fonts, url_fetcher=fetcher)] if font else []
    return bytes(HTML(string=html, url_fetcher=fetcher).write_pdf(stylesheets=sheets, font_config=fonts))


def _font_face(path: Path) -> str:
    """Named last in the sheet's font list: it draws what the machine's own fonts lack."""
    return f"@font-face {{ font-family: 'Citydesk CJK'; src: url('{path.as_uri()}'); }}"


def _font_path() -> Path | None:
    found = find_spec(FONT_PACKAGE)
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / FONT
    return path if path.is_file() else None
