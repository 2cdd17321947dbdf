"""hot spots: reports by day, matter and place; what is published of them (V10)."""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table daily_spot (                    -- what was registered, by matter and place; see ADR 10
  day date not null, topic text not null,
  district text not null,                    -- the whole path, a street where it is known
  department text not null,
  n integer not null,
  hard integer not null,                     -- of these: reworked, not solved, or highly supervised
  open_n integer not null,                   -- of these: not confidential, so they may be counted in public
  primary key (day, topic, district, department)
);
create table hot_spot_bulletin (             -- a list that a leader made public
  id uuid primary key,
  first_day date not null, last_day date not null,
  text text not null,
  entries jsonb not null,                    -- [{topic, district, names, place, count, before, kinds}]: nobody
  published_at timestamptz not null, published_by uuid not null, published_by_name text not null,
  withdrawn_at timestamptz, withdrawn_by uuid, withdrawn_by_name text,
  check (first_day <= last_day)
);
create index hot_spot_bulletin_newest on hot_spot_bulletin (published_at desc, id desc) where withdrawn_at is null;
delete from figures_state                    -- the walk begins anew, so that past days get their spots
""")


def downgrade() -> None:
    op.execute("drop table daily_spot, hot_spot_bulletin")
