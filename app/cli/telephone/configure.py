"""Asterisk's configuration, generated into a private folder at every start from settings and what the database says."""

import os
import secrets
import shlex
import socket
import subprocess
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.cli.telephone.obtain import Home

TEMPLATES = Path(__file__).parent / "conf"
USER = "citydesk"
FIRST_SIP, FIRST_HTTP = 5060, 8088
RTP = (20000, 29999)
"""Many Citydesks may share the range: Asterisk takes the ports of it that are free."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one Asterisk is to be like."""

    folder: Path
    sip_host: str = "127.0.0.1"
    public_host: str = ""
    """Where it is reached from outside, when that is another address (a router between)."""
    sip_port: int = 0
    """0: the first that is free."""
    http_port: int = 0
    members: Sequence[str] = ()
    """Endpoints that ring when no application answers."""
    strategy: str = "ringall"
    """How they ring then."""
    strict_rtp: bool = True


@dataclass(frozen=True, slots=True)
class Ports:
    sip: int
    tls: int
    http: int


@dataclass(frozen=True, slots=True)
class Access:
    """Chosen before Asterisk runs, so that everybody can be told: its ports and the REST interface's password."""

    ports: Ports
    password: str = field(repr=False)

    @property
    def ari_url(self) -> str:
        """With user and password: a secret."""
        return f"http://{USER}:{self.password}@127.0.0.1:{self.ports.http}/ari"


def choose_access(plan: Plan) -> Access:
    """Free ports, so that several Citydesks run side by side, and a new password."""
    ports = Ports(
        plan.sip_port or _free(FIRST_SIP, plan.sip_host, socket.SOCK_DGRAM, socket.SOCK_STREAM),
        _free(FIRST_SIP + 1, plan.sip_host, socket.SOCK_STREAM),
        plan.http_port or _free(FIRST_HTTP, "127.0.0.1", socket.SOCK_STREAM),
    )
    return Access(ports, secrets.token_urlsafe(32))


def configure(home: Home, plan: Plan, access: Access) -> None:
    """Write everything that Asterisk reads."""
    run = plan.folder
    for name in ("etc", "lib", "spool/recording", "fax", "log", "run", "sounds", "keys"):
        (run / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    run.chmod(0o700)
    values = _values(home, plan, access)
    for template in sorted(TEMPLATES.glob("*.conf")):
        _write(run / "etc" / template.name, _fill(template.read_text(encoding="utf-8"), values))
    _write(run / "speak", _fill((TEMPLATES / "speak").read_text(encoding="utf-8"), values), 0o700)


def _values(home: Home, plan: Plan, access: Access) -> dict[str, str]:
    run, ports = plan.folder, access.ports
    return {
        "RUN": str(run), "SHARE": str(home.share), "MODULES": str(home.modules), "SOUNDS": str(run / "sounds"),
        "ARI_USER": USER, "ARI_PASSWORD": access.password, "HTTP": str(ports.http),
        "SIP_HOST": plan.sip_host, "SIP": str(ports.sip),
        "RTP_FIRST": str(RTP[0]), "RTP_LAST": str(RTP[1]), "STRICT_RTP": "yes" if plan.strict_rtp else "no",
        "PUBLIC": _public(plan.public_host), "TLS": _tls(home, plan, ports.tls),
        "ICE": _ice(plan),
        "STRATEGY": plan.strategy, "MEMBERS": "\n".join(f"member => PJSIP/{name}" for name in plan.members),
        "ESPEAK": _shell(home, "espeak-ng"), "SOX": _shell(home, "sox"),
    }  # fmt: skip


def _public(host: str) -> str:
    if not host:
        return ""
    return f"external_media_address = {host}\nexternal_signaling_address = {host}\n" + "\n".join(
        f"local_net = {net}" for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
    )


def _ice(plan: Plan) -> str:
    """Browsers are told the address outside, too, not the one behind the router."""
    return f"[ice_host_candidates]\n{plan.sip_host} = {plan.public_host}\n" if plan.public_host else ""


def _tls(home: Home, plan: Plan, port: int) -> str:
    """SIP over TLS with a certificate of our own, unless one was put in its place; nothing without openssl. With
    `trusted.pem` beside it, trunks must show a certificate that one of those in it has signed."""
    key, certificate = plan.folder / "keys" / "sip.key", plan.folder / "keys" / "sip.crt"
    trusted = plan.folder / "keys" / "trusted.pem"
    if not certificate.exists():
        command = [*home.command("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                   "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "3650", "-subj", f"/CN={plan.public_host or plan.sip_host}",
                   "-config", "/dev/null", "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, check=True, umask=0o077)
        except (OSError, subprocess.CalledProcessError):
            return ""
    checks = f"ca_list_file = {trusted}\nverify_server = yes\n" if trusted.exists() else ""
    return (f"\n[transport-tls]\ntype = transport\nprotocol = tls\nbind = {plan.sip_host}:{port}\n"
            f"cert_file = {certificate}\npriv_key_file = {key}\nmethod = tlsv1_2\n{checks}"
            f"{_public(plan.public_host)}\n")  # fmt: skip


def _shell(home: Home, program: str) -> str:
    environ = [f"{name}={shlex.quote(value)}" for name, value in home.environ.items()]
    return " ".join([*environ, *(shlex.quote(part) for part in home.command(program))])


def _fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _write(file: Path, content: str, mode: int = 0o600) -> None:
    fresh = file.with_name(file.name + ".new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as handle:
        handle.write(content)
    fresh.replace(file)


def _free(first: int, host: str, *kinds: socket.SocketKind) -> int:
    for port in range(first, first + 2000, 2):
        if all(_can_bind(host, port, kind) for kind in kinds):
            return port
    raise OSError(f"no free port from {first} on")


def _can_bind(host: str, port: int, kind: socket.SocketKind) -> bool:
    with closing(socket.socket(socket.AF_INET, kind)) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
