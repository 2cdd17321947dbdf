"""the telephone's lists are kept on pages: groups are given up, marks say which number they mean, trunks are asked."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table skill_group add column retired_at timestamptz")
    op.execute(
        "alter table number_mark add column about text not null default 'CALLER'"
        " check (about in ('CALLER', 'CALLED', 'IDENTITY')), add column code_hash text"
    )
    op.execute("drop index number_mark_one")
    op.execute("create unique index number_mark_one on number_mark (about, phone, kind) where lifted_at is null")
    op.execute("create index number_mark_newest on number_mark (marked_at desc, id desc)")
    op.execute("alter table trunk add column ask_every int not null default 30 check (ask_every between 0 and 3600)")


def downgrade() -> None:
    op.execute("alter table trunk drop column ask_every")
    op.execute("drop index number_mark_newest")
    op.execute("drop index number_mark_one")
    op.execute("delete from number_mark where about <> 'CALLER'")
    op.execute("create unique index number_mark_one on number_mark (phone, kind) where lifted_at is null")
    op.execute("alter table number_mark drop column about, drop column code_hash")
    op.execute("alter table skill_group drop column retired_at")
