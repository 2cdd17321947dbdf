"""What Asterisk tells, as it tells it."""

from telephony.events import TransferAsked, parse

CHANNEL = {
    "id": "leg-1", "name": "PJSIP/seat-8001-1", "state": "Up", "caller": {"name": "", "number": "8001"},
    "creationtime": "2026-11-28T06:01:17.510+0000", "channelvars": {"CITYDESK": "c:SEAT"},
}  # fmt: skip
ASKED = {
    "type": "ChannelTransfer",
    "refer_to": {"requested_destination": {"destination": "7002"}},
    "referred_by": {"source_channel": CHANNEL},
}


def test_a_transfer_is_asked_for_once_and_its_progress_is_no_new_asking() -> None:
    """Asterisk sends the same event again for each step that we tell it of."""
    asked = parse(ASKED)
    assert isinstance(asked, TransferAsked)
    assert (asked.channel.id, asked.to, asked.partner) == ("leg-1", "7002", None)
    assert parse({**ASKED, "state": "channel_progress"}) is None
    assert parse({**ASKED, "state": "channel_answered"}) is None
