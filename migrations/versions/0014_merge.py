"""reports that joined a case (并单)"""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table merge (
  id uuid primary key, case_id uuid not null references case_file,
  registration_id uuid not null references registration, content jsonb not null,
  at timestamptz not null, actor uuid not null, actor_name text not null,
  undone_at timestamptz, undone_by uuid, undone_by_name text
);
create index merge_case on merge (case_id, at);
create unique index merge_standing on merge (registration_id) where undone_at is null
""")


def downgrade() -> None:
    op.execute("drop table merge")
