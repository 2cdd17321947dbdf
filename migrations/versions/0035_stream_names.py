"""a stream's name is what people call it, and two things may be called alike.

Two demands of one ended case, a login and a form's field of one name: the second one's history could not begin."""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table audit_stream drop constraint audit_stream_name_key")


def downgrade() -> None:
    op.execute("alter table audit_stream add constraint audit_stream_name_key unique (name)")
