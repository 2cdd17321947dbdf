"""The server's verdict is the viewer's.

`viewer_verdicts.json` was recorded by form-js viewer 1.23 in a browser: random submissions of all shipped forms and of
`everything.form`, what the viewer would submit, and which fields it marks as faulty.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import forms

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
VERDICTS = json.loads((HERE / "viewer_verdicts.json").read_text())


def form_of(name: str) -> forms.Form:
    path = HERE / "everything.form" if name == "everything" else ROOT / "forms" / f"{name}.form"
    return forms.parse(json.loads(path.read_text()))


def as_the_viewer_names_it(path: str) -> str:
    """`people.0.who` → `who#0`; a group's path is no part of a field's key."""
    return re.sub(r"^people\.(\d+)\.(\w+)$", r"\2#\1", path.removeprefix("place."))


def without_unset(value: Any) -> Any:
    """The viewer submits '' or null for what is unset, the server null: the same. So are two writings of an instant."""
    if isinstance(value, dict):
        kept = {key: without_unset(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {})}
    if isinstance(value, list):
        return [without_unset(inner) for inner in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return datetime.fromisoformat(value).astimezone(UTC).isoformat()
    return value


@pytest.mark.parametrize("name", sorted({verdict["form"] for verdict in VERDICTS}))
def test_same_faults_and_same_values_as_the_viewer(name: str) -> None:
    form = form_of(name)
    for number, verdict in enumerate(VERDICTS):  # the values were given to the viewer as its initial data
        if verdict["form"] != name:
            continue
        clean, problems = form.check(verdict["values"], {**verdict["context"], **verdict["values"]})
        assert sorted(map(as_the_viewer_names_it, problems)) == verdict["errors"], (number, problems)
        if not problems:
            assert without_unset(clean) == without_unset(verdict["submitted"]), number
