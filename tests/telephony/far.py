"""The telephone network around the city, played by a second Asterisk on other loopback addresses: a SIP provider, an E1
gateway, a district's gateway, an analog gateway with 32 lines, and a telephone far away."""

import base64
import json
import signal
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from urllib.parse import quote, urlsplit

from app.cli.children import die_with_parent
from app.cli.servers import Server
from app.cli.telephone import Home, Plan, Telephone, start_asterisk
from app.cli.telephone.configure import Access, choose_access, configure
from app.cli.telephone.server import answers
from app.contacts import Vault, seat_place, trunk_place
from app.contacts.models import TrunkRow
from tests.demo_city import SECRET_KEY
from tests.telephony.sipp import free_port

PRI, PROVIDER, DISTRICT, ANALOG, REMOTE = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"
CITY = "127.0.0.1"
LINES = 2
"""Channels of the E1 gateway: an E1 has 30, which would only take longer to fill."""
ACCOUNT, PASSWORD = "073112319000", "a provider's secret"
SEAT_SECRET = "a desk phone's secret"
VAULT = Vault(SECRET_KEY)
SEALED = VAULT.seal(
    md5(f"seat-8003:asterisk:{SEAT_SECRET}".encode(), usedforsecurity=False).hexdigest(), seat_place("8003")
)
"""What a desk phone's row holds."""

DIALPLAN = """
; what reaches us from the city; the log says who was called by whom, at which of our addresses, and how safely
[city]
exten => _X.,1,Goto(answer,${EXTEN},1)
exten => _seat-X.,1,Goto(answer,${EXTEN},1)
exten => _XX,1,GotoIf($[${EXTEN} < 1 | ${EXTEN} > 32]?none)
 same => n,Goto(answer,${EXTEN},1)
 same => n(none),Hangup(1)

[answer]
exten => _.!,1,Answer()
 same => n,Wait(0.4)
 same => n,Set(FILE(@LOG@,,,al,u)=${EXTEN} ${CALLERID(num)} ${CHANNEL(pjsip,local_addr)} ${CHANNEL(pjsip,secure)} ${CHANNEL(rtp,secure)})
 same => n,Milliwatt()

; calls to the city: way*caller*called
[out]
exten => _[a-z0-9].,1,Set(CALLERID(num)=${CUT(EXTEN,*,2)})
 same => n,GotoIf($["${CUT(EXTEN,*,1)}" = "account"]?account)
 same => n,Dial(PJSIP/${CUT(EXTEN,*,3)}@${CUT(EXTEN,*,1)},30)
 same => n,Hangup()
 same => n(account),Dial(PJSIP/@ACCOUNT@,30)
"""  # noqa: E501


@dataclass
class Far:
    """What a test sees of it. `ports`: address → SIP port."""

    asterisk: Telephone
    home: Home
    ports: dict[str, int]

    def call(self, way: str, caller: str, called: str = "12319") -> None:
        """A citizen's call to the city by `pri`, `district` or `provider`, or by `account`, where the provider says no
        number but calls what we registered: a tone that never ends."""
        way = ACCOUNT if way == "provider" else way
        self.cli(f"channel originate Local/{way}*{caller}*{called}@out application Milliwatt")

    def hang_up(self) -> None:
        self.cli("channel request hangup all")

    def cli(self, command: str) -> str:
        return ask(self.home, self.asterisk.folder, command)

    def heard(self, number: str, caller: str = "") -> list[str] | None:
        """Who called `number` here: [caller, our address, secure signalling, secure sound]."""
        log = self.asterisk.folder / "calls.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return next((line.split()[1:] for line in lines if line.startswith(f"{number} {caller}")), None)


def ask(home: Home, folder: Path, command: str) -> str:
    asked = [*home.command("asterisk"), "-C", str(folder / "etc" / "asterisk.conf"), "-rx", command]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def variable(telephone: Telephone, channel: str, name: str) -> str:
    """A variable of a channel of that Asterisk, by its REST interface."""
    url = urlsplit(telephone.access.ari_url)
    address = f"http://{url.hostname}:{url.port}{url.path}/channels/{channel}/variable?variable={quote(name)}"
    token = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Authorization": f"Basic {token}"})) as told:
        return str(json.load(told)["value"])


def start_both(home: Home, folder: Path, member: str) -> tuple[Telephone, Far]:
    """The city's Asterisk, which telephony tells of `trunks`, and the network around it, which it trusts."""
    ports = {address: free_port() for address in (PRI, PROVIDER, DISTRICT, ANALOG, REMOTE)}
    around = Plan(folder / "far", sip_host=PROVIDER, http_port=free_port())
    access = choose_access(around)
    configure(home, around, access)
    keys = folder / "ast" / "keys"
    keys.mkdir(parents=True)
    (keys / "trusted.pem").write_bytes((folder / "far" / "keys" / "sip.crt").read_bytes())
    city = start_asterisk(home, Plan(folder / "ast", strict_rtp=False, members=[member]))
    return city, _start_far(home, folder / "far", access, ports, city)


def trunks(ports: dict[str, int]) -> list[TrunkRow]:
    """The city's ways to the outside."""
    return [
        TrunkRow(name="pri", host=PRI, port=ports[PRI], transport="tcp", codecs=["alaw"], lines=LINES, ask_every=1,
                 caller_id="12319"),
        TrunkRow(name="provider", host=PROVIDER, port=ports[PROVIDER], transport="tls", codecs=["alaw", "ulaw"],
                 username=ACCOUNT, password=VAULT.seal(PASSWORD, trunk_place("provider")), caller_id="12319"),
        TrunkRow(name="xicheng", host=DISTRICT, port=ports[DISTRICT], codecs=["opus", "alaw"], ask_every=0,
                 outward=False, caller_id="12319"),
    ]  # fmt: skip


def _start_far(home: Home, folder: Path, access: Access, ports: dict[str, int], city: Telephone) -> Far:
    dialplan = DIALPLAN.replace("@LOG@", str(folder / "calls.log")).replace("@ACCOUNT@", ACCOUNT)
    (folder / "etc" / "extensions.conf").write_text(dialplan)
    (folder / "etc" / "pjsip.conf").write_text(_pjsip(folder, ports, city))
    process = subprocess.Popen(
        [*home.command("asterisk"), "-f", "-q", "-C", str(folder / "etc" / "asterisk.conf")], cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not answers(access.ari_url):
        assert time.monotonic() < deadline, "the second Asterisk does not start"
        time.sleep(0.05)
    server = Server(process, access.ari_url, signal.SIGTERM, lambda: server)
    return Far(Telephone(server, access, folder), home, ports)


def _pjsip(folder: Path, ports: dict[str, int], city: Telephone) -> str:
    keys = f"cert_file={folder}/keys/sip.crt\npriv_key_file={folder}/keys/sip.key\nmethod=tlsv1_2"
    endpoint = "type=endpoint\ncontext=city\ndisallow=all\nallow=alaw\ndirect_media=no\nfrom_domain=127.0.0.1"
    safe = "media_encryption=sdes\nmedia_encryption_optimistic=yes"
    tls = f"{CITY}:{city.ports.tls}\\;transport=tls"
    return f"""[global]
type=global
endpoint_identifier_order=username,ip

[tcp-pri]
type=transport
protocol=tcp
bind={PRI}:{ports[PRI]}

[tls-provider]
type=transport
protocol=tls
bind={PROVIDER}:{ports[PROVIDER]}
{keys}

[udp-district]
type=transport
protocol=udp
bind={DISTRICT}:{ports[DISTRICT]}

[udp-analog]
type=transport
protocol=udp
bind={ANALOG}:{ports[ANALOG]}

[tls-remote]
type=transport
protocol=tls
bind={REMOTE}:{ports[REMOTE]}
{keys}

[city]
{endpoint}
{safe}
[city]
type=identify
endpoint=city
match={CITY}

[pri]
{endpoint}
transport=tcp-pri
aors=pri
[pri]
type=aor
contact=sip:{CITY}:{city.ports.sip}\\;transport=tcp

[district]
{endpoint}
transport=udp-district
aors=district
[district]
type=aor
contact=sip:{CITY}:{city.ports.sip}

[{ACCOUNT}]
{endpoint}
{safe}
transport=tls-provider
aors={ACCOUNT}
auth={ACCOUNT}
rewrite_contact=yes
[{ACCOUNT}]
type=aor
max_contacts=1
[{ACCOUNT}]
type=auth
auth_type=userpass
username={ACCOUNT}
password={PASSWORD}

[seat-8003]
type=registration
transport=tls-remote
outbound_auth=seat-8003
server_uri=sip:{tls}
client_uri=sip:seat-8003@{tls}
contact_user=seat-8003
retry_interval=1
forbidden_retry_interval=1
fatal_retry_interval=1
max_retries=1000
auth_rejection_permanent=no
[seat-8003]
type=auth
auth_type=userpass
username=seat-8003
password={SEAT_SECRET}
"""
