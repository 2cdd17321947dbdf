"""what an agent writes down while talking stands with the call; lists of calls by state."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table call add column note text not null default ''")
    op.execute("create index call_outcome on call (outcome, began_at desc, id desc) where outcome is not null")
    op.execute("create index call_to on call (called, began_at desc) where direction = 'OUT'")
    op.execute("create index seat_state_seat on seat_state (seat) where until is null")


def downgrade() -> None:
    op.execute("drop index seat_state_seat")
    op.execute("drop index call_to")
    op.execute("drop index call_outcome")
    op.execute("alter table call drop column note")
