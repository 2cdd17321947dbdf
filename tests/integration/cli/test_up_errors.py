"""`bin/up` that cannot start says why in one line, exits with 1 or 2, and leaves nothing running."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def up(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("CITYDESK_", "DATABASE_", "REDIS_", "LC_"))}
    return subprocess.run(
        [sys.executable, "-m", "app.cli.up", "--data", str(data), *arguments], cwd=ROOT, capture_output=True,
        text=True, timeout=60, env=clean | {"LANG": "C.UTF-8"} | settings,
    )  # fmt: skip


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def is_one_line(done: subprocess.CompletedProcess[str], code: int, words: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("citydesk: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Starting" not in done.stdout


def test_a_taken_port(tmp_path: Path, taken_port: int) -> None:
    is_one_line(up(tmp_path / "d", "--port", str(taken_port)), 1, f"port {taken_port} on 127.0.0.1 cannot be used")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("CITYDESK_PORT", "http"), ("CITYDESK_ZONE", "Mars/Olympus"), ("CITYDESK_SECRET_KEY", "short"),
     ("CITYDESK_LANGUAGE", "fr")],
)  # fmt: skip
def test_a_wrong_setting(tmp_path: Path, setting: str, value: str) -> None:
    is_one_line(up(tmp_path / "d", **{setting: value}), 2, setting)


def test_demo_passwords_stay_on_this_machine(tmp_path: Path) -> None:
    is_one_line(up(tmp_path / "d", CITYDESK_DEMO="1", CITYDESK_HOST="0.0.0.0"), 2, "loopback")  # noqa: S104


def test_a_folder_with_other_things_in_it(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    is_one_line(up(tmp_path), 1, "was not made by Citydesk")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_it_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    is_one_line(up(tmp_path / "d"), 1, "cannot be used")


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("")
    is_one_line(up(tmp_path / "d"), 1, "cannot be used")


def test_a_database_of_another_version(tmp_path: Path) -> None:
    data = tmp_path / "d"
    (data / "pg").mkdir(parents=True)
    (data / "citydesk.json").write_text('{"format": 1}')
    (data / "pg" / "PG_VERSION").write_text("12\n")
    done = up(data, "--port", str(_free_port()))
    assert done.returncode == 1
    assert "was made by PostgreSQL 12" in done.stderr
    assert done.stderr.count("\n") == 1


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
