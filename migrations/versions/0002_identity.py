"""identity tables."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
        create table app_user (
            id uuid primary key,
            username text not null unique check (username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
            name text not null check (name <> ''),
            password_hash text not null,
            language text not null check (language in ('zh-CN', 'en')),
            demo boolean not null default false,
            created_at timestamptz not null,
            password_changed_at timestamptz not null,
            deactivated_at timestamptz
        )""")
    op.execute("""
        create table user_grant (
            id uuid primary key,
            user_id uuid not null references app_user,
            role text not null check (role in ('agent', 'shift_supervisor', 'department_handler', 'department_head',
                'leader', 'analyst', 'auditor', 'administrator')),
            district text,
            department text,
            granted_at timestamptz not null,
            granted_by uuid not null,
            unique nulls not distinct (user_id, role, district, department),
            check (role not like 'department\\_%' or department is not null)
        )""")
    op.execute("create index ix_user_grant_role on user_grant (role)")
    op.execute("create index ix_user_grant_department on user_grant (department) where department is not null")
    op.execute("""
        create table user_session (
            id uuid primary key,
            token_hash bytea not null unique check (length(token_hash) = 32),
            user_id uuid not null references app_user,
            created_at timestamptz not null,
            last_seen_at timestamptz not null,
            expires_at timestamptz not null,
            revoked_at timestamptz,
            agent text,
            address text
        )""")
    op.execute("create index ix_user_session_open on user_session (user_id) where revoked_at is null")
    op.execute("create index ix_user_session_expires on user_session (expires_at)")
    op.execute("""
        create table sign_in_attempt (
            id bigint generated always as identity primary key,
            username_hash bytea not null,
            address text,
            attempted_at timestamptz not null,
            succeeded boolean not null default false
        )""")
    op.execute("create index ix_sign_in_attempt_username on sign_in_attempt (username_hash, attempted_at)")
    op.execute("create index ix_sign_in_attempt_address on sign_in_attempt (address, attempted_at)")
    op.execute("create index ix_sign_in_attempt_at on sign_in_attempt (attempted_at)")


def downgrade() -> None:
    op.execute("drop table sign_in_attempt, user_session, user_grant, app_user")
