"""sentences of reminders and messages as a city words them."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table message_text (
  key text not null, language text not null check (language in ('zh-CN', 'en')),
  body text not null check (body <> ''), changed_at timestamptz not null,
  primary key (key, language)
)""")


def downgrade() -> None:
    op.execute("drop table message_text")
