"""Recurring work: one table, done by whoever leads, harmless when two do it."""

from datetime import timedelta

from sqlalchemy import func, select, text

from app.cases.models import Registration
from app.identity.attempts import note_attempt
from app.lifecycle import seed_live
from app.workflow.dispatcher import Lead


def _lead_with_everything_due(desk) -> Lead:
    lead = Lead(desk.runtime, None)
    lead.due = dict.fromkeys(lead.due, 0.0)
    return lead


def test_whoever_leads_keeps_house(desk) -> None:
    done: list[str] = []

    def breaks(_: object) -> None:
        raise ValueError("out of paper")

    desk.runtime.every(timedelta(days=1), "breaks", breaks)
    desk.runtime.every(timedelta(days=1), "comes after it", lambda _: done.append("done"))
    now = desk.clock.now()
    with desk.session() as session, session.begin():
        note_attempt(session, "agent", "10.0.0.1", now - timedelta(days=31))
        note_attempt(session, "agent", "10.0.0.1", now)
    for _ in range(2):
        lead = _lead_with_everything_due(desk)
        lead.keep_house()
        lead.keep_house()  # nothing is due again so soon
    assert done == ["done", "done"], "once a leader"
    with desk.session() as session:
        assert session.scalar(text("select count(*) from sign_in_attempt")) == 1
        versions = select(func.max(text("version"))).select_from(text("calendar_version"))
        assert session.scalar(versions) == 1, "no year was published since"


def test_demo_reports_come_one_by_one_and_end(desk) -> None:
    made = [seed_live.report_one_more(desk.runtime) for _ in range(seed_live.MOST + 2)]
    assert made == [True] * seed_live.MOST + [False, False]
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == seed_live.MOST
