"""short ways to the newest reported orders and to the few visits after which somebody was not content."""

from alembic import op

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create index work_order_place_reported on work_order (place, reported_at desc, id)
  include (department, district, confidential) where place is not null;
create index return_visit_unsatisfied on return_visit (at) include (case_id) where result = 'UNSATISFIED';
create index return_visit_unsolved on return_visit (at) include (case_id) where resolved <> 'SOLVED'
""")


def downgrade() -> None:
    op.execute("drop index work_order_place_reported, return_visit_unsatisfied, return_visit_unsolved")
