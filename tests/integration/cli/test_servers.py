"""The embedded servers in surroundings that real machines have."""

import stat
from pathlib import Path

import pytest

from app.cli import servers


def test_a_terminal_in_a_language_the_machine_does_not_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o711)
    for name in ("LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.setenv(name, "zh_CN.GB18030")
    valkey, postgres = servers.start_valkey(tmp_path), servers.start_postgres(tmp_path, fsync=False)
    try:
        assert servers.answers(valkey.url)
        assert servers.accepts(postgres.url)
    finally:
        postgres.stop()
        valkey.stop()


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    valkey = servers.start_valkey(tmp_path / ("very" * 12) / ("long" * 12))
    try:
        assert servers.answers(valkey.url)
        socket = Path(valkey.url.removeprefix("unix://"))
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        assert not socket.is_relative_to(tmp_path)
    finally:
        valkey.stop()
    socket.unlink(missing_ok=True)


def test_the_next_program_is_tried_when_one_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "for-another-machine"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    usual = servers._valkey_programs()
    monkeypatch.setattr(servers, "_valkey_programs", lambda: [broken, *usual])
    valkey = servers.start_valkey(tmp_path / "data")
    valkey.stop()
    log = tmp_path / "data" / "valkey.log"
    assert "for-another-machine" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(servers, "_valkey_programs", lambda: [broken])
    with pytest.raises(servers.ServerError, match="did not start"):
        servers.start_valkey(tmp_path / "data")
