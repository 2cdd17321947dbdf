"""A case's page: what stands on it, for whom, and how much it asks of the database."""

from pathlib import Path

import pytest
from sqlalchemy import event

from app.cases.models import CaseFile
from app.core.db import transaction
from app.core.ids import new_id
from app.documents import Folder, keep
from app.identity import actor_of_user
from app.workflow import Runtime
from tests.integration.web.conftest import House
from tests.integration.web.test_search import REPORT

PHOTO = b"\xff\xd8\xff\xe0 a photo"
MOST_STATEMENTS = 38
"""Of a page with form, history and tables; each asks for an index entry or two, so all of it takes milliseconds."""


@pytest.fixture
def case_no(house: House) -> str:
    return str(house.person("agent").post("/registrations", {"values": REPORT}).json["case_no"])


def test_photos_stand_on_the_page_and_the_task_in_place(
    house: House, runtime: Runtime, case_no: str, tmp_path: Path
) -> None:
    photo = new_id()
    with transaction(runtime.sessions) as session:
        case = session.query(CaseFile).filter_by(case_no=case_no).one()
        agent = actor_of_user(session, "agent")
        keep(session, Folder(tmp_path), photo, PHOTO, subject_kind="case", subject_id=case.id, name="现场.jpg",
             actor=agent, now=runtime.clock.now())  # fmt: skip
    page = house.browser("supervisor").get(f"/cases/{case_no}").text
    assert f'src="/documents/{photo}"' in page
    assert "现场.jpg" in page
    assert f'href="/cases/{case_no}/edit"' in page
    assert 'data-island="form"' in page, "the supervisor's task stands here"
    assert 'data-island="form"' not in house.browser("agent").get(f"/cases/{case_no}").text, "the agent has none"


def test_a_page_asks_little_of_the_database(house: House, runtime: Runtime, case_no: str) -> None:
    browser = house.browser("supervisor")
    browser.get(f"/cases/{case_no}")
    asked: list[str] = []
    event.listen(runtime.sessions.kw["bind"], "before_cursor_execute", lambda *given: asked.append(given[2]))
    bind = house.app.extensions["citydesk"].sessions.kw["bind"]
    if bind is not runtime.sessions.kw["bind"]:
        event.listen(bind, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert browser.get(f"/cases/{case_no}").status_code == 200
    assert 0 < len(asked) <= MOST_STATEMENTS, "\n".join(each.replace("\n", " ")[:110] for each in asked)
