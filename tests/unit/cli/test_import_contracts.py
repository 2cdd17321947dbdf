"""The import contracts of pyproject.toml hold, and each catches a fault planted in a copy of the code."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

PLANTED = {
    "app/core/errors.py": ("from app.cases import models", "Imports go down, never up"),
    "app/cases/queries.py": ("import flask", "What decides and stores knows nothing of HTTP"),
    "app/lifecycle/tasks.py": ("import SpiffWorkflow", "Only app.workflow.engine knows SpiffWorkflow"),
    "app/forms/values.py": ("import sqlalchemy", "do no I/O"),
    "app/workflow/engine/types.py": ("import subprocess", "do no I/O"),
    "app/city/models.py": ("from app.city import actions", "Inside a feature"),
    "telephony/__init__.py": ("import app.cases", "Telephony knows contacts and the pure engine only"),
    "app/messaging/queries.py": ("import telephony", "Telephony is an entry point"),
    "app/newcomer/__init__.py": ("", "Imports go down, never up"),
}
"""File → (line to add, part of the name of the contract that must break)."""


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lint-imports says of a copy with every fault of `PLANTED` in it: one run, it takes seconds."""
    copy = tmp_path_factory.mktemp("copy")
    ignore = shutil.ignore_patterns("__pycache__", "static", "templates", "*.json")
    for package in ("app", "telephony"):
        shutil.copytree(ROOT / package, copy / package, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, (line, _) in PLANTED.items():
        file = copy / name
        file.parent.mkdir(exist_ok=True)
        was = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(f"{was}\n{line}\n", encoding="utf-8")
    program = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, timeout=120,
                          env={"PYTHONPATH": str(copy), "PATH": "", "COLUMNS": "200"})  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("file", PLANTED)
def test_a_planted_fault_is_caught(verdict: str, file: str) -> None:
    line, contract = PLANTED[file]
    broken = [row for row in verdict.splitlines() if " BROKEN" in row]
    assert any(contract in row for row in broken), verdict
    if line:
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        assert module in verdict.split("Broken contracts")[1]
    else:
        assert "newcomer" in verdict
