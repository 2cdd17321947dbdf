"""codes that callers typed for a member's number: wrong ones are counted, so that guessing is slow"""

from alembic import op

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(
        "create table code_attempt ("
        " id bigint generated always as identity primary key, number text not null, line text, call_id uuid not null,"
        " at timestamptz not null, succeeded boolean not null default false,"
        " number_unlocked_at timestamptz, line_unlocked_at timestamptz)"
    )
    for column in ("number", "line"):
        op.execute(
            f"create index code_attempt_{column} on code_attempt ({column}, at)"
            f" where not succeeded and {column}_unlocked_at is null"
        )
    op.execute("create index code_attempt_at on code_attempt (at)")


def downgrade() -> None:
    op.execute("drop table code_attempt")
