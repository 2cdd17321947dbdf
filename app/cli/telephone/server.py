"""One Asterisk as a child process of ours. It listens on loopback unless told otherwise, and ends with us."""

import base64
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from app.cli.children import die_with_parent
from app.cli.servers import Server, ServerError
from app.cli.telephone.configure import Access, Plan, Ports, choose_access, configure
from app.cli.telephone.obtain import Home


@dataclass(frozen=True, slots=True)
class Telephone:
    """A running Asterisk and how to reach it."""

    server: Server
    access: Access
    folder: Path

    @property
    def ports(self) -> Ports:
        return self.access.ports

    @property
    def environ(self) -> dict[str, str]:
        return environ_of(self.access, self.folder)


def environ_of(access: Access, folder: Path, host: str = "127.0.0.1") -> dict[str, str]:
    """What the product's programs are told of it."""
    return {
        "ARI_URL": access.ari_url,
        "CITYDESK_SOUNDS": str(folder / "sounds"),
        "CITYDESK_SPEECH": str(folder / "speak"),
        "CITYDESK_PHONE_URL": f"ws://127.0.0.1:{access.ports.http}/ws",
        "CITYDESK_SIP_ADDRESS": f"{host}:{access.ports.sip}",
    }


def start_asterisk(home: Home, plan: Plan, *, seconds: float = 30) -> Telephone:
    """Configure and start. Waits up to `seconds` until its REST interface answers. Raises ServerError."""
    access = choose_access(plan)
    server = _serve(home, lambda: plan, access)
    deadline = time.monotonic() + seconds
    while not answers(access.ari_url):
        if server.process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise ServerError(f"Asterisk did not start: see {plan.folder / 'log'}")
        time.sleep(0.05)
    return Telephone(server, access, plan.folder)


def launch(home: Home, plan: Callable[[], Plan], access: Access) -> subprocess.Popen[bytes]:
    """Configure anew (seats may have changed) and start, without waiting until it answers."""
    wanted = plan()
    configure(home, wanted, access)
    folder = wanted.folder
    with (folder / "log" / "asterisk.out").open("ab") as sink:
        return subprocess.Popen(
            [*home.command("asterisk"), "-f", "-q", "-C", str(folder / "etc" / "asterisk.conf")],
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, cwd="/", start_new_session=True, umask=0o077,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip


def answers(ari_url: str) -> bool:
    """Whether the REST interface lets us in."""
    url = urlsplit(ari_url)
    token = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    address = f"http://{url.hostname}:{url.port}{url.path}/asterisk/ping"
    request = urllib.request.Request(address, headers={"Authorization": f"Basic {token}"})
    try:
        with urllib.request.urlopen(request, timeout=2):  # noqa: S310  (an address of the settings)
            return True
    except (OSError, urllib.error.URLError):
        return False


def _serve(home: Home, plan: Callable[[], Plan], access: Access) -> Server:
    return Server(launch(home, plan, access), access.ari_url, signal.SIGTERM, partial(_serve, home, plan, access))
