"""A child process that ends with its parent, however the parent ends."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """For Popen's `preexec_fn`: the kernel sends `sign` to the child when the thread that started it is gone.

    Runs after the change of user, which would clear it. Start such children from a thread that lives on."""
    parent = os.getpid()

    def ask_kernel() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, sign, 0, 0, 0)
            if os.getppid() != parent:  # it died in between
                os._exit(1)

    return ask_kernel
