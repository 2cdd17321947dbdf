"""call_survey: what citizens type when the talk is over."""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table skill_group add column survey boolean not null default true")
    op.execute("alter table call add column talked_until timestamptz")
    op.execute(
        """create table call_survey (
  call_id uuid primary key, agent uuid, asked_at timestamptz not null, rated_at timestamptz,
  satisfaction text check (satisfaction in ('VERY_SATISFIED', 'SATISFIED', 'BASICALLY_SATISFIED', 'UNSATISFIED')),
  resolved text check (resolved in ('SOLVED', 'PARTLY', 'NOT_SOLVED'))
)"""
    )
    op.execute("create index call_survey_asked on call_survey (asked_at)")


def downgrade() -> None:
    op.execute("drop table call_survey")
    op.execute("alter table call drop column talked_until")
    op.execute("alter table skill_group drop column survey")
