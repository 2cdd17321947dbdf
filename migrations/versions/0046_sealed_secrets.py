"""sealed secrets: passwords of trunks and desk phones can no longer be read in the database.

What is there is sealed with the key in force (CITYDESK_SECRET_KEY); downgrading opens it again. Where there is
something to seal and no key, the migration stops, and nothing has changed."""

from collections.abc import Callable

from alembic import context, op
from sqlalchemy import text

from app.contacts.vault import Vault
from app.core.settings import SettingsError

revision = "0046"
down_revision = "0045"

COLUMNS = (("trunk", "name", "password"), ("seat", "number", "secret_md5"))


def upgrade() -> None:
    _rewrite(lambda vault, secret, place: vault.seal(secret, place))


def downgrade() -> None:
    _rewrite(lambda vault, sealed, place: vault.open(sealed, place))


def _rewrite(change: Callable[[Vault, str, str], str]) -> None:
    op.execute("set local lock_timeout = '5s'")
    connection, secret_key = op.get_bind(), context.config.attributes.get("secret_key")
    for table, key, column in COLUMNS:
        there = text(f"select {key}, {column} from {table} where {column} <> '' for update")  # noqa: S608 (constants)
        update = text(f"update {table} set {column} = :value where {key} = :name")  # noqa: S608
        found = connection.execute(there).all()
        if found and not secret_key:
            raise SettingsError("CITYDESK_SECRET_KEY must be set: the telephone's passwords are sealed with it")
        for name, value in found:
            changed = change(Vault(secret_key), value, f"{table}-{name}")
            connection.execute(update, {"name": name, "value": changed})
