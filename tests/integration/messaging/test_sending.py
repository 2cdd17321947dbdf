"""Messages that leave the house: once, or UNKNOWN with the reason; never at night; never the same twice."""

from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from app import messaging
from app.core.clock import SimulatedClock
from app.core.db import Sessions
from app.core.errors import Forbidden
from app.core.i18n import load_texts
from app.core.ids import new_id
from app.identity import Actor, Grant, Role
from app.messaging import Channel, Message, QuietHours, Recipient, citizen, shipped_providers
from app.messaging.channels import RecipientKind
from app.messaging.errors import NotResendable, NotSent, Refused
from app.messaging.models import OutgoingMessage
from app.messaging.providers import Parcel
from app.workflow import Runtime, sweep
from app.workflow.models import Outbox
from app.workflow.outbox import deliver_outbox

NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)
ANN = Recipient(RecipientKind.USER, new_id(), "en", "13800130001", "ann@city.example")
BEN = Recipient(RecipientKind.USER, new_id(), "zh-CN")
ADMIN = Actor(new_id(), "Ad", (Grant(Role.ADMINISTRATOR),), "en")
ALARM = Message(
    "ALARM", "case", new_id(), "notice.ALARM",
    {"order_no": "7", "summary": "gas", "reason": "", "alarm": "enum.Reason.OVERDUE"},
)  # fmt: skip


class Wire:
    """A provider that notes what reached it, and then does what the test says."""

    name = "wire"

    def __init__(self) -> None:
        self.arrived: list[Parcel] = []
        self.then: list[BaseException] = []

    def send(self, parcel: Parcel) -> str | None:
        trouble = self.then.pop(0) if self.then else None
        if isinstance(trouble, NotSent | Refused):
            raise trouble
        self.arrived.append(parcel)
        if trouble:
            raise trouble
        return f"wire-{len(self.arrived)}"


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def runtime(sessions: Sessions, wire: Wire) -> Runtime:
    load_texts(Path(__file__).parents[3] / "app")
    runtime = Runtime(sessions, SimulatedClock(NOON), zone=ZoneInfo("Asia/Shanghai"))
    carrier = partial(
        messaging.carry_out, providers={**shipped_providers(), Channel.SMS: wire}, quiet=QuietHours(time(21), time(8))
    )
    runtime.outbox(messaging.OUTBOX_KIND, carrier)
    return runtime


def sent(runtime: Runtime, *to: Recipient, by: tuple[Channel, ...] = (Channel.SMS,), occasion: str = "due") -> object:
    with runtime.sessions.begin() as session:
        told = messaging.send(session, ALARM, to, by, occasion=occasion, now=runtime.clock.now())
    return told.live, told.queued, told.suppressed


def work(runtime: Runtime) -> None:
    """One turn of a worker: everything that is due."""
    with runtime.sessions() as session:
        due = (Outbox.state == "PENDING") & (Outbox.due_at <= runtime.clock.now())
        rows = list(session.scalars(select(Outbox.id).where(due)))
    for row in rows:
        deliver_outbox(runtime, row)


def later(runtime: Runtime, span: timedelta) -> None:
    assert isinstance(runtime.clock, SimulatedClock)
    runtime.clock.move_to(runtime.clock.now() + span)


def the_message(runtime: Runtime) -> OutgoingMessage:
    with runtime.sessions() as session:
        return session.scalars(select(OutgoingMessage)).one()


@pytest.mark.feature("V07")
def test_one_occasion_reaches_everybody_once_by_each_channel(runtime: Runtime, wire: Wire) -> None:
    everywhere = (Channel.LIVE, Channel.SMS, Channel.EMAIL)
    assert sent(runtime, ANN, BEN, by=everywhere) == (2, 2, 2), "Ben has neither number nor address"
    assert sent(runtime, ANN, BEN, by=everywhere) == (0, 0, 0), "the same occasion again"
    assert sent(runtime, ANN, occasion="escalated") == (0, 1, 0)
    work(runtime)
    work(runtime)
    assert [parcel.address for parcel in wire.arrived] == [ANN.phone] * 2
    assert wire.arrived[0].body == "Alarm past its limit: 7 gas "
    with runtime.sessions() as session:
        rows = session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.state, OutgoingMessage.channel)).all()
    assert [(row.channel, row.state, row.provider) for row in rows] == [
        ("EMAIL", "SENT", "local outbox"), ("SMS", "SENT", "wire"), ("SMS", "SENT", "wire"),
        ("EMAIL", "SUPPRESSED", None), ("SMS", "SUPPRESSED", None),
    ]  # fmt: skip
    assert rows[3].reason == "messaging.reason.no_address"


def test_a_worker_that_dies_while_sending_leaves_unknown_and_nothing_goes_out_twice(
    runtime: Runtime, wire: Wire
) -> None:
    sent(runtime, ANN)
    wire.then = [KeyboardInterrupt()]  # kill -9 just after the provider took it: nothing of ours runs any more
    with pytest.raises(KeyboardInterrupt):
        work(runtime)
    assert the_message(runtime).state == "SENDING"
    later(runtime, timedelta(minutes=3))
    sweep(runtime)
    work(runtime)
    work(runtime)
    assert len(wire.arrived) == 1
    message = the_message(runtime)
    assert (message.state, message.reason) == ("UNKNOWN", "messaging.reason.left_sending")

    with runtime.sessions.begin() as session:
        messaging.resend(session, message.id, address=None, actor=ADMIN, now=runtime.clock.now())
    work(runtime)
    assert (len(wire.arrived), the_message(runtime).state) == (2, "SENT"), "a person decided so"
    with runtime.sessions.begin() as session, pytest.raises(NotResendable):
        messaging.resend(session, message.id, address=None, actor=ADMIN, now=runtime.clock.now())


def test_what_certainly_did_not_go_out_is_tried_again_and_what_may_have_is_not(runtime: Runtime, wire: Wire) -> None:
    sent(runtime, ANN)
    wire.then = [NotSent("busy"), NotSent("busy"), ConnectionResetError("cut off while answering")]
    for _ in range(6):
        work(runtime)
        later(runtime, timedelta(hours=3))
    assert len(wire.arrived) == 1
    message = the_message(runtime)
    assert (message.state, message.attempts) == ("UNKNOWN", 3)
    assert "cut off" in (message.reason or "")


def test_a_refusal_and_endless_trouble_are_failures_people_see(runtime: Runtime, wire: Wire) -> None:
    sent(runtime, ANN)
    wire.then = [Refused("no such number")]
    work(runtime)
    assert (the_message(runtime).state, the_message(runtime).reason) == ("FAILED", "no such number")
    wire.then = [NotSent("busy") for _ in range(9)]
    with runtime.sessions.begin() as session:
        messaging.resend(session, the_message(runtime).id, address="139", actor=ADMIN, now=runtime.clock.now())
    for _ in range(9):
        work(runtime)
        later(runtime, timedelta(hours=3))
    message = the_message(runtime)
    assert (message.state, message.attempts, message.address) == ("FAILED", 7, "139")
    assert not wire.arrived


def test_citizens_sleep_and_the_house_does_not(runtime: Runtime, wire: Wire) -> None:
    later(runtime, timedelta(hours=10))  # 22:00 in the city
    caller = citizen(new_id(), phone="13900139999")
    sent(runtime, ANN, caller)
    work(runtime)
    assert [parcel.address for parcel in wire.arrived] == [ANN.phone]
    later(runtime, timedelta(hours=9, minutes=59))
    work(runtime)
    assert len(wire.arrived) == 1
    later(runtime, timedelta(minutes=1))
    work(runtime)
    assert [parcel.address for parcel in wire.arrived] == [ANN.phone, "13900139999"]
    with runtime.sessions() as session:
        assert set(session.scalars(select(Outbox.attempts))) == {1}, "waiting is no attempt"


def test_what_a_worker_knows_counts_more_than_that_it_was_taken_for_dead(runtime: Runtime, wire: Wire) -> None:
    class Slow(Wire):
        def send(self, parcel: Parcel) -> str | None:
            with runtime.sessions.begin() as session:
                session.execute(update(OutgoingMessage).values(state="UNKNOWN", reason="left"))
            return super().send(parcel)

    sent(runtime, ANN)
    quiet = QuietHours(time(21), time(8))
    slow = partial(messaging.carry_out, providers={Channel.SMS: Slow()}, quiet=quiet)
    runtime.outbox(messaging.OUTBOX_KIND, slow)
    work(runtime)
    assert (the_message(runtime).state, the_message(runtime).reason) == ("SENT", None)


def test_only_those_who_may_send_again(runtime: Runtime) -> None:
    sent(runtime, BEN)
    agent = Actor(new_id(), "Ag", (Grant(Role.AGENT),), "en")
    with runtime.sessions.begin() as session, pytest.raises(Forbidden):
        messaging.resend(session, the_message(runtime).id, address="1", actor=agent, now=NOON)


@pytest.mark.parametrize(
    ("hours", "clock", "over"),
    [
        ((time(21), time(8)), "2026-11-18T20:59:59", None),
        ((time(21), time(8)), "2026-11-18T21:00:00", "2026-11-19T08:00:00"),
        ((time(21), time(8)), "2026-11-18T07:59:59", "2026-11-18T08:00:00"),
        ((time(21), time(8)), "2026-11-18T08:00:00", None),
        ((time(12), time(14)), "2026-11-18T13:00:00", "2026-11-18T14:00:00"),
        ((time(0), time(0)), "2026-11-18T00:00:00", None),
    ],
)
def test_quiet_hours(hours: tuple[time, time], clock: str, over: str | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    found = QuietHours(*hours).over_at(datetime.fromisoformat(clock).replace(tzinfo=zone), zone)
    assert found == (datetime.fromisoformat(over).replace(tzinfo=zone) if over else None)
