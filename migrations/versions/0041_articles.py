"""articles of the knowledge base, with all their versions"""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("""
create table article (
  id uuid primary key, topic text not null, category text,
  title text not null check (length(title) between 1 and 80), body text not null, source text not null,
  marks text[] not null, version integer not null, changed_at timestamptz not null, changed_by uuid not null,
  changed_by_name text not null, withdrawn_at timestamptz
);
create index article_marks on article using gin (marks) where withdrawn_at is null;
create index article_category on article (category) where withdrawn_at is null;
create table article_version (
  article_id uuid not null references article, version integer not null, topic text not null, category text,
  title text not null, body text not null, source text not null, changed_at timestamptz not null,
  changed_by uuid not null, changed_by_name text not null, primary key (article_id, version)
)
""")


def downgrade() -> None:
    op.execute("drop table article_version")
    op.execute("drop table article")
