"""The data folder: whose it is, one at a time, and what a killed start left running."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.datafolder import DataFolder, FolderError


def test_a_second_start_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    first, second = DataFolder(tmp_path / "data"), DataFolder(tmp_path / "data")
    first.prepare()
    first.lock()
    first.announce("http://localhost:1/")
    with pytest.raises(FolderError) as raised:
        second.lock()
    assert raised.value.key == "cli.folder.busy"
    assert str(os.getpid()) in str(raised.value.params["who"])


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(FolderError) as raised:
        DataFolder(tmp_path).prepare()
    assert raised.value.key == "cli.folder.foreign"
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_folder_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "citydesk.json").write_text('{"format": 99}')
    with pytest.raises(FolderError) as raised:
        DataFolder(tmp_path).prepare()
    assert raised.value.key == "cli.folder.version"


def test_what_others_must_not_read_they_cannot(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    folder.write_env({"DATABASE_URL": "postgresql://x?host=/a=b", "REDIS_URL": "redis://y"})
    key = folder.secret_key_file()
    assert len(key.read_text().strip()) >= 32
    assert key.read_text() == folder.secret_key_file().read_text()
    for file in (key, tmp_path / "env"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert folder.read_env() == {"DATABASE_URL": "postgresql://x?host=/a=b", "REDIS_URL": "redis://y"}


def _waiting_process() -> subprocess.Popen[str]:
    """Ends at a signal wherever it stands, also where whoever runs the tests ignores interrupts (a shell's `&`)."""
    code = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); print('ready', flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_leftovers_are_ended_and_strangers_are_not(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    ours, stranger = _waiting_process(), _waiting_process()
    try:
        folder.note_children({"web": ours.pid, "gone": 2**22 - 1})
        noted = (tmp_path / "children.json").read_text()
        # the same pid, but born at another time: somebody else's process by now
        (tmp_path / "children.json").write_text(noted.replace("}", f', "worker": [{stranger.pid}, "1"]}}'))
        assert folder.end_leftovers() == ["web"]
        assert ours.wait(5) == -signal.SIGINT
        assert stranger.poll() is None
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()
