-- calls: of every case that came by telephone, and as many others again a third
insert into call (id, direction, caller, called, trunk, skill_group, began_at, queued_at, answered_at, ended_at, agent,
  outcome, district, case_id)
select gen_random_uuid(), 'IN', r.caller_phone, '12319', 'city', 'general', r.reported_at - interval '4 minutes',
  r.reported_at - interval '230 seconds', r.reported_at - interval '220 seconds', r.reported_at, r.duty_staff,
  'ANSWERED', c.district, c.id
  from registration r join case_file c on c.id = r.case_id where r.channel = 'PHONE' and r.caller_phone is not null
union all
select gen_random_uuid(), case when n % 9 = 0 then 'OUT' else 'IN' end,
  case when n % 9 = 0 then '8001' else phone end, case when n % 9 = 0 then phone else '12319' end, 'city', 'general', at,
  at + interval '5 seconds', case when n % 4 > 0 then at + interval '20 seconds' end, at + interval '90 seconds',
  case when n % 4 > 0 then (select id from app_user where username = 'agent' || case when n % 2 = 0 then '2' else '' end) end,
  case when n % 4 > 0 then 'ANSWERED' when n % 8 = 0 then 'MISSED' else 'ABANDONED' end, null, null
  from (select row_number() over (order by r.reported_at) as n, r.caller_phone as phone,
               r.reported_at + interval '90 minutes' as at
          from registration r where r.caller_phone is not null and get_byte(r.id::text::bytea, 35) % 3 = 0
           and r.reported_at < now() - interval '2 hours') as others;
insert into call_leg (id, call_id, kind, agent, number, rung_at, answered_at, ended_at)
select 'leg-' || id, id, 'AGENT', agent, '8001', queued_at, answered_at, ended_at from call where agent is not null;
insert into recording (id, call_id, kind, storage_key, sha256, bytes, began_at, ended_at, seconds)
select gen_random_uuid(), id, 'TALK', '2026/' || id || '.wav', md5(id::text), 800000, answered_at, ended_at, 70
  from call where answered_at is not null;
insert into callback_request (id, call_id, phone, skill_group, reason, asked_at, next_at, state, done_at)
select gen_random_uuid(), id, caller, 'general', outcome, ended_at, ended_at,
  case when ended_at > now() - interval '10 days' then 'OPEN' when random() < 0.7 then 'REACHED' else 'GIVEN_UP' end,
  case when ended_at > now() - interval '10 days' then null else ended_at + interval '3 hours' end
  from call where outcome in ('MISSED', 'ABANDONED') and direction = 'IN';
insert into seat_state (id, user_id, state, since, until)
select gen_random_uuid(), u.id, (array['READY', 'BUSY', 'WRAP_UP', 'AWAY'])[1 + n % 4], now() - n * interval '9 minutes',
  now() - (n - 1) * interval '9 minutes'
  from generate_series(2, 60000) as n, app_user u where u.username in ('agent', 'agent2', 'supervisor');

-- what people were told, and what left the house
insert into notice (id, recipient, kind, subject_kind, subject_id, text_key, params, dedupe, created_at, read_at)
select gen_random_uuid(), u.id, rung.kind, 'order', o.id, 'notice.' || rung.kind || '.' || rung.name,
  jsonb_build_object('due', '10-13 15:30', 'rung', rung.name, 'alarm', '', 'level', '', 'reason', '', 'case_no',
    c.case_no, 'summary', c.incident_summary, 'order_no', o.order_no),
  'scale:' || rung.kind || ':' || o.id || ':' || u.id, o.dispatched_at + rung.later,
  case when o.dispatched_at < now() - interval '20 days' then o.dispatched_at + interval '1 day' end
  from work_order o join case_file c on c.id = o.case_id
  join app_user u on u.username in (o.department, o.department || '_head')
  cross join (values ('SIGN', 'WARN', interval '1 hour'), ('HANDLE', 'WARN', interval '1 day')) as rung (kind, name, later)
 where get_byte(o.id::text::bytea, 35) % 3 = 0 or o.ended_at is null;
insert into notice (id, recipient, kind, subject_kind, subject_id, text_key, params, dedupe, created_at, read_at)
select gen_random_uuid(), u.id, 'ALARM', 'case', c.id, 'notice.ALARM',
  jsonb_build_object('due', '', 'rung', '', 'alarm', 'enum.Reason.EMERGENCY', 'level', '', 'reason', '', 'case_no',
    c.case_no, 'summary', c.incident_summary, 'order_no', c.case_no),
  'scale:alarm:' || c.id || ':' || u.id, c.registered_at, c.registered_at + interval '2 hours'
  from case_file c, app_user u
 where u.username in ('supervisor', 'leader') and get_byte(c.id::text::bytea, 35) % 8 = 0;
insert into outgoing_message (id, channel, recipient_kind, address, language, kind, subject_kind, subject_id, text_key,
  params, dedupe, state, attempts, body, created_at, sending_at, sent_at)
select gen_random_uuid(), 'SMS', 'CITIZEN', r.caller_phone, 'zh-CN', 'RECEIPT', 'case', r.case_id, 'notice.ALARM',
  jsonb_build_object('case_no', r.acceptance_no), 'scale:receipt:' || r.id,
  case when get_byte(r.id::text::bytea, 35) % 100 = 0 then 'FAILED' else 'SENT' end, 1, '您反映的问题已受理',
  r.created_at, r.created_at, r.created_at + interval '3 seconds'
  from registration r where r.caller_phone is not null;

-- demands, spot checks, looks, photos, jobs, former registrations
insert into supervision (id, case_id, order_id, level, reason, text, departments, at, actor, actor_name, answer_value,
  answer_unit, answer_due_at, state, answered_at, closed_at, closing_text)
select gen_random_uuid(), o.case_id, o.id, (array['NOTICE', 'REMINDER', 'SUPERVISION'])[1 + n % 3], '', '请尽快处理并答复',
  array[o.department], at, u.id, u.name, 1, 'WORKING_DAY', at + interval '1 day',
  case when o.ended_at is not null then 'CLOSED' when n % 4 = 0 then 'ANSWERED' else 'OPEN' end,
  case when o.ended_at is not null or n % 4 = 0 then at + interval '20 hours' end, o.ended_at,
  case when o.ended_at is not null then 'CASE_ENDED' end
  from (select o.*, row_number() over () as n, o.dispatched_at + interval '2 hours' as at from work_order o
         where get_byte(o.id::text::bytea, 35) % case when o.ended_at is null then 4 else 15 end = 0) as o, app_user u
 where u.username = 'supervisor';
insert into supervision_answer (id, supervision_id, case_id, department, text, at, actor, actor_name)
select gen_random_uuid(), s.id, s.case_id, s.departments[1], '已到现场处理', s.answered_at, u.id, u.name
  from supervision s, app_user u where s.answered_at is not null and s.text <> '' and u.username = s.departments[1];
insert into spot_sample (id, first_day, last_day, size, seed, population, population_hash, strata, drawn_at, drawn_by,
  drawn_by_name)
select md5('sample' || n)::uuid, current_date - n * 7 - 7, current_date - n * 7, 200, 'seed' || n, 6000, '\x00', '[]',
  now() - n * interval '7 days', u.id, u.name
  from generate_series(0, 150) as n, app_user u where u.username = 'supervisor';
insert into spot_check (id, sample_id, order_id, case_id, department, district, state, checked_at, checked_by,
  checked_by_name, deduction, counted, appeal_until)
select gen_random_uuid(), md5('sample' || n % 151)::uuid, o.id, o.case_id, o.department, o.district,
  case when n % 151 = 0 then 'OPEN' else 'CHECKED' end,
  case when n % 151 > 0 then now() - (n % 151) * interval '7 days' end,
  case when n % 151 > 0 then u.id end, case when n % 151 > 0 then u.name end,
  case when n % 151 > 0 then n % 5 end, case when n % 151 > 0 then n % 5 end,
  case when n % 151 > 0 then now() - (n % 151 - 1) * interval '7 days' end
  from (select *, row_number() over () as n from work_order where outcome = 'REPORTED_BACK' limit 30000) as o, app_user u
 where u.username = 'supervisor';
insert into access_log (id, at, actor, actor_name, what, subject)
select gen_random_uuid(), c.registered_at + interval '1 hour', u.id, u.name, 'citizen', c.id
  from case_file c, app_user u where u.username = 'agent';
insert into document (id, subject_kind, subject_id, sha256, size, media_type, name, added_by, added_by_name, added_at)
select gen_random_uuid(), 'order', o.id, decode(md5(o.id::text) || md5(o.id::text), 'hex'), 200000, 'image/jpeg', 'photo.jpg', u.id, u.name, o.dispatched_at
  from work_order o, app_user u where u.username = o.department and get_byte(o.id::text::bytea, 35) % 4 = 0;
insert into report_job (id, kind, owner, owner_name, language, params, state, done, total, created_at, ended_at, expires_at)
select gen_random_uuid(), 'EXPORT', u.id, u.name, 'zh-CN', '{}', 'DONE', 500, 500, at, at, at + interval '7 days'
  from app_user u, (select now() - n * interval '5 hours' as at from generate_series(1, 3000) as n) as _
 where u.username in ('supervisor', 'leader');
insert into imported_registration (id, job_id, row_no, former_no, caller_name, caller_phone, reported_at, category,
  summary, content, imported_at)
select gen_random_uuid(), gen_random_uuid(), n, 'F' || n, '王芳', '13' || lpad((n * 7919 % 1000000000)::text, 9, '0'),
  now() - interval '4 years' + n * interval '5 minutes', '市政', '路灯不亮', '路灯不亮，请尽快修复', now() - interval '1 year'
  from generate_series(1, 200000) as n;
insert into follow_up (person, task_id, at)
select u.id, t.task_id, now() + (row_number() over () % 5 - 2) * interval '1 day'
  from app_user u, (select task_id from user_task limit 300) as t where u.username = 'supervisor';
