"""The inbox shows a person the tasks he may complete, and no others, page by page."""

from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from app import workflow
from app.core.db import Sessions
from app.core.errors import Invalid
from app.identity.actors import Actor, Grant, Role
from app.identity.permissions import can, district_prefixes, group_labels
from tests.integration.workflow.office import Office
from tests.unit.engine.writing import diagram, end, process, start, user, zeebe

LATEST = datetime.max.replace(tzinfo=UTC)
GROUPS = {
    "agents": "agent", "supervisors": "shift_supervisor", "gas": "gas", "handlers": "department_handler",
    "either": "agent, gas", "anybody": "",
}  # fmt: skip
PLACES = [(None, ()), ("jz/dongcheng", ("gas",)), ("jz/xicheng", ("water",)), ("jz/dong", ("gas",))]
PEOPLE = [
    (Grant(Role.AGENT),), (Grant(Role.AGENT, "jz/dongcheng"),), (Grant(Role.SHIFT_SUPERVISOR, "jz/xicheng"),),
    (Grant(Role.DEPARTMENT_HANDLER, None, "gas"),), (Grant(Role.DEPARTMENT_HEAD, "jz/dongcheng", "gas"),),
    (Grant(Role.ANALYST),), (),
    (Grant(Role.AGENT, "jz/dongcheng"), Grant(Role.DEPARTMENT_HANDLER, "jz/xicheng", "water")),
]  # fmt: skip


@pytest.fixture
def office(sessions: Sessions) -> Office:
    diagrams = []
    for name, groups in GROUPS.items():
        assignment = zeebe("assignmentDefinition", candidateGroups=groups) if groups else ""
        diagrams.append(
            diagram(process(name, start(), user(f"t_{name}", assignment), end(), flows=f"s > t_{name} > e"))
        )
    office = Office(sessions, *diagrams)
    for name in GROUPS:
        for district, departments in PLACES:
            office.start(name, {}, district=district, departments=departments, subject_id=uuid4())
    return office


@pytest.mark.parametrize("grants", PEOPLE)
def test_it_says_the_same_as_the_permissions(office: Office, grants: tuple[Grant, ...]) -> None:
    actor = Actor(UUID(int=7), "x", grants)
    with office.runtime.sessions() as session:
        everything = [workflow.task(session, row.task_id) for row in office.rows("select task_id from user_task")]
        mine, following = workflow.inbox(
            session, actor, labels=group_labels(actor), district_prefixes=district_prefixes(actor), limit=100
        )
        plain, _ = workflow.inbox(session, actor, limit=100)
    expected = {task.task_id for task in everything if task and can(actor, "task.complete", task.scope())}
    assert {task.task_id for task in plain} == expected
    assert {task.task_id for task in mine} == expected
    assert following is None


def test_pages_follow_each_other_without_gap_or_repeat(office: Office) -> None:
    actor = Actor(UUID(int=7), "x", (Grant(Role.AGENT),))
    seen, after = [], None
    with office.runtime.sessions() as session:
        while True:
            page, after = workflow.inbox(session, actor, after=after, limit=3)
            seen += page
            if after is None:
                break
        whole, _ = workflow.inbox(session, actor, limit=100)
        with pytest.raises(Invalid):
            workflow.inbox(session, actor, after="nonsense")
    assert seen == whole
    assert len(seen) == 8
    assert all((-a.priority, a.created_at) <= (-b.priority, b.created_at) for a, b in pairwise(seen))


def test_what_is_due_first_stands_first_beyond_the_first_page_too(office: Office) -> None:
    """450 tasks whose due times run against their age; some have none: they come last, the urgent ones before."""
    with office.runtime.sessions.begin() as session:
        session.execute(
            text(
                "insert into user_task(task_id, instance_id, element, process_id, groups, users, due, priority,"
                " created_at) select gen_random_uuid(), (select id from instance limit 1), 't', 'p', '{leader}', '{}',"
                " case when n % 3 > 0 then timestamptz '2026-03-02' - n * interval '1 min' end, n % 7,"
                " timestamptz '2026-03-01' + n * interval '1 s' from generate_series(1, 450) n"
            )
        )
    actor = Actor(UUID(int=7), "x", (Grant(Role.LEADER),))
    pages, after = [], None
    with office.runtime.sessions() as session:
        while not pages or after:
            page, after = workflow.inbox(session, actor, after=after, limit=200)
            pages.append(page)
    seen = [task for page in pages for task in page]
    assert [len(page) for page in pages] == [200, 200, 50]
    assert seen == sorted(seen, key=lambda task: (task.due or LATEST, -task.priority, task.created_at))


def test_counts_are_those_of_the_lists(office: Office) -> None:
    me, other = (Actor(UUID(int=n), "x", (Grant(Role.SHIFT_SUPERVISOR),)) for n in (7, 8))
    with office.runtime.sessions() as session:
        taken = workflow.inbox(session, other, limit=1)[0][0]
    office.do(taken.instance_id, "claim", other, task_id=str(taken.task_id))
    with office.runtime.sessions() as session:
        counts = workflow.inbox_counts(session, me, {"all": ("own", ()), "others": ("held", ())})
        assert counts == {"all": len(workflow.inbox(session, me)[0]), "others": 1}
        others = workflow.inbox(session, me, reach="held")[0]
    assert [task.task_id for task in others] == [taken.task_id]
    assert can(me, "task.release", others[0].scope())


def test_what_another_claimed_is_gone_from_mine(office: Office) -> None:
    mine, other = (Actor(UUID(int=n), "x", (Grant(Role.AGENT),)) for n in (7, 8))
    with office.runtime.sessions() as session:
        first = workflow.inbox(session, mine, limit=1)[0][0]
    office.do(first.instance_id, "claim", mine, task_id=str(first.task_id))
    with office.runtime.sessions() as session:
        ids = [{task.task_id for task in workflow.inbox(session, actor)[0]} for actor in (mine, other)]
    assert first.task_id in ids[0]
    assert first.task_id not in ids[1]
