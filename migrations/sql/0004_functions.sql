-- The two statements of every command. Being functions, each of their queries sees what was committed before it ran:
-- so the seen-before row, the task and the message are read as of after the wait for the lock.
create function advance_lock(
  p_id uuid, p_command uuid, p_task uuid, p_message uuid, p_timers boolean,
  out version int, out head bytea, out seal bytea, out state bytea, out last_at timestamptz, out next_due timestamptz,
  out incidents int, out seen_no int, out seen_at timestamptz, out seen_result text,
  out info text                                 -- the rest, as JSON: drivers are slow with many columns and arrays
) language plpgsql as $$
declare
  about json; task json; message json; held json; whose uuid;
begin
  select i.version, i.head, i.seal, i.state, i.last_at, i.next_due, i.incidents,
         json_build_object('bundle_id', i.bundle_id, 'process_id', i.process_id, 'status', i.status,
           'started_at', i.started_at, 'ended_at', i.ended_at, 'suspended', i.suspended, 'subject_kind', i.subject_kind,
           'subject_id', i.subject_id, 'district', i.district, 'departments', i.departments,
           'confidential', i.confidential, 'holds', i.holds)
    into version, head, seal, state, last_at, next_due, incidents, about
    from instance i where i.id = p_id for update;
  if not found then return; end if;
  select h.no, h.recorded_at, h.result::text, h.actor into seen_no, seen_at, seen_result, whose
    from history h where h.stream = p_id and h.command_id = p_command;
  if p_task is not null then
    select to_json(t) into task from user_task t where t.task_id = p_task and t.instance_id = p_id;
  end if;
  if p_message is not null then
    select to_json(m) into message from message m where m.id = p_message for update;
  end if;
  if p_timers then
    select json_agg(replace(t.timer_id::text, '-', '')) into held
      from timer t where t.instance_id = p_id and t.held = 'incident';
  end if;
  info := json_build_object('about', about, 'task', task, 'message', message, 'held', held, 'seen_actor', whose);
end $$;

-- Writes everything one command did. `c` holds only what there is to do: most commands have two or three of its keys.
create function advance_write(
  p_id uuid, p_no int, p_command uuid, p_kind text, p_actor uuid, p_actor_name text, p_behalf uuid,
  p_recorded timestamptz, p_occurred timestamptz, p_bundle uuid, p_steps text, p_changes text, p_result text,
  p_detail_hash bytea, p_salt bytea, p_detail text, p_format smallint, p_previous bytea, p_hash bytea,
  p_state bytea, c jsonb
) returns boolean language plpgsql as $$
declare
  i instance;
begin
  if c ? 'start' then
    insert into instance(id, bundle_id, process_id, version, status, head, seal, state, started_at, last_at,
                         subject_kind, subject_id, district, departments, confidential)
      select p_id, p_bundle, s.process_id, 0, 'RUNNING', '', decode(s.seal, 'hex'), p_state, p_recorded, p_recorded,
             s.subject_kind, s.subject_id, s.district, s.departments, s.confidential
        from jsonb_to_record(c->'start') s(process_id text, seal text, subject_kind text, subject_id uuid, district text,
                                           departments text[], confidential boolean)
      on conflict (id) do nothing;
    if not found then return false; end if;
  end if;
  select * into i from instance where id = p_id and version = p_no - 1;
  if not found then return false; end if;

  insert into history(stream, no, command_id, kind, actor, actor_name, on_behalf_of, recorded_at, occurred_at, bundle,
                      steps, changes, result, detail_hash, format, previous, hash)
    values (p_id, p_no, p_command, p_kind, p_actor, p_actor_name, p_behalf, p_recorded, p_occurred, p_bundle,
            p_steps::json, p_changes::json, p_result::json, p_detail_hash, p_format, p_previous, p_hash);
  if p_detail is not null then
    insert into history_detail values (p_id, p_no, p_salt, p_detail::json);
  end if;

  i.version := p_no; i.head := p_hash; i.last_at := p_recorded; i.bundle_id := p_bundle;
  if c ? 'scope' then
    i.district := coalesce(c->'scope'->>'district', i.district);
    if c->'scope' ? 'departments' then
      i.departments := array(select jsonb_array_elements_text(c->'scope'->'departments'));
    end if;
    i.confidential := coalesce((c->'scope'->>'confidential')::boolean, i.confidential);
    update user_task set district = i.district, departments = i.departments, confidential = i.confidential
     where instance_id = p_id;
  end if;
  if c ? 'moved' then                           -- the engine ran; else its state stays
    i.state := p_state; i.status := c->>'moved';
    if i.status <> 'RUNNING' then i.ended_at := p_recorded; end if;
  end if;
  if c ? 'suspended' then
    i.suspended := (c->>'suspended')::boolean;
    if i.suspended then
      update timer set held = 'suspended' where instance_id = p_id and held is null;
    else
      update timer set held = null where instance_id = p_id and held = 'suspended';
    end if;
  end if;
  if c ? 'tasks_gone' then
    delete from user_task where instance_id = p_id
       and task_id = any(array(select jsonb_array_elements_text(c->'tasks_gone')::uuid));
  end if;
  if c ? 'tasks' then
    insert into user_task
      select t.task_id, p_id, t.element, t.process_id, t.form_id, t.groups, t.users, t.assignee, t.due, t.follow_up,
             t.priority, p_recorded, i.subject_kind, i.subject_id, i.district, i.departments, i.confidential
        from jsonb_to_recordset(c->'tasks') t(task_id uuid, element text, process_id text, form_id text, groups text[],
          users text[], assignee text, due timestamptz, follow_up timestamptz, priority int)
      on conflict (task_id) do update set due = excluded.due, follow_up = excluded.follow_up,
        priority = excluded.priority, form_id = excluded.form_id, groups = excluded.groups, users = excluded.users;
  end if;
  if c ? 'assign' then
    update user_task set assignee = c->'assign'->>'assignee' where task_id = (c->'assign'->>'task_id')::uuid;
  end if;
  if c ? 'timers_gone' then
    delete from timer where instance_id = p_id
       and timer_id = any(array(select jsonb_array_elements_text(c->'timers_gone')::uuid));
  end if;
  if c ? 'timers' then                          -- a repeating timer keeps its id and moves its due time
    insert into timer(timer_id, instance_id, element, due, held)
      select t.timer_id, p_id, t.element, t.due, case when i.suspended then 'suspended' end
        from jsonb_to_recordset(c->'timers') t(timer_id uuid, element text, due timestamptz)
      on conflict (timer_id) do update set due = excluded.due, element = excluded.element;
  end if;
  if c ? 'hold' then
    update timer set held = 'incident' where timer_id = (c->>'hold')::uuid;
    i.holds := true;
  end if;
  if c ? 'unhold' then
    update timer set held = case when i.suspended then 'suspended' end where timer_id = (c->>'unhold')::uuid;
  end if;
  if c ? 'next_due' then                        -- the caller knows, as no timer of the instance is held
    i.next_due := (c->>'next_due')::timestamptz;
  elsif c ?| array['timers', 'timers_gone', 'hold', 'unhold', 'suspended'] then
    select min(due) into i.next_due from timer where instance_id = p_id and held is null;
  end if;
  if c ?| array['timers', 'unhold', 'suspended'] and i.next_due < (select wakes_at from dispatcher) then
    perform pg_notify('citydesk_timer', '');
  end if;
  if c ? 'waits_gone' then
    delete from subscription where instance_id = p_id
       and wait_id = any(array(select jsonb_array_elements_text(c->'waits_gone')::uuid));
  end if;
  if c ? 'waits' then
    insert into subscription(wait_id, instance_id, element, name, key)
      select w.wait_id, p_id, w.element, w.name, w.key
        from jsonb_to_recordset(c->'waits') w(wait_id uuid, element text, name text, key text)
      on conflict (wait_id) do update set name = excluded.name, key = excluded.key;
  end if;
  if c ? 'outbox' then
    insert into outbox(id, instance_id, history_no, kind, body, dedupe, created_at, due_at, nudge_at)
      select o.id, p_id, p_no, o.kind, o.body, o.dedupe, p_recorded, p_recorded, p_recorded + interval '5 s'
        from jsonb_to_recordset(c->'outbox') o(id uuid, kind text, body json, dedupe text)
      on conflict (dedupe, kind) do nothing;
  end if;
  if c ? 'jobs_gone' then                       -- nobody waits for these any more
    update outbox set state = 'CANCELLED' where state = 'PENDING'
       and dedupe = any(array(select 'job:' || jsonb_array_elements_text(c->'jobs_gone'))) and kind like 'job.%';
  end if;
  if c ? 'message' then
    update message set state = coalesce(c->'message'->>'state', 'CONSUMED'), instance_id = p_id, history_no = p_no
     where id = (c->'message'->>'id')::uuid;
  end if;
  if c ? 'incident' then
    insert into incident(instance_id, kind, target, element, message, data, command, opened_at)
      select p_id, n.kind, n.target, n.element, n.message, n.data, n.command, p_recorded
        from jsonb_to_record(c->'incident') n(kind text, target text, element text, message text, data json, command json)
      on conflict (instance_id, target) where state = 'OPEN' do update set attempts = incident.attempts + 1,
        element = excluded.element, message = excluded.message, data = excluded.data, command = excluded.command;
  end if;
  if c ? 'close' then                           -- {target | no, state, by, reason}
    update incident set state = c->'close'->>'state', closed_at = p_recorded, closed_by = (c->'close'->>'by')::uuid,
                        reason = c->'close'->>'reason'
     where instance_id = p_id and state = 'OPEN'
       and (target = c->'close'->>'target' or no = (c->'close'->>'no')::bigint);
  end if;
  if c ?| array['incident', 'close'] then
    select count(*) into i.incidents from incident where instance_id = p_id and state = 'OPEN';
  end if;
  if c ? 'moved' and i.ended_at is not null and i.incidents > 0 then  -- over: what was stuck no longer matters
    update incident set state = 'RESOLVED', closed_at = p_recorded, reason = 'ended'
     where instance_id = p_id and state = 'OPEN' and kind <> 'outbox';
    select count(*) into i.incidents from incident where instance_id = p_id and state = 'OPEN';
  end if;

  update instance set version = i.version, status = i.status, head = i.head, state = i.state, last_at = i.last_at,
         ended_at = i.ended_at, next_due = i.next_due, incidents = i.incidents, suspended = i.suspended, holds = i.holds,
         bundle_id = i.bundle_id, district = i.district, departments = i.departments, confidential = i.confidential
   where id = p_id;
  return true;
end $$;
