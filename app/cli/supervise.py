"""Run several programs in the foreground as one: one prefixed log, restart with growing pauses, one way to stop.

One thread, no polling: it sleeps until a child writes, a child ends, a signal arrives or a restart is due.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from app.cli.logfile import open_log

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STEADY_AFTER = 10.0
"""Seconds after which a child that ends counts as failing for the first time."""
COLOURS = (36, 32, 33, 35, 34, 31)


@dataclass(slots=True)
class Child:
    """One program. `launch` starts it and returns at once; children of a later rank are stopped later."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    rank: int = 0
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    restart_at: float | None = None
    rest: bytes = b""
    """An unfinished line of its output."""

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill_group(self, sign: signal.Signals) -> None:
        """To it and to what it started: every child leads a session of its own."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, sign)


@dataclass(slots=True)
class Log:
    """Lines with the program's name before them: on the terminal in colour, in the file with the time."""

    path: Path
    colour: bool = field(default_factory=lambda: sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    names: list[str] = field(default_factory=list)

    def write(self, name: str, line: str) -> None:
        if name not in self.names:
            self.names.append(name)
        head = f"{name:<10} |"
        if self.colour:
            head = f"\033[{COLOURS[self.names.index(name) % len(COLOURS)]}m{head}\033[0m"
        with suppress(OSError, ValueError):  # the terminal is gone: the file stays
            print(head, line, flush=True)
        with suppress(OSError), open_log(self.path) as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {name:<10} | {line}\n".encode())


class Supervisor:
    """Keeps `children` running until SIGINT or SIGTERM. `on_change` hears whenever one was started."""

    def __init__(self, children: Iterable[Child], log: Log, on_change: Callable[[], None] = lambda: None) -> None:
        self.children = list(children)
        self.log = log
        self._on_change = on_change
        self._selector = selectors.DefaultSelector()
        self._stopping = 0
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    def run(self) -> None:
        """Start what does not run yet, then watch until told to stop; stop everything in order of rank."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._on_stop_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for child in self.children:
            if child.process is None:
                self._start(child)
        while not self._stopping:
            self._turn()
        self.stop()

    def add(self, children: Iterable[Child]) -> None:
        """Start these too, soon: may be called by another thread."""
        for child in children:
            child.restart_at = 0.0
            self.children.append(child)
        os.write(self._wake_write, b"+")

    def stop(self) -> None:
        """Ask each rank to stop and wait for it; a second signal, or too long a wait, ends it at once."""
        for rank in sorted({child.rank for child in self.children}):
            group = [child for child in self.children if child.rank == rank and child.process]
            for child in group:
                if child.running() and child.process:
                    child.process.send_signal(child.stop_signal)
            deadline = time.monotonic() + 12
            while any(child.running() for child in group):
                self._read_output(0.1)
                if time.monotonic() > deadline or self._stopping > 1:
                    for child in group:
                        child.kill_group(signal.SIGKILL)
            for child in group:
                child.kill_group(signal.SIGKILL)  # what it left behind
        self._read_output(0)

    def _on_stop_signal(self, *_: object) -> None:
        self._stopping += 1

    def _turn(self) -> None:
        due = [child.restart_at for child in self.children if child.restart_at is not None]
        self._read_output(max(0.0, min(due) - time.monotonic()) if due else 5.0)
        for child in self.children:
            if child.restart_at is not None:
                if time.monotonic() >= child.restart_at and not self._stopping:
                    self._start(child)
            elif not child.running():
                self._plan_restart(child)

    def _plan_restart(self, child: Child) -> None:
        child.kill_group(signal.SIGTERM)  # a leader that was killed leaves its workers behind
        code = child.process.returncode if child.process else None
        child.failures = 1 if time.monotonic() - child.started > STEADY_AFTER else child.failures + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (child.failures - 1))
        child.restart_at = time.monotonic() + pause
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        self.log.write(child.name, f"{how}; starts again in {pause:.1f} s")

    def _start(self, child: Child) -> None:
        child.restart_at, child.started = None, time.monotonic()
        try:
            child.process = child.launch()
        except OSError as error:
            self.log.write(child.name, f"did not start: {error}")
            child.failures += 1
            child.restart_at = time.monotonic() + LONGEST_PAUSE
            return
        if child.process.stdout is not None:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        self._on_change()

    def _read_output(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            if isinstance(key.data, Child):
                self._read(key.data, key.fileobj)  # type: ignore[arg-type]  # only pipes carry a Child
            else:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, 4096)

    def _read(self, child: Child, pipe: BinaryIO) -> None:
        try:
            chunk = os.read(pipe.fileno(), 65536)
        except BlockingIOError:
            return
        *lines, child.rest = (child.rest + chunk).split(b"\n")
        if not chunk:
            self._selector.unregister(pipe)
            pipe.close()
            lines, child.rest = [line for line in (*lines, child.rest) if line], b""
        for line in lines:
            self.log.write(child.name, line.decode(errors="replace").rstrip())
