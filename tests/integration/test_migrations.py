from sqlalchemy import text

from app.core.db import Sessions, transaction


def test_the_applications_role_owns_no_table(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        assert session.scalar(text("select current_user")) == "citydesk_app"
        owned = session.scalar(text("select count(*) from pg_tables where tableowner = current_user"))
    assert owned == 0
