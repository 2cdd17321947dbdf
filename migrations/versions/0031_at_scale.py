"""what pages of the daily work read at a million cases: short ways to what they show first."""

from alembic import op

revision = "0031"
down_revision = "0030"

UP = """
-- a department's points are the mean of its cases' scores: the evaluation knows whose it is
alter table evaluation add column department text;
update evaluation e set department = c.lead_department from case_file c where c.id = e.case_id;
create function evaluation_of_department() returns trigger language plpgsql as $$
begin
  select c.lead_department into new.department from case_file c where c.id = new.case_id;
  return new;
end $$;
create trigger evaluation_of_department before insert on evaluation
  for each row execute function evaluation_of_department();
drop index evaluation_at;
create index evaluation_at on evaluation (at) include (department, score, weight);

-- a person's notices of one kind, among very many others
create index notice_limits on notice (recipient, created_at desc, id desc)
  where kind in ('SIGN', 'HANDLE', 'STAGE', 'STAGE_ON_SITE');
create index notice_alarms on notice (recipient, created_at desc, id desc) where kind = 'ALARM';
create index notice_urged on notice (recipient, created_at desc, id desc) where kind in ('BY_HAND', 'SUPERVISED');

create index spot_check_checked on spot_check (checked_at desc, id desc) where checked_at is not null;
drop index spot_check_department;
create index spot_check_department on spot_check (department, checked_at desc, id desc) where checked_at is not null;

create index registration_reported on registration (channel, reported_at) include (case_id);
create index case_file_topic on case_file ((coalesce(sub_category, category)), registered_at desc, id desc);

create index user_task_users on user_task using gin (users);

-- hints look through the places of the newest reports without their texts
drop index case_search_newest;
create index case_search_newest on case_search (registered_at desc, case_id desc) include (address);
alter table case_search set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000);
"""

DOWN = """
alter table case_search reset (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold);
drop index case_search_newest;
create index case_search_newest on case_search (registered_at desc, case_id desc);
drop index case_file_topic, registration_reported, spot_check_department, spot_check_checked;
drop index user_task_users;
drop index notice_urged, notice_alarms, notice_limits;
create index spot_check_department on spot_check (department, checked_at desc) where checked_at is not null;
drop index evaluation_at;
drop trigger evaluation_of_department on evaluation;
drop function evaluation_of_department;
alter table evaluation drop column department;
create index evaluation_at on evaluation (at)
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
