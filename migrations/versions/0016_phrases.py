"""phrases that people write again and again"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table phrase (
  id uuid primary key, owner uuid references app_user,  -- null: everybody's
  title text not null check (length(title) between 1 and 40), body text not null,
  made_at timestamptz not null, made_by uuid not null
);
create index phrase_owner on phrase (owner)
""")


def downgrade() -> None:
    op.execute("drop table phrase")
