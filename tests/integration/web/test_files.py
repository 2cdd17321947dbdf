"""Photos of a case: for whoever may read it, and each look is written down. Those of a report still being written."""

from datetime import timedelta
from uuid import UUID

from flask.testing import FlaskClient as Browser
from sqlalchemy import select

from app import audit
from app.audit.models import AccessLog
from app.cases.models import CaseFile
from app.core.db import transaction
from app.core.ids import new_id
from app.core.settings import Settings
from app.documents import FOLDER, Folder, document_of, forget_unsaved, keep
from app.identity import CLOCK, actor_of_user
from app.workflow import Runtime
from tests.integration.web.conftest import House
from tests.integration.web.test_case_page import PHOTO
from tests.integration.web.test_search import REPORT


def test_a_cases_photo_is_seen_by_its_readers_and_each_look_is_logged(
    house: House, runtime: Runtime, settings: Settings
) -> None:
    case_no, photo = house.person("agent").post("/registrations", {"values": REPORT}).json["case_no"], new_id()
    with transaction(runtime.sessions) as session:
        case = session.query(CaseFile).filter_by(case_no=case_no).one()
        supervisor, agent = actor_of_user(session, "supervisor"), actor_of_user(session, "agent")
        keep(session, Folder(settings.data_dir / FOLDER), photo, PHOTO, subject_kind="case", subject_id=case.id,
             name="现场.jpg", actor=agent, now=runtime.clock.now())  # fmt: skip
    seen = house.browser("supervisor").get(f"/documents/{photo}")
    assert (seen.status_code, seen.data) == (200, PHOTO)
    assert house.browser("gas").get(f"/documents/{photo}").status_code == 403
    with runtime.sessions() as session:
        looks = session.scalars(select(AccessLog.actor).where(AccessLog.subject == photo)).all()
    assert looks == [supervisor.id], "who was refused saw nothing"


def add(browser: Browser, place: str, document_id: UUID, content: bytes = PHOTO) -> int:
    token = browser.get("/csrf-token").json["token"]
    headers = {"X-CSRFToken": token, "Accept": "application/json"}
    return browser.put(f"{place}/documents/{document_id}?name=a.jpg", data=content, headers=headers).status_code


def test_files_of_a_report_being_written_survive_a_reload_and_go_into_its_case(house: House, runtime: Runtime) -> None:
    agent, other, command, photo = house.browser("agent"), house.browser("agent2"), new_id(), new_id()
    assert [add(agent, f"/registrations/{command}", photo) for _ in range(2)] == [201, 201]
    page = agent.get("/registrations/new").get_data(as_text=True)
    assert str(command) in page, "a photo alone makes a draft"
    assert f"/documents/{photo}" in page
    assert other.get(f"/documents/{photo}").status_code == 403, "nobody else's yet"
    token = agent.get("/csrf-token").json["token"]
    made = agent.post("/registrations/new", json={"command_id": str(command), "values": REPORT},
                      headers={"X-CSRFToken": token})  # fmt: skip
    case_url = made.json["next"]
    with runtime.sessions() as session:
        case = session.query(CaseFile).filter_by(case_no=case_url.rpartition("/")[2]).one()
        first = audit.read(session, case.instance_id)[0]
        kept = document_of(session, photo)
    assert (kept.subject_kind, kept.subject_id) == ("case", case.id)
    assert kept.sha256.hex() in str(first.changes), "the history vouches for it"
    assert f"/documents/{photo}" in other.get(case_url).get_data(as_text=True)
    assert add(agent, f"/registrations/{command}", new_id()) == 409, "saved already"
    assert add(other, case_url, new_id()) == 201
    assert add(house.browser("gas"), case_url, new_id()) == 403


def test_what_nobody_saved_is_erased(house: House, runtime: Runtime, settings: Settings) -> None:
    agent, command, photo = house.browser("agent"), new_id(), new_id()
    add(agent, f"/registrations/{command}", photo)
    folder = Folder(settings.data_dir / FOLDER)
    with transaction(runtime.sessions) as session:
        path = folder.path(document_of(session, photo).sha256)
        forget_unsaved(session, folder, actor=CLOCK, now=runtime.clock.now() + timedelta(days=13))
        assert path.exists()
        forget_unsaved(session, folder, actor=CLOCK, now=runtime.clock.now() + timedelta(days=15))
        assert not path.exists()
    assert agent.get(f"/documents/{photo}").status_code == 404
