"""Photos of a case: for whoever may read it, and each look is written down."""

from sqlalchemy import select

from app.audit.models import AccessLog
from app.cases.models import CaseFile
from app.core.db import transaction
from app.core.ids import new_id
from app.core.settings import Settings
from app.documents import FOLDER, Folder, keep
from app.identity import actor_of_user
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
