"""figures and topics of whole months, so that a year is not read day by day (ADR 10)."""

from alembic import op

revision = "0047"
down_revision = "0046"

UP = """
create table monthly_figure (                -- sums of daily_figure
  month date not null check (extract(day from month) = 1),
  measure text not null, district text not null, department text not null,
  n bigint not null,
  primary key (month, measure, district, department)
);
create table monthly_topic (                 -- sums of daily_topic
  month date not null check (extract(day from month) = 1),
  topic text not null, district text not null, department text not null,
  n bigint not null,
  primary key (month, topic, district, department)
);
insert into monthly_figure
select date_trunc('month', day::timestamp)::date, measure, district, department, sum(n)
  from daily_figure group by 1, 2, 3, 4;
insert into monthly_topic
select date_trunc('month', day::timestamp)::date, topic, district, department, sum(n)
  from daily_topic group by 1, 2, 3, 4;

-- a line of a year draws two measures of fourteen
create index daily_figure_measure on daily_figure (measure, day) include (district, department, n)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("lock table daily_figure, daily_topic in share mode")  # nobody counts again meanwhile
    op.execute(UP)


def downgrade() -> None:
    op.execute("drop index daily_figure_measure")
    op.execute("drop table monthly_figure, monthly_topic")
