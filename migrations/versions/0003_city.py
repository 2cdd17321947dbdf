"""city tables."""

from alembic import op

revision = "0003"
down_revision = "0002"

_NAMES = "names jsonb not null check (names ? 'en' and names ? 'zh-CN')"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    _places()
    _matters()
    _calendars()
    _citizens()


def _places() -> None:
    op.execute(f"""
        create table district (
            code text primary key check (code ~ '^[a-z0-9_-]+(/[a-z0-9_-]+)*$'),
            parent text references district,
            {_NAMES},
            polygon jsonb,
            streets jsonb not null default '[]',
            "outer" boolean not null default false,
            position int not null default 0,
            check (parent is not distinct from nullif(regexp_replace(code, '/?[^/]+$', ''), ''))
        )""")
    op.execute("create index ix_district_parent on district (parent)")
    op.execute(f"""
        create table department (
            code text primary key check (code ~ '^[a-z][a-z0-9_]*$'),
            parent text references department,
            {_NAMES},
            process_id text,
            position int not null default 0
        )""")


def _matters() -> None:
    op.execute(f"""
        create table category (
            code text primary key check (code ~ '^[A-Z][A-Z0-9_]*$'),
            parent text references category,
            {_NAMES},
            department text references department,
            kind text check (kind in ('EVENT', 'COMPONENT')),
            sector text,
            emergency boolean not null default false,
            position int not null default 0
        )""")
    op.execute("create index ix_category_parent on category (parent)")
    op.execute(f"""
        create table component_class (
            code text primary key check (code ~ '^[A-Z][A-Z0-9_]*$'),
            number text not null unique check (number ~ '^[0-9]{{4}}$'),
            {_NAMES},
            owner text references department,
            position int not null default 0
        )""")
    op.execute(f"""
        create table term (
            kind text not null,
            code text not null,
            {_NAMES},
            position int not null default 0,
            primary key (kind, code)
        )""")


def _calendars() -> None:
    op.execute("""
        create table work_calendar (
            id uuid primary key,
            owner_kind text not null check (owner_kind in ('city', 'district', 'department')),
            owner text not null,
            created_at timestamptz not null,
            unique (owner_kind, owner)
        )""")
    op.execute("""
        create table calendar_version (
            calendar_id uuid not null references work_calendar,
            version smallint not null check (version > 0),
            snapshot jsonb not null,
            reason text not null,
            created_at timestamptz not null,
            created_by uuid not null,
            primary key (calendar_id, version)
        )""")
    op.execute("""
        create function refuse_calendar_change() returns trigger language plpgsql as $$
        begin
            raise exception 'a calendar version is immutable: publish a new one' using errcode = 'restrict_violation';
        end $$""")
    op.execute("""
        create trigger calendar_version_stays before update or delete or truncate on calendar_version
        for each statement execute function refuse_calendar_change()""")


def _citizens() -> None:
    op.execute("""
        create table citizen (
            id uuid primary key,
            name text not null default '',
            created_at timestamptz not null,
            last_contact_at timestamptz not null
        )""")
    op.execute("""
        create table citizen_phone (
            citizen_id uuid not null references citizen on delete cascade,
            phone text not null check (phone ~ '^[+]?[0-9]{3,20}$'),
            added_at timestamptz not null,
            primary key (phone, citizen_id)
        )""")
    op.execute("create index ix_citizen_phone_citizen on citizen_phone (citizen_id)")


def downgrade() -> None:
    op.execute("drop table citizen_phone, citizen")
    op.execute("drop table calendar_version, work_calendar")
    op.execute("drop function refuse_calendar_change()")
    op.execute("drop table term, component_class, category, department, district")
