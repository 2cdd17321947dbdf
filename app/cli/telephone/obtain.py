"""Where Asterisk comes from: the machine's own (20 or newer), else a private copy of Debian's, fetched once by root.

The copy is not installed: its packages are unpacked into a folder below `.tools/`, and its programs run through the
loader of that folder, without chroot and without root. apt checks the packages' signatures while it is fetched; every
later start checks the copy by the hashes taken then."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

OLDEST = 20
"""The first version whose REST interface knows all we ask of it."""
CACHE = Path(__file__).parents[3] / ".tools" / "asterisk"
PACKAGES = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm", "espeak-ng",
            "sox", "openssl")  # fmt: skip
TOOLS = ("mmdebstrap", "debian-archive-keyring")
_OPTIONS = (
    "--aptopt=APT::Install-Recommends \"false\"",
    "--aptopt=Acquire::Check-Valid-Until \"false\"",  # a mirror that lags behind; the signature is still checked
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)  # fmt: skip


class Missing(Exception):
    """Why there is no telephone: one line."""

    @classmethod
    def here(cls) -> "Missing | None":
        """Why it cannot be fetched on this machine; None when it can."""
        if os.geteuid() == 0 and shutil.which("apt-get") is not None:
            return None
        return cls(f"Asterisk {OLDEST} or newer is not installed; as root on Debian or Ubuntu it would be fetched")


@dataclass(frozen=True)
class Home:
    """An Asterisk to run. `root` is the private copy's folder, or None for the machine's own."""

    root: Path | None

    def command(self, program: str) -> list[str]:
        """How to run a program of that name: Asterisk, or one of the tools that came with it."""
        if self.root is None:
            return [shutil.which(program) or _sbin(program) or program]
        found = next((self.root / "usr" / place / program for place in ("sbin", "bin")
                      if (self.root / "usr" / place / program).exists()), None)  # fmt: skip
        if found is None:
            return [shutil.which(program) or program]
        path = f"{self.libraries}:{self.libraries / 'pulseaudio'}"
        return [str(self._loader), "--library-path", path, str(found)]

    @property
    def environ(self) -> dict[str, str]:
        """What its tools must be told besides the library path."""
        return {} if self.root is None else {"ESPEAK_DATA_PATH": str(self.libraries)}

    @cached_property
    def libraries(self) -> Path:
        return next((self.root or Path("/")).glob("usr/lib/*-linux-gnu*"))

    @cached_property
    def modules(self) -> Path:
        """The folder of Asterisk's modules."""
        places = [self.libraries / "asterisk" / "modules", (self.root or Path("/")) / "usr/lib/asterisk/modules",
                  Path("/usr/lib64/asterisk/modules")]  # fmt: skip
        return next((place for place in places if place.is_dir()), places[0])

    @property
    def share(self) -> Path:
        """Asterisk's own sounds and music."""
        places = [(self.root or Path("/")) / "usr/share/asterisk", Path("/var/lib/asterisk")]
        return next((place for place in places if (place / "sounds").exists()), places[0])

    @cached_property
    def version(self) -> str:
        told = subprocess.run([*self.command("asterisk"), "-V"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"(\d+\.\d+[.\d]*)", told)
        return found.group(1) if found else ""

    @cached_property
    def _loader(self) -> Path:
        assert self.root is not None
        return next(path for place in ("usr/lib64", "usr/lib") for path in (self.root / place).glob("ld-linux*.so.*"))


def find() -> Home | None:
    """The Asterisk that is already here; a damaged copy counts as none."""
    own = Home(None)
    if shutil.which("asterisk") or _sbin("asterisk"):
        major = own.version.partition(".")[0]
        if major.isdigit() and int(major) >= OLDEST:
            return own
    root = CACHE / "root"
    return Home(root) if _intact(root) else None


def obtain() -> Home:
    """`find`, else fetch. Raises Missing with the reason."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be fetching it
        found = find()
        return found if found is not None else _fetch()


def _fetch() -> Home:
    if (missing := Missing.here()) is not None:
        raise missing
    with (CACHE / "fetch.log").open("w") as log:
        _tools(log.fileno())
        fresh = CACHE / "root.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command = ["mmdebstrap", "--variant=extract", "--mode=root", f"--include={','.join(PACKAGES)}", *_OPTIONS,
                   "sid", str(fresh)]  # fmt: skip
        if subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False).returncode:
            raise Missing(f"Asterisk could not be fetched: see {CACHE / 'fetch.log'}")
    _tidy(fresh)
    (fresh / "hashes").write_text("".join(f"{_hash(file)}  {name}\n" for name, file in _checked(fresh)))
    shutil.rmtree(CACHE / "root", ignore_errors=True)
    fresh.rename(CACHE / "root")
    return Home(CACHE / "root")


def _tools(log: int) -> None:
    if shutil.which("mmdebstrap") and Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        return
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "--no-install-recommends", *TOOLS]):
        if subprocess.run(command, env=environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode:
            raise Missing(f"{' '.join(TOOLS)} could not be installed: see {CACHE / 'fetch.log'}")


def _tidy(root: Path) -> None:
    """What the packages' own scripts would have done."""
    english = root / "usr/share/asterisk/sounds/en"
    if not english.exists():
        english.unlink(missing_ok=True)
        english.symlink_to("en_US_f_Allison")
    for folder in ("var/cache/apt", "var/lib/apt"):
        shutil.rmtree(root / folder, ignore_errors=True)


def _checked(root: Path) -> Iterator[tuple[str, Path]]:
    """What is executed: programs, libraries and modules."""
    for place in ("usr/bin", "usr/sbin", "usr/lib", "usr/lib64"):
        for file in sorted((root / place).rglob("*")):
            if file.is_file() and not file.is_symlink() and (".so" in file.name or os.access(file, os.X_OK)):
                yield str(file.relative_to(root)), file


def _intact(root: Path) -> bool:
    try:
        lines = (root / "hashes").read_text().splitlines()
        return bool(lines) and all(_hash(root / name) == wanted for wanted, _, name in
                                   (line.partition("  ") for line in lines))  # fmt: skip
    except OSError:
        return False


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sbin(program: str) -> str | None:
    """Debian's users do not have /usr/sbin in their path."""
    found = Path("/usr/sbin") / program
    return str(found) if found.exists() else None
