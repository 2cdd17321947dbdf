"""The supervisor with real processes: what is killed comes back, what it started ends with it, nothing else does."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("supervised.py")
ROOT = Path(__file__).parents[3]


class Watched:
    """The program under test and its output so far."""

    def __init__(self, folder: Path) -> None:
        self.output = folder.with_suffix(".out")
        with self.output.open("wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, folder], stdout=sink, stderr=sink, start_new_session=True,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )  # fmt: skip

    def text(self) -> str:
        return self.output.read_text()

    def pids(self, name: str) -> list[int]:
        return [int(pid) for pid in re.findall(rf"^{name} +\| up (\d+)", self.text(), re.MULTILINE)]

    def until(self, true: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 15
        while not true():
            assert time.monotonic() < deadline, f"{what}\n{self.text()}"
            time.sleep(0.02)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    one = Watched(tmp_path / "data")
    yield one
    one.process.kill()
    one.process.wait()


def gone(*pids: int) -> bool:
    return not any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in pids)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_killed_child_comes_back_and_its_own_children_do_not_stay(watched: Watched) -> None:
    watched.until(lambda: watched.pids("steady") and watched.pids("leader"), "no start")
    leader = re.search(r'"leader": \[(\d+)', (watched.output.with_suffix("") / "children.json").read_text())
    assert leader is not None
    grandchild = watched.pids("leader")[0]
    os.kill(watched.pids("steady")[0], signal.SIGKILL)
    os.kill(int(leader[1]), signal.SIGKILL)
    watched.until(lambda: len(watched.pids("steady")) == 2, "steady did not come back")
    watched.until(lambda: len(watched.pids("leader")) == 2, "leader did not come back")
    watched.until(lambda: gone(grandchild), "the killed leader's child stayed")
    assert "steady     | was ended by SIGKILL; starts again in 0.2 s" in watched.text()


def test_a_child_that_cannot_run_is_tried_ever_more_rarely(watched: Watched) -> None:
    watched.until(lambda: "starts again in 0.8 s" in watched.text(), "no backoff")
    pauses = re.findall(r"crashing +\| ended with 3; starts again in ([\d.]+) s", watched.text())
    assert pauses[:3] == ["0.2", "0.4", "0.8"]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_all_it_started(watched: Watched, sign: signal.Signals) -> None:
    watched.until(lambda: watched.pids("steady") and watched.pids("leader"), "no start")
    watched.process.send_signal(sign)
    assert watched.process.wait(15) == 0
    assert gone(*watched.pids("steady"), *watched.pids("leader"))
    assert watched.text().endswith("all stopped\n")


def test_killed_itself_the_kernel_tells_its_children(watched: Watched) -> None:
    watched.until(lambda: watched.pids("steady"), "no start")
    watched.process.kill()
    watched.process.wait()
    watched.until(lambda: gone(*watched.pids("steady")), "a child outlived the killed supervisor")
