"""The blueprint all pages share, and what a page needs around its own content."""

from typing import Any

from flask import Blueprint, render_template

blueprint = Blueprint("pages", __name__)


def page(template: str, /, islands: tuple[str, ...] = (), **content: Any) -> str:
    """Render a page; `islands` names the bundles it needs beside the shell's."""
    return render_template(template, islands=list(islands), **content)
