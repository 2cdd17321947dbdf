-- The two statements of every command, made quick. What they do stays as 0004 says; how is decided by measuring:
-- plpgsql prepares each expression anew in every transaction, so one test stands before all that is rare; and plans are
-- kept, as planning a look into a partitioned table takes longer than the look.
create or replace function advance_lock(
  p_id uuid, p_command uuid, p_task uuid, p_message uuid, p_timers boolean,
  out version int, out head bytea, out seal bytea, out state bytea, out last_at timestamptz, out next_due timestamptz,
  out incidents int, out seen_no int, out seen_at timestamptz, out seen_result text,
  out info text                                 -- the rest, as JSON: drivers are slow with many columns and arrays
) language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  message json; held json; before int;
begin
  -- Without waiting, one statement has it all. Whoever waited for the lock sees the instance as it is now, but what hangs
  -- on it as it was before the wait: then `before` differs and a second look is taken.
  loop
    select i.version, i.head, i.seal, i.state, i.last_at, i.next_due, i.incidents, h.no, h.recorded_at, h.result::text,
           json_build_object('about', json_build_object('bundle_id', i.bundle_id, 'process_id', i.process_id,
             'status', i.status, 'started_at', i.started_at, 'ended_at', i.ended_at, 'suspended', i.suspended,
             'subject_kind', i.subject_kind, 'subject_id', i.subject_id, 'district', i.district,
             'departments', i.departments, 'confidential', i.confidential, 'holds', i.holds),
             'task', to_json(t), 'seen_actor', h.actor)::text, seen.version
      into version, head, seal, state, last_at, next_due, incidents, seen_no, seen_at, seen_result, info, before
      from instance i
      join instance seen on seen.id = i.id
      left join history h on h.stream = p_id and h.command_id = p_command
      left join user_task t on t.task_id = p_task and t.instance_id = i.id
     where i.id = p_id for update of i;
    exit when before is not distinct from version;
  end loop;
  if p_message is not null then
    select to_json(m) into message from message m where m.id = p_message for update;
    info := left(info, -1) || ', "message":' || coalesce(message::text, 'null') || '}';
  end if;
  if p_timers then
    select json_agg(replace(t.timer_id::text, '-', '')) into held
      from timer t where t.instance_id = p_id and t.held = 'incident';
    info := left(info, -1) || ', "held":' || coalesce(held::text, 'null') || '}';
  end if;
end $$;

-- What most commands do not do. Returns the instance's row as it is then.
create function advance_write_rare(i instance, p_recorded timestamptz, c jsonb) returns instance
language plpgsql as $$
begin
  if c ?| array['scope', 'suspended', 'hold'] then
    update instance set
      district = coalesce(c->'scope'->>'district', district),
      departments = case when c->'scope' ? 'departments'
        then array(select jsonb_array_elements_text(c->'scope'->'departments')) else departments end,
      confidential = coalesce((c->'scope'->>'confidential')::boolean, confidential),
      suspended = coalesce((c->>'suspended')::boolean, suspended),
      holds = holds or c ? 'hold'
     where id = i.id returning * into i;
  end if;
  if c ? 'scope' then
    update user_task set district = i.district, departments = i.departments, confidential = i.confidential
     where instance_id = i.id;
  end if;
  if c ? 'suspended' then
    update timer set held = case when i.suspended then 'suspended' end
     where instance_id = i.id and held is not distinct from case when i.suspended then null else 'suspended' end;
  end if;
  if c ? 'assign' then
    update user_task set assignee = c->'assign'->>'assignee' where task_id = (c->'assign'->>'task_id')::uuid;
  end if;
  if c ? 'hold' then update timer set held = 'incident' where timer_id = (c->>'hold')::uuid; end if;
  if c ? 'unhold' then
    update timer set held = case when i.suspended then 'suspended' end where timer_id = (c->>'unhold')::uuid;
  end if;
  if c ? 'jobs_gone' then                       -- nobody waits for these any more
    update outbox set state = 'CANCELLED' where state = 'PENDING'
       and dedupe = any(array(select 'job:' || jsonb_array_elements_text(c->'jobs_gone'))) and kind like 'job.%';
  end if;
  if c ? 'message' then
    update message set state = coalesce(c->'message'->>'state', 'CONSUMED'), instance_id = i.id, history_no = i.version
     where id = (c->'message'->>'id')::uuid;
  end if;
  if c ? 'incident' then
    insert into incident(instance_id, kind, target, element, message, data, command, opened_at)
      select i.id, n.kind, n.target, n.element, n.message, n.data, n.command, p_recorded
        from jsonb_to_record(c->'incident') n(kind text, target text, element text, message text, data json, command json)
      on conflict (instance_id, target) where state = 'OPEN' do update set attempts = incident.attempts + 1,
        element = excluded.element, message = excluded.message, data = excluded.data, command = excluded.command;
  end if;
  if c ? 'close' then                           -- {target | no, state, by, reason}
    update incident set state = c->'close'->>'state', closed_at = p_recorded, closed_by = (c->'close'->>'by')::uuid,
                        reason = c->'close'->>'reason'
     where instance_id = i.id and state = 'OPEN'
       and (target = c->'close'->>'target' or no = (c->'close'->>'no')::bigint);
  end if;
  if c ?| array['incident', 'close'] then i.incidents := advance_count_incidents(i.id); end if;
  return i;
end $$;

create function advance_count_incidents(p_id uuid) returns int language sql as $$
  update instance set incidents = (select count(*) from incident where instance_id = p_id and state = 'OPEN')
   where id = p_id returning incidents
$$;

-- Finds the earliest timer that is not held, and wakes the dispatcher for one that came.
create function advance_next_due(p_id uuid, c jsonb) returns void language plpgsql as $$
declare
  due timestamptz;
begin
  update instance set next_due = (select min(t.due) from timer t where t.instance_id = p_id and t.held is null)
   where id = p_id returning next_due into due;
  if c ?| array['timers', 'unhold', 'suspended'] and due < (select wakes_at from dispatcher) then
    perform pg_notify('citydesk_timer', '');
  end if;
end $$;

-- Writes everything one command did. `c` holds only what there is to do: most commands have two or three of its keys.
create or replace function advance_write(
  p_id uuid, p_no int, p_command uuid, p_kind text, p_actor uuid, p_actor_name text, p_behalf uuid,
  p_recorded timestamptz, p_occurred timestamptz, p_bundle uuid, p_steps text, p_changes text, p_result text,
  p_detail_hash bytea, p_salt bytea, p_detail text, p_format smallint, p_previous bytea, p_hash bytea,
  p_state bytea, c jsonb
) returns boolean language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
  i instance;
begin
  if p_no = 1 then
    insert into instance(id, bundle_id, process_id, version, status, head, seal, state, started_at, last_at,
                         subject_kind, subject_id, district, departments, confidential)
      select p_id, p_bundle, s.process_id, 0, 'RUNNING', '', decode(s.seal, 'hex'), p_state, p_recorded, p_recorded,
             s.subject_kind, s.subject_id, s.district, s.departments, s.confidential
        from jsonb_to_record(c->'start') s(process_id text, seal text, subject_kind text, subject_id uuid, district text,
                                           departments text[], confidential boolean)
      on conflict (id) do nothing;
    if not found then return false; end if;
  end if;
  update instance set
    version = p_no, head = p_hash, last_at = p_recorded, bundle_id = p_bundle,
    state = case when c ? 'moved' then p_state else state end,        -- else the engine did not run
    status = coalesce(c->>'moved', status),
    ended_at = case when c->>'moved' <> 'RUNNING' then p_recorded else ended_at end,
    next_due = case when c ? 'next_due' then (c->>'next_due')::timestamptz else next_due end
   where id = p_id and version = p_no - 1 returning * into i;
  if not found then raise exception 'instance % moved on', p_id using errcode = 'serialization_failure'; end if;

  insert into history(stream, no, command_id, kind, actor, actor_name, on_behalf_of, recorded_at, occurred_at, bundle,
                      steps, changes, result, detail_hash, format, previous, hash)
    values (p_id, p_no, p_command, p_kind, p_actor, p_actor_name, p_behalf, p_recorded, p_occurred, p_bundle,
            p_steps::json, p_changes::json, p_result::json, p_detail_hash, p_format, p_previous, p_hash);
  if p_detail is not null then
    insert into history_detail values (p_id, p_no, p_salt, p_detail::json);
  end if;

  if c ?| array['scope', 'suspended', 'assign', 'hold', 'unhold', 'jobs_gone', 'message', 'incident', 'close'] then
    i := advance_write_rare(i, p_recorded, c);
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
  if c ? 'timers_gone' then
    delete from timer where instance_id = p_id
       and timer_id = any(array(select jsonb_array_elements_text(c->'timers_gone')::uuid));
  end if;
  if c ? 'timers' then                          -- a repeating timer keeps its id and moves its due time
    insert into timer(timer_id, instance_id, element, due, held)
      select t.timer_id, p_id, t.element, t.due, case when i.suspended then 'suspended' end
        from jsonb_to_recordset(c->'timers') t(timer_id uuid, element text, due timestamptz)
      on conflict (timer_id) do update set due = excluded.due, element = excluded.element;
    if i.next_due < (select wakes_at from dispatcher) then perform pg_notify('citydesk_timer', ''); end if;
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
  if not c ? 'next_due' and c ?| array['timers', 'timers_gone', 'hold', 'unhold', 'suspended'] then
    perform advance_next_due(p_id, c);          -- else the caller knows it, as no timer of the instance is held
  end if;
  if i.incidents > 0 and i.ended_at is not null and c ? 'moved' then  -- over: what was stuck no longer matters
    update incident set state = 'RESOLVED', closed_at = p_recorded, reason = 'ended'
     where instance_id = p_id and state = 'OPEN' and kind <> 'outbox';
    perform advance_count_incidents(p_id);
  end if;
  return true;
end $$;
