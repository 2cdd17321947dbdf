"""A spot check from the draw to the decision about its appeal."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from app import audit
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.ids import new_id
from app.messaging.models import Notice
from app.supervision import scores, spot_checks, spot_samples
from app.supervision.models import SpotCheck
from app.supervision.spot_samples import Draw

ZONE = "Asia/Shanghai"


@pytest.fixture
def closed(desk):
    """Three orders that sanitation reported back."""
    cases = [desk.given_dispatched() for _ in range(3)]
    for made in cases:
        desk.finish(made.case_id)
    return cases


def drawn(desk, size=2, seed="", username="supervisor", command_id=None):
    today = desk.clock.now().date()
    with desk.runtime.sessions.begin() as session:
        wanted = Draw(today - timedelta(days=60), today, size)
        sample = spot_samples.draw_sample(
            session, wanted, actor=desk.person(username), now=desk.clock.now(), zone=desk.runtime.zone,
            command_id=command_id or new_id(), seed=seed,
        )  # fmt: skip
        checks = list(session.scalars(select(SpotCheck).where(SpotCheck.sample_id == sample.id)))
        assert spot_samples.redraw(session, sample, desk.runtime.zone)
        session.expunge_all()
    desk.wait(seconds=1)
    return sample, checks


def with_session(desk, deed, *args, username, **more):
    with desk.runtime.sessions.begin() as session:
        return deed(session, *args, actor=desk.person(username), now=desk.clock.now(), command_id=new_id(), **more)


def check(desk, check_id, username="supervisor", **verdicts):
    found = dict.fromkeys(("EVIDENCE", "RESULT", "TRUTH", "PROCEDURE", "CONTACT", "DELAY"), "OK") | verdicts
    with desk.runtime.sessions.begin() as session:
        return spot_checks.record_check(
            desk.runtime, session, check_id, found, "照片模糊", actor=desk.person(username), now=desk.clock.now(),
            command_id=new_id(),
        )  # fmt: skip


@pytest.mark.feature("V11")
@pytest.mark.feature("V12")
@pytest.mark.feature("Q08")
def test_drawn_checked_appealed_decided_and_counted(desk, closed) -> None:
    command = new_id()
    sample, checks = drawn(desk, command_id=command)
    assert (sample.population, len(checks), len(sample.seed)) == (3, 2, 16)
    assert drawn(desk, command_id=command)[0].id == sample.id
    one = checks[0]
    with pytest.raises(Invalid):
        check(desk, one.id, EVIDENCE="")
    check(desk, one.id, EVIDENCE="MINOR", RESULT="MAJOR")
    with pytest.raises(Conflict):
        check(desk, one.id)
    since = desk.clock.now() - timedelta(days=60)
    with desk.session() as session:
        score = scores.department_scores(session, since, desk.clock.now() + timedelta(days=1))["sanitation"]
    assert (score.deducted, score.checks) == (7.0, 1)
    assert score.points
    assert score.score == round(score.points - 7, 2)
    with_session(desk, spot_checks.appeal, one.id, "照片清晰，见附件", username="sanitation_head")
    with pytest.raises(Invalid):
        with_session(desk, spot_checks.decide_appeal, one.id, "REDUCED", "部分成立", Decimal(9), username="leader")
    with_session(desk, spot_checks.decide_appeal, one.id, "REDUCED", "部分成立", Decimal(2), username="leader")
    with desk.session() as session:
        score = scores.department_scores(session, since, desk.clock.now() + timedelta(days=1))["sanitation"]
        kinds = [row.kind for row in audit.read(session, one.id)]
        told = {each.text_key for each in session.scalars(select(Notice).where(Notice.kind == "SPOT_CHECK"))}
        assert audit.verify(session) == []
    assert score.points
    assert score.score == round(score.points - 2, 2)
    assert kinds == ["spot_check.checked", "spot_check.appealed", "spot_check.decided"]
    assert {"supervision.check.told.done", "supervision.check.told.decided.REDUCED"} <= told


def test_nobody_is_drawn_twice_and_strangers_do_nothing(desk, closed) -> None:
    _, first = drawn(desk)
    _, rest = drawn(desk, size=9)
    assert len({each.order_id for each in first + rest}) == 3
    with pytest.raises(Conflict):
        drawn(desk)
    for stranger in ("sanitation", "leader", "agent"):
        with pytest.raises(Forbidden):
            drawn(desk, username=stranger)
        with pytest.raises(Forbidden):
            check(desk, first[0].id, username=stranger)
    check(desk, first[0].id, TRUTH="MAJOR")
    for stranger in ("sanitation", "gas_head", "supervisor"):
        with pytest.raises(Forbidden):
            with_session(desk, spot_checks.appeal, first[0].id, "不同意", username=stranger)
    with_session(desk, spot_checks.appeal, first[0].id, "不同意", username="sanitation_head")
    with pytest.raises(Forbidden):
        with_session(desk, spot_checks.decide_appeal, first[0].id, "REVOKED", "成立", None, username="supervisor")


def test_an_appeal_has_its_time(desk, closed) -> None:
    _, (one, *_) = drawn(desk)
    check(desk, one.id, RESULT="MINOR")
    desk.wait(days=9)
    with pytest.raises(Conflict):
        with_session(desk, spot_checks.appeal, one.id, "不同意", username="sanitation_head")
