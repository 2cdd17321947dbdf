"""Lists and figures of call records."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.contacts import CallFilter, callbacks_to_do, figures, figures_by_group, list_calls
from app.contacts.models import Call, CallbackRequest, SkillGroup
from app.core.db import Sessions
from app.core.ids import new_id

DAY = datetime(2026, 11, 27, tzinfo=UTC)


def call(second: int, *, waits: int | None = None, talks: int | None = None, **values: Any) -> Call:
    """A call that began so many seconds into the day, waited for a person and talked."""
    began = DAY + timedelta(seconds=second)
    answered = began + timedelta(seconds=waits) if waits is not None and talks is not None else None
    ended = (answered or began) + timedelta(seconds=talks if talks is not None else waits or 1)
    usual = {"direction": "IN", "caller": "13800000001", "called": "12319", "skill_group": "GENERAL"}
    outcome = "ANSWERED" if answered else "ABANDONED" if waits is not None else "MENU"
    return Call(
        id=new_id(), began_at=began, queued_at=began if waits is not None else None, answered_at=answered,
        ended_at=ended, outcome=outcome, **(usual | values),
    )  # fmt: skip


@pytest.mark.feature("Q09")
def test_the_service_level_counts_whoever_wanted_a_person(sessions: Sessions) -> None:
    """15 s is the group's time: two of four are in it; who was served by the menu does not count, nor yesterday."""
    with sessions.begin() as session:
        session.add(SkillGroup(code="GENERAL", names={}, answer_within_seconds=15))
        session.flush()
        session.add_all([call(0, waits=5, talks=60), call(10, waits=15, talks=30), call(20, waits=16, talks=30),
                         call(30, waits=40), call(40), call(-60, waits=5, talks=10)])  # fmt: skip
    with sessions() as session:
        day = figures(session, DAY)
        groups = figures_by_group(session, DAY)
    assert (day.arrived, day.queued, day.answered, day.in_time, day.abandoned) == (5, 4, 3, 2, 1)
    assert (day.service_level, day.connect_rate, day.talked, day.waited) == (50, 75, 40, 12)
    assert groups == {"GENERAL": day}


def test_pages_of_calls_show_each_once_the_newest_first(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.add_all([call(second // 2, waits=5, talks=5) for second in range(5)])  # some at the same moment
        session.add(call(3, waits=5, caller="13900000009"))
    seen, after = [], None
    with sessions() as session:
        while page := list_calls(session, CallFilter(), after, 2):
            seen += page
            after = page[-1].began_at, page[-1].id
        assert seen == sorted(seen, key=lambda each: (each.began_at, each.id), reverse=True)
        assert len({each.id for each in seen}) == 6
        found = list_calls(session, CallFilter(number="+86 139-0000-0009"))
        assert [each.caller for each in found] == ["13900000009"]
        assert len(list_calls(session, CallFilter(state="ABANDONED", began_from=DAY))) == 1


@pytest.mark.feature("Q06")
def test_who_was_talked_with_since_is_not_called_back(sessions: Sessions) -> None:
    """Called and reached, called in vain, or they called again themselves and got through."""
    reached, in_vain, again = "13900000001", "13900000002", "13900000003"
    with sessions.begin() as session:
        for number in (reached, in_vain, again):
            lost = call(0, waits=30, caller=number)
            session.add_all([lost, CallbackRequest(id=new_id(), call_id=lost.id, phone=number, reason="ABANDONED",
                                                   asked_at=lost.ended_at, next_at=lost.ended_at)])  # fmt: skip
        out = {"direction": "OUT", "caller": "7001", "skill_group": None}
        session.add_all([call(100, waits=3, talks=20, called=reached, **out), call(100, called=in_vain, **out),
                         call(200, waits=3, talks=20, caller=again)])  # fmt: skip
    with sessions() as session:
        assert [request.phone for request, _ in callbacks_to_do(session)] == [in_vain]
