"""desk: what stands on a seat's page: bulletins for everybody, and each person's own plan."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        """create table desk_bulletin (
  id uuid primary key, kind text not null check (kind in ('PRODUCT', 'ADVERTISING', 'OTHER')), title text not null,
  body text not null, shown_from timestamptz not null, shown_until timestamptz,
  published_at timestamptz not null, published_by uuid not null, published_by_name text not null,
  withdrawn_at timestamptz, check (shown_until > shown_from)
)"""
    )
    op.execute("create index desk_bulletin_newest on desk_bulletin (shown_from desc) where withdrawn_at is null")
    op.execute(
        """create table agenda_item (
  id uuid primary key, person uuid not null, kind text not null check (kind in ('APPOINTMENT', 'CALLBACK')),
  at timestamptz not null, said text not null, made_at timestamptz not null, told_at timestamptz, done_at timestamptz
)"""
    )
    op.execute("create index agenda_item_due on agenda_item (at) where told_at is null and done_at is null")
    op.execute("create index agenda_item_open on agenda_item (person, at) where done_at is null")


def downgrade() -> None:
    op.execute("drop table agenda_item")
    op.execute("drop table desk_bulletin")
