"""The demo city's past is made through the same doors, and is the same each time."""

from sqlalchemy import func, select

from app import audit, city, workflow
from app.cases import CaseFilter, is_sound, list_cases
from app.contacts import demo_calls
from app.contacts.demo import load_demo_telephone
from app.contacts.demo_calls import load_demo_calls
from app.contacts.models import Call, CallbackRequest
from app.identity import SEED
from app.lifecycle import seed


def test_a_small_past(desk, monkeypatch) -> None:
    told: list[int] = []
    finished = seed.seed(desk.runtime, 8, told.append)
    assert seed.is_seeded(desk.runtime)
    assert told == list(range(1, 9))
    assert finished >= 7, "the latest of them may still run"
    with desk.session() as session:
        lines = list_cases(session, SEED, CaseFilter(), now=desk.clock.now())
        assert workflow.incidents(session) == []
        assert audit.verify(session) == []
    assert all(line.registered_at <= desk.clock.now() for line in lines)
    assert all(is_sound(line.acceptance_no) for line in lines)
    assert {line.stage for line in lines if line.ended_at is None} >= {"ACCEPTANCE", "HANDLING"}
    numbers = [line.acceptance_no for line in reversed(lines)]
    assert numbers == sorted(numbers), "numbers follow the order of the reports"
    with desk.session() as session, session.begin():
        load_demo_telephone(session, SEED, desk.clock.now())
        monkeypatch.setattr(demo_calls, "LOST_EVERY", 1)
        made = load_demo_calls(session, desk.clock.now())
        assert load_demo_calls(session, desk.clock.now()) == made > 5, "the same calls, taken in once"
        assert session.scalar(select(func.count()).select_from(Call)) == made
        assert {row.state for row in session.scalars(select(CallbackRequest))} == {"REACHED"}, "they called again"
        calls = session.scalars(select(Call).where(Call.outcome == "ANSWERED")).all()
        assert all(call.case_id and call.agent and call.ended_at <= desk.clock.now() for call in calls)


def test_the_same_number_tells_the_same_stories(desk) -> None:
    now = desk.clock.now()
    places = [seed.Place("jz/dongcheng/gulou", ("鼓楼大街",))]
    one, other = (seed.Teller(7, places, now).finished(50) for _ in range(2))
    assert one == other
    assert one != seed.Teller(8, places, now).finished(50)
    assert len({story.script for story in one}) > 5


def test_what_still_runs_gives_everybody_work(desk) -> None:
    teller = seed.Teller(7, [seed.Place("jz/dongcheng/gulou", ("鼓楼大街",))], desk.clock.now())
    stories = teller.open_ones(seed.OPEN)
    assert {story.stop for story in stories} >= {
        "judge", "instruct", "confirm_unit", "dispatch", "sign", "handle", "report_back", "review_objection", "verify",
        "reply", "return_visit",
    }  # fmt: skip
    with desk.session() as session:
        of_category = {matter.code: matter.department for matter in city.categories(session)}
        departments = {department.code for department in city.departments(session)}
    at_departments = [
        story for story in stories if story.stop in ("sign", "inspect", "handle", "report_back", "note_answer")
    ]
    assert {of_category[story.values.get("sub_category") or story.values["category"]] for story in at_departments} == (
        departments
    )
    assert [story.registered_at for story in stories] == sorted(story.registered_at for story in stories)
