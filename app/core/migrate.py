"""Bring the database to the newest migration, and give the application's role what it needs: it owns no table."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

MIGRATIONS = Path(__file__).parents[2] / "migrations"
APP_ROLE = "citydesk_app"


def migrate(owner: Engine, secret_key: str = "") -> None:
    """Run outstanding migrations as the owning role, one process at a time; then grant to `citydesk_app`. `secret_key`:
    for those that seal what is there; raises SettingsError where they need one."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with owner.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(1231901)"))
        _ensure_role(connection)
        config.attributes |= {"connection": connection, "secret_key": secret_key}
        command.upgrade(config, "head")
        _grant(connection)


def _ensure_role(connection: Connection) -> None:
    execute = connection.exec_driver_sql
    execute(
        f"do $$ begin if not exists (select from pg_roles where rolname = '{APP_ROLE}') then"
        f" create role {APP_ROLE} login; end if; end $$"
    )


def _grant(connection: Connection) -> None:
    """Everything but what would rewrite the past: `history` tables take INSERT and SELECT only."""
    execute = connection.exec_driver_sql
    execute(f"grant usage on schema public to {APP_ROLE}")
    execute(f"grant select, insert, update, delete on all tables in schema public to {APP_ROLE}")
    execute(f"grant usage on all sequences in schema public to {APP_ROLE}")
    execute(f"grant execute on all functions in schema public to {APP_ROLE}")
    execute(
        "do $$ declare t text; begin for t in"  # noqa: S608  (the role is a constant)
        " select tablename from pg_tables where schemaname = 'public' and tablename ~ '^history(_p\\d+)?$' loop"
        f" execute format('revoke update, delete, truncate on %%I from {APP_ROLE}', t); end loop; end $$"
    )
