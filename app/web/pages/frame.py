"""The blueprint all pages share, and what a page needs around its own content."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, render_template, request

from app.core.errors import Invalid
from app.core.ids import new_id

blueprint = Blueprint("pages", __name__)


def page(template: str, /, islands: tuple[str, ...] = (), **content: Any) -> str:
    """Render a page; `islands` names the bundles it needs beside the shell's."""
    return render_template(template, islands=list(islands), **content)


def form_command_id() -> UUID:
    """The command id a page's plain form carries, so that sending it twice does it once. Raises Invalid."""
    return form_id("command_id") or new_id()


def form_id(name: str) -> UUID | None:
    """Of whom or what a page's plain form speaks; None where it names nothing. Raises Invalid."""
    given = request.form.get(name)
    return read_id(given) if given else None


def read_id(given: object) -> UUID:
    """Raises Invalid."""
    try:
        return UUID(str(given))
    except ValueError:
        raise Invalid("web.form.unreadable") from None


def flash_undoable(said: str, url: str, **fields: str) -> None:
    """Say what was done; the next page offers to post `fields` to `url`, which takes it back."""
    flash({"said": said, "url": url, "fields": fields}, "undo")  # type: ignore[arg-type]  # kept as JSON
