"""SIPp as citizens and seats: scenarios written from what somebody does, run as processes that must end well."""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path

PATIENCE = 25
_numbers = itertools.count(1)
_media = itertools.cycle(range(30_000, 32_700, 4))


# ------------------------------------------------------------------ what somebody does
@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Speak:
    """A tone into the line from here on."""

    seconds: float = 60


@dataclass(frozen=True)
class Press:
    """A key, by SIP INFO or by RFC 2833 events in the sound."""

    key: str
    way: str = "info"


@dataclass(frozen=True)
class HangUp:
    pass


@dataclass(frozen=True)
class UntilHungUp:
    """The other side ends the call, within so many seconds."""

    seconds: float = PATIENCE


@dataclass(frozen=True)
class Hold:
    """A desk phone's hold key: re-INVITE, nothing more to hear."""


@dataclass(frozen=True)
class Refer:
    """A desk phone's transfer key."""

    to: str


Deed = Wait | Speak | Press | HangUp | UntilHungUp | Hold | Refer


@dataclass
class Party:
    """A SIPp that runs."""

    process: subprocess.Popen[bytes]
    folder: Path
    name: str
    port: int

    def finish(self, seconds: float = PATIENCE) -> None:
        """It did all it had to, and everybody answered as they should."""
        code = self.process.wait(seconds)
        assert code == 0, f"{self.name} ended with {code}: {self.told()}"

    def told(self) -> str:
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in sorted(self.folder.glob("*.log")))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


class Sipp:
    """Starts parties against one Asterisk; stops what is left of them."""

    def __init__(self, folder: Path, asterisk_port: int) -> None:
        self.folder = folder
        self.asterisk_port = asterisk_port
        self.parties: list[Party] = []
        self.tone = folder / "tone.al"
        self.tone.write_bytes(alaw_tone(440, 2.0))

    def citizen(self, number: str, called: str, *deeds: Deed, refused: str = "") -> Party:
        """Calls `called` and does what is said. `refused`: the answer expected instead, e.g. 486."""
        return self._run("citizen", _caller(number, called, deeds, self.tone, refused), called, free_port())

    def seat(self, port: int, *deeds: Deed, ring: float = 0.2, calls: int = 1, lift: bool = True,
             busy: bool = False) -> Party:  # fmt: skip
        """A telephone at `port` that is called; it rings, lifts and does what is said, or is busy."""
        return self._run("seat", _called(deeds, self.tone, ring, lift, busy), "s", port, calls)

    def dial(self, seat: str, called: str, port: int, *deeds: Deed, refused: str = "") -> Party:
        """A seat's telephone dials."""
        return self._run("dial", _caller(seat, called, deeds, self.tone, refused), called, port)

    def _run(self, name: str, scenario: str, service: str, port: int, calls: int = 1) -> Party:
        folder = self.folder / f"{next(_numbers):03}-{name}"
        folder.mkdir()
        (folder / "scenario.xml").write_text(scenario, encoding="utf-8")
        command = [
            "sipp", f"127.0.0.1:{self.asterisk_port}", "-sf", "scenario.xml", "-s", service, "-i", "127.0.0.1",
            "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media_port()), "-m", str(calls), "-l", "9",
            "-nostdin", "-timeout", str(PATIENCE * 3), "-timeout_error", "-trace_err", "-error_file", "error.log",
            "-trace_msg", "-message_file", "messages.log", "-default_behaviors", "all,-bye",
        ]  # fmt: skip
        with (folder / "screen.log").open("wb") as screen:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
                env=os.environ | {"TERM": "dumb"},
            )  # fmt: skip
        party = Party(process, folder, name, port)
        self.parties.append(party)
        if name == "seat":
            time.sleep(0.15)  # SIPp has no way to say that it listens
        return party

    def stop(self) -> None:
        for party in self.parties:
            party.stop()


def there_is_sipp() -> bool:
    return shutil.which("sipp") is not None


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def media_port() -> int:
    """The first of the four that a SIPp takes, in a range that nobody else is given ports from."""
    while True:
        first = next(_media)
        with contextlib.ExitStack() as probes:
            try:
                for port in range(first, first + 4):
                    probe = probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return first


# ------------------------------------------------------------------ scenarios
SDP = """v=0
o=u {version} {version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a={way}
"""
_OK = """<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""


def _caller(number: str, called: str, deeds: Sequence[Deed], tone: Path, refused: str) -> str:
    me, them = (
        f'"{number}" <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]',
        f"<sip:{called}@[remote_ip]:[remote_port]>",
    )
    target = f"sip:{called}@[remote_ip]:[remote_port]"
    begin = _request("INVITE", target, me, them, 1, SDP.format(version=1, way="sendrecv"), "application/sdp")
    if refused:
        ack = _ack(target, me, f"{them}[peer_tag_param]", 1)
        return _scenario(begin, _optional(), f'<recv response="{refused}"/>', ack)
    parts = [begin, _optional(), '<recv response="200" rrs="true"/>', _ack(target, me, f"{them}[peer_tag_param]", 1)]
    return _scenario(*parts, *_deeds(deeds, target, me, f"{them}[peer_tag_param]", tone))


def _called(deeds: Sequence[Deed], tone: Path, ring: float, lift: bool, busy: bool) -> str:
    catch = """<recv request="INVITE" rrs="true"><action>
<ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:([^>]*)" search_in="hdr" header="Contact:" assign_to="all,contact"/>
</action></recv><Reference variables="cseq,all,from,to,contact"/>"""
    if busy:
        return _scenario(catch, _answer("486 Busy Here"), '<recv request="ACK"/>')
    ringing = _answer("180 Ringing")
    if not lift:
        return _scenario(catch, ringing, f'<recv request="CANCEL" timeout="{PATIENCE * 1000}"/>', _OK,
                         _answer("487 Request Terminated", cseq="CSeq: [$cseq]"), '<recv request="ACK"/>')  # fmt: skip
    lifted = _answer("200 OK", SDP.format(version=1, way="sendrecv"))
    me, them = "[$to];tag=s[pid]x[call_number]", "[$from]"
    parts = [catch, ringing, f'<pause milliseconds="{int(ring * 1000)}"/>', lifted, '<recv request="ACK"/>']
    return _scenario(*parts, *_deeds(deeds, "sip:[$contact]", me, them, tone))


def _answer(status: str, body: str = "", cseq: str = "[last_CSeq:]") -> str:
    typed = "Content-Type: application/sdp\n" if body else ""
    retrans = "" if status.startswith("1") else ' retrans="500"'
    return f"""<send{retrans}><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=s[pid]x[call_number]
[last_Call-ID:]
{cseq}
Contact: <sip:s@[local_ip]:[local_port]>
{typed}Content-Length: [len]

{body}]]></send>"""


def _deeds(deeds: Sequence[Deed], target: str, me: str, them: str, tone: Path) -> list[str]:
    parts: list[str] = []
    cseq = itertools.count(20)
    for deed in deeds:
        match deed:
            case Wait(seconds):
                parts.append(f'<pause milliseconds="{int(seconds * 1000)}"/>')
            case Speak():
                parts.append(f'<nop><action><exec rtp_stream="{tone},-1,8,PCMA/8000"/></action></nop>')
            case Press(key, "rfc2833"):
                pcap = f"/usr/share/sip-tester/dtmf_2833_{ {'*': 'star', '#': 'pound'}.get(key, key) }.pcap"
                parts.append(f'<nop><action><exec play_pcap_audio="{pcap}"/></action></nop>')
                parts.append('<pause milliseconds="400"/>')
            case Press(key):
                body = f"Signal={key}\nDuration=160\n"
                parts.append(_request("INFO", target, me, them, next(cseq), body, "application/dtmf-relay"))
                parts.append('<recv response="200"/><pause milliseconds="120"/>')
            case Hold():
                number = next(cseq)
                body = SDP.format(version=number, way="sendonly")
                parts.append(_request("INVITE", target, me, them, number, body, "application/sdp"))
                parts.append('<recv response="100" optional="true"/><recv response="200"/>')
                parts.append(_ack(target, me, them, number))
            case Refer(to):
                extra = f"Refer-To: <sip:{to}@127.0.0.1>\nReferred-By: <sip:s@[local_ip]>\n"
                parts.append(_request("REFER", target, me, them, next(cseq), "", "", extra))
                parts += _accepted()
            case HangUp():
                parts.append(_request("BYE", target, me, them, next(cseq), "", ""))
                parts.append('<recv response="200"/>')
            case UntilHungUp(seconds):
                parts += _until_bye(seconds)
    return parts


_labels = itertools.count(1)


def _accepted() -> list[str]:
    """202, before or after the first NOTIFY: Asterisk sends them from two threads."""
    again, other, over = next(_labels), next(_labels), next(_labels)
    return [
        f'<label id="{again}"/>', f'<recv request="NOTIFY" optional="true" next="{other}"/>',
        f'<recv response="202" next="{over}"/>',
        f'<label id="{other}"/>', _OK.replace("<send>", f'<send next="{again}">'), f'<label id="{over}"/>', "<nop/>",
    ]  # fmt: skip


def _until_bye(seconds: float) -> list[str]:
    """NOTIFY and others may come before."""
    again, other, over = next(_labels), next(_labels), next(_labels)
    return [
        f'<label id="{again}"/>',
        f'<recv request="NOTIFY" optional="true" next="{other}"/>',
        f'<recv request="BYE" timeout="{int(seconds * 1000)}"/>', _OK.replace("<send>", f'<send next="{over}">'),
        f'<label id="{other}"/>', _OK.replace("<send>", f'<send next="{again}">'), f'<label id="{over}"/>', "<nop/>",
    ]  # fmt: skip


def _request(method: str, target: str, me: str, them: str, cseq: int, body: str, kind: str, extra: str = "") -> str:
    typed = f"Content-Type: {kind}\n" if kind else ""
    return f"""<send retrans="500"><![CDATA[
{method} {target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {_bare(me)}
To: {_bare(them)}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:s@[local_ip]:[local_port]>
Max-Forwards: 70
{extra}{typed}Content-Length: [len]

{body}]]></send>"""


def _ack(target: str, me: str, them: str, cseq: int) -> str:
    return f"""<send><![CDATA[
ACK {target} SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: {_bare(me)}
To: {_bare(them)}
Call-ID: [call_id]
CSeq: {cseq} ACK
Max-Forwards: 70
Content-Length: 0

]]></send>"""


def _bare(header: str) -> str:
    return header


def _optional() -> str:
    return "".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183))


def _scenario(*parts: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="s">\n' + "\n".join(parts) + "\n</scenario>\n"


# ------------------------------------------------------------------ sound
def alaw_tone(hertz: int, seconds: float) -> bytes:
    return bytes(_alaw(int(12000 * sin(2 * pi * hertz * n / 8000))) for n in range(int(8000 * seconds)))


def _alaw(sample: int) -> int:
    """ITU-T G.711."""
    sign = 0x80 if sample >= 0 else 0
    level = min(abs(sample), 32635) >> 4
    if level < 32:
        code = level >> 1
    else:
        exponent = level.bit_length() - 5
        code = (exponent << 4) | ((level >> exponent) & 0x0F)
    return (sign | code) ^ 0x55


def energy(wav: Path) -> tuple[float, float]:
    """Seconds, and the root mean square of the samples (0 to 32767)."""
    import wave

    with wave.open(str(wav)) as sound:
        frames = sound.readframes(sound.getnframes())
        seconds = sound.getnframes() / sound.getframerate()
    samples = struct.unpack(f"<{len(frames) // 2}h", frames)
    return seconds, (sum(each * each for each in samples) / max(len(samples), 1)) ** 0.5
