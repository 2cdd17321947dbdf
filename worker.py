"""The queue's worker, for a process manager: `python worker.py` is `citydesk worker`."""

import sys

from app.cli import main

sys.exit(main(["worker"]))
