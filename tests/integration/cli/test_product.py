"""The product as `bin/up` runs it, from a second terminal: the demo, a deployment while it runs, backup and restore,
the second start."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from benchmarks import kills as kill_campaign

ROOT = kill_campaign.ROOT


@pytest.fixture(scope="module")
def running() -> Iterator[Any]:
    with kill_campaign.product() as product:
        yield product


def citydesk(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {n: v for n, v in os.environ.items() if not n.startswith(("CITYDESK_", "DATABASE_", "REDIS_", "LC_"))}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "--data", str(data), *arguments], cwd=ROOT, capture_output=True, text=True,
        timeout=180, env=clean | {"LANG": "C.UTF-8"},
    )  # fmt: skip


def count(running: Any, query: str) -> int:
    with psycopg.connect(running.settings()["DATABASE_URL"]) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])


@pytest.mark.timeout(300)
def test_the_demo_from_a_second_terminal(running: Any) -> None:
    done = citydesk(running.folder.path, "demo", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["closed"]
    assert len(said["stages"]) == 7
    assert said["acceptance_no"].isdigit()
    assert count(running, "select count(*) from case_file where ended_at is not null") == 1


@pytest.mark.timeout(120)
def test_one_edited_diagram_is_laid_over_the_bundle_and_a_faulty_one_refused(running: Any, tmp_path: Path) -> None:
    text = (ROOT / "processes/departments/gas.bpmn").read_text(encoding="utf-8")
    edited = tmp_path / "my gas.bpmn"
    edited.write_text(text.replace('type="alarm"', 'type="make_coffee"'), encoding="utf-8")
    refused = citydesk(running.folder.path, "deploy", str(edited))
    assert refused.returncode == 1
    assert "make_coffee" in refused.stdout
    before = count(running, "select count(*) from deployment")
    edited.write_text(text.replace("<bpmn:process ", "<!-- edited --><bpmn:process ", 1), encoding="utf-8")
    done = citydesk(running.folder.path, "deploy", str(edited))
    assert done.returncode == 0, done.stdout + done.stderr
    assert count(running, "select count(*) from deployment") == before + 1
    paths = "from bundle_file join deployment using (bundle_id) where no = (select max(no) from deployment)"
    assert count(running, f"select count(*) {paths} and path like '%gas.bpmn'") == 1
    assert count(running, f"select count(*) {paths} and path = 'processes/lifecycle.bpmn'") == 1


@pytest.mark.timeout(300)
def test_backup_and_restore_prove_themselves(running: Any, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    copy, backup = tmp_path / "copy", tmp_path / "backup"
    sound = running.folder.path / "recordings" / "ab" / "sound.wav"
    sound.parent.mkdir(parents=True, exist_ok=True)
    sound.write_bytes(b"of a call")
    done = citydesk(running.folder.path, "backup", str(backup))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["audit_faults"] == 0
    assert manifest["rows"]["history"] > 10
    restored = citydesk(copy, "restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert "row counts and checksums agree" in restored.stdout
    assert (copy / "recordings" / "ab" / "sound.wav").read_bytes() == b"of a call"
    again = citydesk(copy, "restore", str(backup))
    assert again.returncode == 1
    assert "not empty" in again.stderr
    with (backup / "database.dump").open("r+b") as dump:
        dump.seek(2000)
        dump.write(b"\0\0\0\0")
    damaged = citydesk(tmp_path / "other", "restore", str(backup))
    assert damaged.returncode == 1
    assert "damaged" in damaged.stderr


@pytest.mark.timeout(300)
def test_killed_and_started_again_it_has_lost_nothing(running: Any) -> None:
    before = count(running, "select count(*) from history")
    children = json.loads((running.folder.path / "children.json").read_text())
    second = subprocess.run(running.command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert "already runs" in second.stderr
    running.process.kill()
    running.process.wait()
    started = time.monotonic()
    running.start()
    running.wait()
    print(f"second start: {time.monotonic() - started:.1f} s")
    assert count(running, "select count(*) from history") >= before
    assert json.loads((running.folder.path / "children.json").read_text()).keys() == children.keys()
    for name, (pid, _) in children.items():
        assert running.pid(name) != pid
