"""A supervisor over small children, as a program of its own: what the tests start, kill and watch."""

import signal
import subprocess
import sys
from pathlib import Path

from app.cli.children import die_with_parent
from app.cli.datafolder import DataFolder
from app.cli.supervise import Child, Log, Supervisor

ORPHAN = "import signal; signal.alarm(60); signal.pause()"  # nobody else ends it when its supervisor is killed
GRANDCHILD = f"import subprocess, sys, signal; p = subprocess.Popen([sys.executable, '-c', {ORPHAN!r}]); "
STEADY = "import os, signal; print('up', os.getpid(), flush=True); signal.pause()"
LEADER = GRANDCHILD + "print('up', p.pid, flush=True); signal.pause()"


def child(name: str, code: str, rank: int = 0) -> Child:
    def launch() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip

    return Child(name, launch, rank=rank)


if __name__ == "__main__":
    folder = DataFolder(Path(sys.argv[1]))
    folder.prepare()
    children = [child("steady", STEADY), child("leader", LEADER), child("crashing", "raise SystemExit(3)", 1)]

    def note() -> None:
        folder.note_children({one.name: one.process.pid for one in children if one.process})

    Supervisor(children, Log(folder.path / "citydesk.log"), note).run()
    print("all stopped", flush=True)
