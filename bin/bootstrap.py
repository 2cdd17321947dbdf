"""From a bare Python (3.11 or newer) to an installed Citydesk: uv, the locked packages, the front end.

Standard library only: nothing else is there yet. Called by bin/up, bin/test and bin/citydesk:
`bootstrap.py [--dev] COMMAND…` installs what is missing, then becomes COMMAND, run by the environment's Python.
`bootstrap.py --fallback` adds the queue server for machines on which the usual one does not run.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = Path(os.environ.get("UV_PROJECT_ENVIRONMENT") or ROOT / ".venv")
TOOLS = ROOT / ".tools"
LOG = TOOLS / "install.log"
NO_ANSWER = ("error sending request", "dns error", "failed to lookup", "connection refused", "tcp connect error",
             "network is unreachable", "timed out", "max retries", "temporary failure", "no route to host",
             "could not connect", "connection reset", "failed to fetch", "retrying (retry")  # fmt: skip


def stop(line: str, code: int = 1) -> None:
    """One clear line, no traceback."""
    sys.exit(print(f"citydesk: {line}", file=sys.stderr) or code)


def trust_this_machine() -> None:
    """uv, pip and Node bring certificates of their own; where the machine has some, those count (company proxies)."""
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        os.environ.setdefault("UV_SYSTEM_CERTS", "1")
        os.environ.setdefault("PIP_CERT", str(bundle))
        os.environ.setdefault("NODE_EXTRA_CA_CERTS", str(bundle))


def main(arguments: list[str]) -> None:
    trust_this_machine()
    if arguments == ["--fallback"]:
        sync(find_uv(), "--no-dev", "--extra", "fallback")
        return
    dev = arguments[:1] == ["--dev"]
    command = arguments[1:] if dev else arguments
    python = ENVIRONMENT / "bin" / "python"
    try:
        install(python, dev)
    except PermissionError as error:
        stop(f"cannot write to {error.filename}: run as its owner, or work in a copy of your own")
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
    environ["PYTHONPATH"] = str(ROOT)
    environ["PATH"] = f"{ENVIRONMENT / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}"
    if subprocess.run([python, "-m", "app.cli.frontend"], cwd=ROOT, env=environ).returncode:
        sys.exit(1)
    os.execve(python, [str(python), *command], environ)  # noqa: S606


def install(python: Path, dev: bool) -> None:
    """`uv sync` with the lock file, unless that has been done for this very lock file."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    stamp = ENVIRONMENT / ".citydesk-synced"
    wanted = hashlib.sha256((ROOT / "uv.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        have = stamp.read_text().split() if stamp.exists() and works(python) else []
        if have[:1] == [wanted] and (not dev or have[1:] == ["dev"]):
            return
        sync(find_uv(), *([] if dev else ["--no-dev"]))
        stamp.write_text(f"{wanted} {'dev' if dev else 'run'}\n")


def sync(uv: str, *options: str) -> None:
    print("citydesk: installing the locked packages (a minute or two the first time) …", flush=True)
    # --inexact: what a developer has added to the environment stays
    command = [uv, "sync", "--locked", "--inexact", *options]
    environ = os.environ | {"UV_PROJECT_ENVIRONMENT": str(ENVIRONMENT), "UV_PYTHON_DOWNLOADS": "never"}
    environ.pop("VIRTUAL_ENV", None)
    if not works(ENVIRONMENT / "bin" / "python"):
        environ["UV_PYTHON"] = sys.executable
    if not os.access(os.environ.get("HOME", ""), os.W_OK) and "UV_CACHE_DIR" not in environ:
        environ["UV_CACHE_DIR"] = str(TOOLS / "uv-cache")
    with (
        subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process,
        LOG.open("w") as log,
    ):
        said = []
        for line in process.stderr:
            said.append(line.rstrip())
            log.write(line)
            if line.lstrip().startswith(("Downloading", "Downloaded", "Prepared", "Installed", "Building", "Built",
                                         "Creating", "Resolved")):  # fmt: skip
                print(f"  {line.rstrip()}", flush=True)
    if process.returncode:
        stop(why_failed("uv sync", said))


def find_uv() -> str:
    """The machine's uv, or one of our own from the package registry."""
    for candidate in (shutil.which("uv"), TOOLS / "uv" / "bin" / "uv"):
        if candidate and works(candidate):
            return str(candidate)
    print("citydesk: fetching uv …", flush=True)
    home = TOOLS / "uv"
    shutil.rmtree(home, ignore_errors=True)
    made = run([sys.executable, "-m", "venv", home])
    pip = [home / "bin" / "python", "-m", "pip"]
    if made.returncode:  # Debian without python3-venv: Python's own pip can fill an environment too
        shutil.rmtree(home, ignore_errors=True)
        made = run([sys.executable, "-m", "venv", "--without-pip", home])
        pip = [sys.executable, "-m", "pip", "--python", home / "bin" / "python"]
        if made.returncode or run([sys.executable, "-m", "pip", "--version"]).returncode:
            stop("this Python cannot make environments (no ensurepip, no pip): "
                 "install python3-venv (Debian: apt install python3-venv) or uv, then try again")  # fmt: skip
    got = run([*pip, "install", "--quiet", "--disable-pip-version-check", "uv"])
    if got.returncode:
        stop(why_failed("pip install uv", (got.stdout + got.stderr).splitlines()))
    return str(home / "bin" / "uv")


def why_failed(what: str, said: list[str]) -> str:
    told = " ".join(said).lower()
    if "needs to be updated" in told:
        return "uv.lock does not belong to pyproject.toml: run uv lock"
    if "no space left" in told:
        return "the disk is full"
    if "permission denied" in told:
        return f"{what} may not write: run as the owner of {ROOT} or work in a copy of your own (see {LOG})"
    if "certificate" in told:
        return f"the package registry's certificate is not trusted here ({what}): install your proxy's certificate"
    if any(sign in told for sign in NO_ANSWER):
        return f"the package registry does not answer ({what}): check the network or proxy, then try again"
    last = next((line.strip() for line in reversed(said) if line.strip()), "no reason given")
    return f"{what} failed: {last[:200]}"


def works(program: object) -> bool:
    try:
        return run([program, "--version"]).returncode == 0
    except OSError:
        return False


def run(command: list) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("interrupted", 130)
