"""Real faxes from a second Asterisk: to the fax number, by the tone that is heard in the menu, by the menu's key."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from app import audit
from app.cases.models import Registration
from app.cli.children import die_with_parent
from app.cli.telephone import Home, Plan, find
from app.cli.telephone.configure import choose_access, configure
from app.cli.telephone.server import answers
from app.contacts.models import CallEvent
from tests.browser.conftest import picture
from tests.telephony.conftest import Exchange
from tests.telephony.desk import Sit, address, chromium, sit
from tests.telephony.far import ask
from tests.telephony.sipp import Press, UntilHungUp, Wait, free_port
from tests.telephony.test_calls import given_registration

__all__ = ["address", "chromium", "sit"]
pytestmark = [pytest.mark.timeout(240), pytest.mark.feature("T35", "T38")]
WIDE, HIGH = 1728, 550
"""Dots of a short page as machines send it: 204 by 98 to the inch."""
DIALPLAN = """[out]
exten => _X.,1,Set(CALLERID(num)=${CUT(EXTEN,*,1)})
 same => n,Dial(PJSIP/${CUT(EXTEN,*,2)}@hotline,30,${IF($["${CUT(EXTEN,*,3)}"=""]?:D(ww${CUT(EXTEN,*,3)}))})

; somebody listens, and presses start when they are told to
[patient]
exten => send,1(listen),GotoIf($["${START}"="1"]?start)
 same => n,Wait(0.2)
 same => n,Goto(listen)
 same => n(start),SendFAX(@PAGE@)
"""
HOTLINE = """
[hotline]
type = endpoint
transport = transport-udp
context = out
disallow = all
allow = alaw
aors = hotline

[hotline]
type = aor
contact = sip:127.0.0.1:@PORT@
"""
PATIENCE = 90


class Machine:
    """A fax machine somewhere in the telephone network."""

    def __init__(self, home: Home, folder: Path, page: Path) -> None:
        self.home, self.folder, self.page = home, folder, page

    def send(self, caller: str, called: str) -> None:
        ask(self.home, self.folder, f"channel originate Local/{caller}*{called}@out application SendFAX {self.page}")

    def press(self, caller: str, called: str, key: str) -> None:
        """Calls and presses a key; sends when `start` is pressed, and makes no sound before."""
        way = f"Local/{caller}*{called}*{key}@out"
        ask(self.home, self.folder, f"channel originate {way} extension send@patient")

    def start(self) -> None:
        ask(self.home, self.folder, "dialplan set global START 1")

    def hang_up(self) -> None:
        ask(self.home, self.folder, "channel request hangup all")


@pytest.fixture(scope="module")
def machine(office: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    home, folder = find(), tmp_path_factory.mktemp("fax")
    assert home is not None
    plan = Plan(folder / "ast", sip_port=free_port(), http_port=free_port())
    access = choose_access(plan)
    configure(home, plan, access)
    sheet = page(folder / "page.tif")
    (plan.folder / "etc" / "extensions.conf").write_text(DIALPLAN.replace("@PAGE@", str(sheet)))
    with (plan.folder / "etc" / "pjsip.conf").open("a") as pjsip:
        pjsip.write(HOTLINE.replace("@PORT@", str(office.asterisk.ports.sip)))
    process = subprocess.Popen(
        [*home.command("asterisk"), "-f", "-q", "-C", str(plan.folder / "etc" / "asterisk.conf")], cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not answers(access.ari_url):
        assert time.monotonic() < deadline, "the second Asterisk does not start"
        time.sleep(0.05)
    yield Machine(home, plan.folder, sheet)
    process.terminate()
    process.wait(10)


def page(file: Path) -> Path:
    sheet = Image.new("1", (WIDE, HIGH), 1)
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((200, 100, 1500, 140), fill=0)
    pen.text((200, 200), "A water pipe has burst in 88 Shuyuan Road.", fill=0, font_size=60)
    sheet.save(file, compression="group3", dpi=(204, 98))
    return file


def pdf_of(exchange: Exchange, caller: str) -> bytes:
    call = exchange.until(lambda: exchange.calls(caller=caller, outcome="FAX"), PATIENCE, f"the fax of {caller}")[0]
    document = exchange.sound(call.id)
    assert document.suffix == ".pdf"
    return document.read_bytes()


def is_the_page(pdf: bytes) -> bool:
    """One page, 8.47 inches wide whatever its dots are, and something on it."""
    width = float(re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+)", pdf)[0])
    return pdf.startswith(b"%PDF") and pdf.count(b"/MediaBox") == 1 and 600 < width < 620 and len(pdf) > 2000


@pytest.mark.browser
def test_a_fax_to_its_number_becomes_a_document_and_a_registration(
    exchange: Exchange, machine: Machine, sit: Sit, address: str
) -> None:
    machine.send("07318101666", "96118")
    assert is_the_page(pdf_of(exchange, "07318101666"))
    call = exchange.call("07318101666")
    case, registration = given_registration(exchange, "07318101666")
    assert (registration.channel, case.district, case.machine_made) == ("FAX", "jz/dongcheng", True)
    supervisor = sit("supervisor")
    supervisor.goto(f"{address}/calls/{call.id}")
    expect(supervisor.locator("main")).to_contain_text("Open the fax")
    picture(supervisor, "call-fax")
    supervisor.goto(f"{address}/cases/{case.case_no}")
    link = supervisor.locator("[data-live=calls] a", has_text="Open the fax")
    shown = supervisor.request.get(address + str(link.get_attribute("href")))
    assert (shown.status, shown.headers["content-type"]) == (200, "application/pdf")


def test_a_machine_is_heard_in_the_menu_and_received_while_telephony_falls(
    exchange: Exchange, machine: Machine
) -> None:
    """Asterisk receives the pages alone; telephony is killed and takes them up afterwards, once."""
    machine.send("07318102666", "12319")
    call = exchange.call("07318102666")
    exchange.until(lambda: "fax" in kinds(exchange, call.id), PATIENCE, "the machine is heard")
    exchange.kill()
    exchange.start()
    assert is_the_page(pdf_of(exchange, "07318102666"))
    told = kinds(exchange, call.id)
    assert (told.count("ended"), told.count("recorded")) == (1, 1)
    assert len(exchange.calls(caller="07318102666")) == 1
    assert not list((exchange.asterisk.folder / "fax").iterdir())


def test_who_presses_the_menus_key_sends_when_the_machine_listens(exchange: Exchange, machine: Machine) -> None:
    machine.press("07318103666", "12319", "5")
    call = exchange.call("07318103666")
    until_it_listens(exchange, call.id)
    machine.start()
    assert is_the_page(pdf_of(exchange, "07318103666"))
    assert "say_fax" in passed(exchange, call.id), "by the key, and not by a machine's tone"
    _, registration = given_registration(exchange, "07318103666")
    assert registration.channel == "FAX"


def test_who_presses_the_key_and_sends_no_page_leaves_a_record_and_nothing_else(exchange: Exchange) -> None:
    """A person who pressed the wrong key, say: the line is given up while Asterisk waits for a machine."""
    citizen = exchange.sipp.citizen("07318104666", "12319", Wait(1), Press("5"), UntilHungUp(60))
    call = exchange.call("07318104666")
    until_it_listens(exchange, call.id)
    exchange.asterisk_cli("channel request hangup all")
    citizen.finish()
    ended = exchange.ended("07318104666")
    assert (ended.id, ended.outcome, ended.cause) == (call.id, "MENU", "fax")
    told = kinds(exchange, call.id)
    assert (told.count("fax"), told.count("ended"), told.count("recording")) == (1, 1, 0)
    assert "say_fax" in passed(exchange, call.id)
    assert exchange.recordings(call.id) == []
    with exchange.sessions() as session:
        assert session.query(Registration).filter_by(caller_phone="07318104666").count() == 0
    exchange.until(lambda: not list((exchange.asterisk.folder / "fax").iterdir()), what="nothing is left over")


def until_it_listens(exchange: Exchange, call: UUID) -> None:
    exchange.until(lambda: "fax" in kinds(exchange, call), PATIENCE, "the call waits for its pages")
    exchange.until(lambda: "ReceiveFAX" in exchange.asterisk_cli("core show channels concise"), what="ReceiveFAX")


def passed(exchange: Exchange, call: UUID) -> list[str]:
    """The menu's elements that the call went through."""
    with exchange.sessions() as session:
        (run, *_) = exchange.until(lambda: audit.read(session, call), what="the voice run")
    return [step["element"] for step in run.steps if step["state"] == "completed"]


def kinds(exchange: Exchange, call: object) -> list[str]:
    with exchange.sessions() as session:
        return [row.kind for row in session.query(CallEvent).filter_by(call_id=call).order_by(CallEvent.no)]
