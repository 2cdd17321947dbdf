"""Hot spots: found from what was registered, within everybody's reach; made public without a person or a case (V10)."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app import audit, lifecycle
from app.cases.models import CaseFile
from app.core.db import transaction
from app.identity import actor_of_user
from app.messaging.models import Notice
from app.reports import roll_up
from app.reports.models import DailySpot
from app.workflow import Runtime
from tests.integration.lifecycle.conftest import REPORT

from .conftest import House, csrf_of

pytestmark = pytest.mark.feature("V10")
XINHE = "jz/dongcheng/xinhe"


def reported(runtime: Runtime, times: int, *, days_ago: int = 0, **values: object) -> list[UUID]:
    """As many reports of one matter from one place, so long ago."""
    with runtime.sessions() as session:
        agent = actor_of_user(session, "agent")
    made = [
        lifecycle.register(runtime, {**REPORT, "incident_summary": f"垃圾桶满溢 {no}", **values}, actor=agent).case_id
        for no in range(times)
    ]
    if days_ago:
        with transaction(runtime.sessions) as session:
            then = runtime.clock.now() - timedelta(days=days_ago)
            session.execute(update(CaseFile).where(CaseFile.id.in_(made)).values(registered_at=then))
    return made


@pytest.fixture
def city(runtime: Runtime) -> Runtime:
    """Bins in Xinhe: six reports this month, two before, of which one confidential; lamps: too few to be a hot spot."""
    bins = reported(runtime, 6, district=XINHE)
    reported(runtime, 2, days_ago=40, district=XINHE)
    reported(runtime, 3, category="MUNICIPAL_ADMINISTRATION", sub_category="STREET_LAMP", district="jz/xicheng")
    with transaction(runtime.sessions) as session:
        session.execute(update(CaseFile).where(CaseFile.id == bins[0]).values(rework_count=1))
        session.execute(update(CaseFile).where(CaseFile.id == bins[1]).values(supervision_level="CIRCULAR"))
    roll_up(runtime, patience=60)
    return runtime


def test_what_is_reported_most_is_found_with_how_it_was_before_and_how_hard_it_is(house: House, city: Runtime) -> None:
    today = city.clock.now().astimezone(city.zone).date()
    days = {"first_day": (today - timedelta(days=29)).isoformat(), "last_day": today.isoformat()}
    (bins,) = house.person("leader").get("/hot-spots", **days)["spots"]
    assert bins == {
        "topic": "OVERFLOWING_BIN", "district": XINHE, "count": 6, "before": 2, "hard": 2,
        "kinds": ["HOT", "HARD", "RISING"],
    }  # fmt: skip
    for kind in ("HARD", "RISING"):
        assert len(house.person("leader").get("/hot-spots", kind=kind, **days)["spots"]) == 1
    assert house.person("leader").get("/hot-spots", district="jz/xicheng", **days)["spots"] == []
    assert len(house.person("supervisor_dongcheng").get("/hot-spots", **days)["spots"]) == 1
    assert house.person("gas_head").get("/hot-spots", **days)["spots"] == [], "not its own"
    page = house.browser("leader").get("/hot-spots").text
    (url,) = re.findall(r'href="(/cases\?[^"]*topic=OVERFLOWING_BIN[^"]*)"', page)
    assert len(re.findall(r"垃圾桶满溢 \d", house.browser("leader").get(url.replace("&amp;", "&")).text)) >= 6


def test_counting_again_gives_the_same(city: Runtime) -> None:
    total = select(func.sum(DailySpot.n), func.sum(DailySpot.hard), func.count())
    with city.sessions() as session:
        before = session.execute(total).one()
    roll_up(city, patience=60)
    with city.sessions() as session:
        assert session.execute(total).one() == before


def test_a_leader_makes_it_public_without_persons_and_offices_hear_of_it(house: House, city: Runtime) -> None:
    leader, stranger = house.browser("leader"), house.app.test_client()
    form = {"days": "30", "spot": f"OVERFLOWING_BIN|{XINHE}", "text": "已增加清运班次。",
            "command_id": "0191f7a0-0000-7000-8000-000000000001"}  # fmt: skip
    for _ in range(2):  # sent twice, published once
        form["csrf_token"] = csrf_of(leader, "/hot-spots")
        assert leader.post("/hot-spots/bulletins", data=form).location == "/hot-spots/bulletins"
    page = stranger.get("/public/hot-spots").text
    assert page.count("<article") == 1
    assert all(word in page for word in ("已增加清运班次", "垃圾", "新河"))
    published = stranger.get("/api/v1/hot-spots/bulletins").json
    (bulletin,) = published["bulletins"]
    assert [(each["count"], each["before"]) for each in bulletin["entries"]] == [(6, 2)]
    with city.sessions() as session:
        numbers = [str(no) for no in session.scalars(select(CaseFile.case_no))]
        told = session.scalars(select(Notice).where(Notice.kind == "BULLETIN")).all()
        assert audit.verify(session) == []
    for secret in (*numbers, "王丽华", "13800136721", "书院路", "垃圾桶满溢 1", "王国栋"):
        assert secret not in page, secret
        assert secret not in str(published), secret
    assert len({notice.recipient for notice in told}) == len(told) >= 4, "duty monitors and heads, each once"
    leader.post(f"/hot-spots/bulletins/{bulletin['id']}/withdrawal", data={"csrf_token": form["csrf_token"]})
    assert "<article" not in stranger.get("/public/hot-spots").text
    assert "已撤下" in leader.get("/hot-spots/bulletins").text


def test_what_is_confidential_or_seldom_is_not_published(house: House, city: Runtime) -> None:
    with transaction(city.sessions) as session:
        two = select(CaseFile.id).where(CaseFile.sub_category == "OVERFLOWING_BIN", CaseFile.district == XINHE)
        newest = two.order_by(CaseFile.registered_at.desc()).limit(2)
        session.execute(update(CaseFile).where(CaseFile.id.in_(newest)).values(confidential=True))
    roll_up(city, patience=60)
    leader = house.browser("leader")
    assert 'name="spot"' not in leader.get("/hot-spots").text
    form = {"spot": f"OVERFLOWING_BIN|{XINHE}", "text": "清运", "csrf_token": csrf_of(leader, "/hot-spots")}
    assert "请至少选择一个可以公开的热点" in leader.post("/hot-spots/bulletins", data=form, follow_redirects=True).text
    supervisor = house.browser("supervisor")
    form["csrf_token"] = csrf_of(supervisor, "/hot-spots")
    assert supervisor.post("/hot-spots/bulletins", data=form).status_code == 403
    assert house.app.test_client().get("/api/v1/hot-spots/bulletins").json["bulletins"] == []
