"""A call is what its facts add up to, in whatever order a slow machine tells them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.contacts import CallKind, Fact
from telephony.calls import Stage, fold

AT = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS = st.sampled_from(["leg-1", "leg-2"])
LEGS = OTHERS | st.just("citizen")
AGENTS = st.sampled_from([None, str(uuid4()), str(uuid4())])


def told(kind: CallKind, /, **body: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[CallKind, dict[str, Any]]]:
    return st.tuples(st.just(kind), st.fixed_dictionaries(body))


FACTS = st.one_of(
    told(CallKind.QUEUED, group=st.just("GENERAL")),
    told(CallKind.RANG, leg=OTHERS, kind=st.sampled_from(["SEAT", "OUTSIDE"]), agent=AGENTS),
    told(CallKind.LEG_ENDED, leg=LEGS), told(CallKind.ANSWERED, leg=OTHERS, agent=AGENTS),
    told(CallKind.JOINED, leg=OTHERS, agent=AGENTS), told(CallKind.HELD), told(CallKind.RETRIEVED),
    told(CallKind.FAX), told(CallKind.ENDED, outcome=st.just("ANSWERED")),
    told(CallKind.RECORDING, recording=st.just("r"), kind=st.just("TALK"), name=st.just("r")),
    told(CallKind.RECORDED, recording=st.just("r"), kind=st.just("TALK")),
)  # fmt: skip


@given(st.lists(FACTS, max_size=20))
def test_a_call_that_is_over_stays_over_and_its_legs_stay_away(facts: list[tuple[CallKind, dict[str, Any]]]) -> None:
    subject = uuid4()
    arrived = {"direction": "IN", "caller": "1", "called": "2", "channel": "citizen"}
    call = fold(None, Fact(subject, 1, CallKind.ARRIVED, AT, arrived))
    over = False
    for no, (kind, body) in enumerate(facts, 2):
        call = fold(call, Fact(subject, no, kind, AT, body))
        over = over or kind is CallKind.ENDED
        assert call.no == no
        assert (call.stage is Stage.ENDED) == over
        assert not (over and call.legs)
