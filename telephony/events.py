"""What Asterisk tells, as typed values. Unknown events are None: newer versions may send more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    state: str
    caller: str
    made_at: datetime
    mark: str
    """Our own variable CITYDESK: which call's which leg it is."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A channel came into the application; `args` say why."""

    channel: Channel
    args: tuple[str, ...]
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """A channel left the application, for the dialplan or for good."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Ended:
    """A channel is no more. `cause` is Q.850's number."""

    channel: Channel
    cause: int


@dataclass(frozen=True, slots=True)
class Digit:
    channel: Channel
    digit: str


@dataclass(frozen=True, slots=True)
class Held:
    channel: Channel


@dataclass(frozen=True, slots=True)
class Retrieved:
    channel: Channel


@dataclass(frozen=True, slots=True)
class Played:
    """A playback is over; `failed` when the sound was not there."""

    playback: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str
    seconds: int
    failed: bool


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """A desk phone asked by SIP REFER to lead its call to `to` (blind), or to join two calls (attended: `partner`)."""

    channel: Channel
    to: str
    partner: str | None


@dataclass(frozen=True, slots=True)
class PhoneChanged:
    """A seat's telephone registered or went away."""

    endpoint: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class Replaced:
    """Another process has taken our name: there must be one only."""


Event = (Entered | Left | Ended | Digit | Held | Retrieved | Played | Recorded | TransferAsked | PhoneChanged
         | Replaced)  # fmt: skip


def parse(raw: Mapping[str, Any]) -> Event | None:
    match raw.get("type"):
        case "StasisStart":
            replaced = raw.get("replace_channel")
            return Entered(channel_of(raw["channel"]), tuple(raw.get("args", ())), replaced["id"] if replaced else None)
        case "StasisEnd":
            return Left(channel_of(raw["channel"]))
        case "ChannelDestroyed":
            return Ended(channel_of(raw["channel"]), int(raw.get("cause", 0)))
        case "ChannelDtmfReceived":
            return Digit(channel_of(raw["channel"]), raw["digit"])
        case "ChannelHold":
            return Held(channel_of(raw["channel"]))
        case "ChannelUnhold":
            return Retrieved(channel_of(raw["channel"]))
        case "PlaybackFinished":
            playback = raw["playback"]
            return Played(playback["id"], playback.get("state") == "failed")
        case "RecordingFinished" | "RecordingFailed":
            recording = raw["recording"]
            failed = raw["type"] == "RecordingFailed"
            return Recorded(recording["name"], int(recording.get("duration", 0)), failed)
        case "ChannelTransfer":
            return _transfer(raw)
        case "ContactStatusChange":
            endpoint = raw["endpoint"].get("resource", "")
            status = raw.get("contact_info", {}).get("contact_status", "")
            return PhoneChanged(endpoint, status not in ("Removed", "Unreachable", "NonQualified-removed"))
        case "ApplicationReplaced":
            return Replaced()
        case _:
            return None


def channel_of(raw: Mapping[str, Any]) -> Channel:
    return Channel(
        raw["id"], raw["name"], raw["state"], raw.get("caller", {}).get("number", ""),
        datetime.fromisoformat(raw["creationtime"]).astimezone(UTC), raw.get("channelvars", {}).get("CITYDESK", ""),
    )  # fmt: skip


def _transfer(raw: Mapping[str, Any]) -> TransferAsked | None:
    refer = raw.get("refer_to", {})
    asking = raw.get("referred_by", {}).get("source_channel")
    if asking is None or raw.get("state"):  # with a state it is the echo of the progress that we told
        return None
    to = refer.get("requested_destination", {}).get("destination", "")
    partner = refer.get("connected_channel") or refer.get("destination_channel")
    return TransferAsked(channel_of(asking), to, partner["id"] if partner else None)
