"""recording_copies: copies of recordings outside, in a folder or an S3-compatible store (S13)."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        """create table recording_copy (
  recording_id uuid not null references recording, place text not null, asked_at timestamptz not null,
  kept_at timestamptz, failed_at timestamptz, attempts int not null default 0, error text,
  primary key (recording_id, place)
)"""
    )
    op.execute("create index recording_copy_open on recording_copy (place, asked_at) where kept_at is null")
    op.execute("create index recording_copy_newest on recording_copy (place, kept_at desc) where kept_at is not null")
    op.execute("create index recording_ended on recording (ended_at, id) where storage_key is not null")


def downgrade() -> None:
    op.execute("drop index recording_ended")
    op.execute("drop table recording_copy")
