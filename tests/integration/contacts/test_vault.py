"""Passwords of trunks and desk phones: nobody reads them in the database, on telephony's disk or in a copy of a row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from app import audit
from app.contacts import Unreadable, Vault, routing_snapshot
from app.contacts.equipment import SeatWish, TrunkWish, add_seat, add_trunk, change_trunk, digest_of
from app.contacts.models import TrunkRow
from app.contacts.upkeep import stream_of
from app.core.db import Sessions, make_engine
from app.core.migrate import MIGRATIONS, migrate
from app.core.settings import SettingsError
from app.identity import SEED
from tests.demo_city import SECRET_KEY

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
PASSWORD, SECRET = "first-password", "a-secret-of-this-phone"
DIGEST = digest_of("8101", SECRET)


@pytest.mark.feature("T01", "X04")
def test_neither_the_rows_nor_the_rules_on_disk_hold_a_secret(sessions: Sessions) -> None:
    wish = TrunkWish(host="10.0.0.9", username="073112319", password=PASSWORD)
    with sessions.begin() as session:
        add_trunk(session, "provider", wish, actor=SEED, now=NOW)
        add_seat(session, "8101", SeatWish(kind="SIP", secret=SECRET), actor=SEED, now=NOW)
    with sessions() as session:
        rows = str(session.execute(text("select t::text, s::text from trunk t, seat s")).all())
        rules = routing_snapshot(session, ZoneInfo("UTC"), "en")
    for hidden in (PASSWORD, SECRET, DIGEST):
        assert hidden not in rows
        assert hidden.encode() not in rules.to_json()
    assert Vault(SECRET_KEY).open(rules.trunks[-1].password, "trunk-provider") == PASSWORD
    assert Vault(SECRET_KEY).open(str(rules.seats["8101"].secret_md5), "seat-8101") == DIGEST


def test_the_same_password_again_is_no_change(sessions: Sessions) -> None:
    wish = TrunkWish(host="10.0.0.9", username="073112319", password=PASSWORD)
    with sessions.begin() as session:
        add_trunk(session, "provider", wish, actor=SEED, now=NOW)
        before = session.get_one(TrunkRow, "provider").password
        change_trunk(session, "provider", wish, actor=SEED, now=NOW)
        assert session.get_one(TrunkRow, "provider").password == before
        assert len(list(audit.read(session, stream_of("trunk", "provider")))) == 1


def test_a_seal_opens_with_its_key_and_at_its_place_only() -> None:
    vault = Vault("one key")
    sealed = vault.seal(PASSWORD, "trunk-provider")
    assert vault.open(sealed, "trunk-provider") == PASSWORD
    assert vault.seal(PASSWORD, "trunk-provider") != sealed
    for other, text_, place in (
        (Vault("another key"), sealed, "trunk-provider"), (vault, sealed, "trunk-other"),
        (vault, PASSWORD, "trunk-provider"), (vault, sealed[:-8], "trunk-provider"), (vault, "", "trunk-provider"),
    ):  # fmt: skip
        with pytest.raises(Unreadable, match="enter it again"):
            other.open(text_, place)


def test_the_migration_seals_what_is_there_and_stops_without_a_key(owner_url: str) -> None:
    owner = make_engine(owner_url)
    _down_to(owner, "0045")
    with owner.begin() as connection:
        connection.execute(text("insert into trunk (name, host, username, password) values ('old', 'h', 'u', :it)"),
                           {"it": PASSWORD})  # fmt: skip
        connection.execute(text("insert into trunk (name, host) values ('gateway', 'h')"))
    with pytest.raises(SettingsError, match="CITYDESK_SECRET_KEY"):
        migrate(owner)
    assert _passwords(owner) == {"old": PASSWORD, "gateway": ""}, "nothing has changed"
    migrate(owner, SECRET_KEY)
    sealed = _passwords(owner)
    assert sealed["gateway"] == ""
    assert Vault(SECRET_KEY).open(sealed["old"], "trunk-old") == PASSWORD
    _down_to(owner, "0045")
    assert _passwords(owner)["old"] == PASSWORD
    owner.dispose()


def _passwords(owner: Engine) -> dict[str, str]:
    with owner.connect() as connection:
        return dict(connection.execute(text("select name, password from trunk")).all())


def _down_to(owner: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with owner.begin() as connection:
        config.attributes |= {"connection": connection, "secret_key": SECRET_KEY}
        command.downgrade(config, revision)
