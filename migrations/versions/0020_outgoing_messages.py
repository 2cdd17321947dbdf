"""messages that leave the house, each written down before it goes; where people of the house are reached."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table app_user add column phone text, add column email text")
    op.execute("""
create table outgoing_message (
  id uuid primary key,
  channel text not null check (channel in ('SMS', 'EMAIL', 'VOICE')),
  recipient_kind text not null check (recipient_kind in ('USER', 'CITIZEN')),
  recipient_id uuid, address text, language text not null,
  kind text not null, subject_kind text not null, subject_id uuid not null,
  text_key text not null, params jsonb not null, dedupe text not null unique,
  state text not null check (state in ('QUEUED', 'SENDING', 'SENT', 'FAILED', 'UNKNOWN', 'SUPPRESSED')),
  reason text, attempts integer not null default 0, provider text, provider_id text, body text,
  created_at timestamptz not null, sending_at timestamptz, sent_at timestamptz,
  check (address is not null or state = 'SUPPRESSED')
);
create index outgoing_message_newest on outgoing_message (created_at desc, id desc);
create index outgoing_message_state on outgoing_message (state, created_at desc, id desc);
create index outgoing_message_channel on outgoing_message (channel, created_at desc, id desc);
create index outgoing_message_open on outgoing_message (state) where state in ('FAILED', 'UNKNOWN');
create index outgoing_message_subject on outgoing_message (subject_id, created_at desc)
""")


def downgrade() -> None:
    op.execute("drop table outgoing_message")
    op.execute("alter table app_user drop column phone, drop column email")
