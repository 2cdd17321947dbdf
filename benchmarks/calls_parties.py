"""SIPp's scenarios of the calls' benchmark: a citizen who waits, one who chooses in the voice menu, a seat."""

from pathlib import Path

HOLD = 1000
"""Milliseconds of each talk."""
CITIZEN = """<scenario name="caller"><nop><action><log message="[timestamp] 138[call_number]x"/></action></nop>
<send retrans="500"><![CDATA[
INVITE sip:12310@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:138[call_number]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:12310@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:c@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=u 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/><recv response="180" optional="true"/><recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK sip:12310@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:138[call_number]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:12310@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>
CHOICE<recv request="BYE" timeout="BYE_WITHIN"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>"""
_SEAT = """<scenario name="seat"><recv request="INVITE" rrs="true"><action>
<ereg regexp="sip:([0-9]*)@" search_in="hdr" header="From:" assign_to="all,number"/>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:([^>]*)" search_in="hdr" header="Contact:" assign_to="whole,contact"/>
<log message="[timestamp] [$number]x"/></action></recv>
<Reference variables="all,whole,number,from,to,contact"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]S[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:s@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=a 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv request="ACK"/><pause milliseconds="HOLD"/>
<send retrans="500"><![CDATA[
BYE sip:[$contact] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: [$to];tag=[pid]S[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/></scenario>"""

_PRESS = """<pause milliseconds="200"/><send retrans="500"><![CDATA[
INFO sip:12310@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:138[call_number]@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:12310@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 INFO
Contact: <sip:c@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/dtmf-relay
Content-Length: [len]

Signal=0
Duration=160
]]></send><recv response="200"/>"""


def citizen(*, chooses: bool = False, speaks: Path | None = None) -> str:
    """Calls 12310, which the table leads straight to the people; who `chooses` calls 12319 and presses a key in its
    voice menu. `speaks`: sound that goes into the line."""
    begun = _PRESS if chooses else ""
    if speaks is not None:
        begun += f'<nop><action><exec rtp_stream="{speaks},-1,8,PCMA/8000"/></action></nop>'
    spoken = CITIZEN.replace("CHOICE", begun).replace("BYE_WITHIN", "60000" if chooses else "20000")
    return spoken.replace("sip:12310@", "sip:12319@") if chooses else spoken


def seat(hold_ms: int = HOLD) -> str:
    """Lifts at once and hangs up after so many milliseconds."""
    return _SEAT.replace("HOLD", str(hold_ms))
