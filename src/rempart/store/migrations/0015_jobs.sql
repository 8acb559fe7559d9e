-- What is to be done after a business act: letters today. Jobs are kept in this database and enqueued in the transaction of the
-- act, so that there is never one without the other. The queue is procrastinate's: its tables and functions are made by its own
-- package (store/jobs/schema.py), in schema jobs, for rempart_jobs, who cannot log in.

do $$
begin
    if not exists (select from pg_roles where rolname = 'rempart_jobs') then
        create role rempart_jobs nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- two databases of one server migrated at once: the other one made it
end $$;

create schema jobs;
grant usage, create on schema jobs to rempart_jobs;
grant usage on schema jobs to rempart_worker;

-- Whatever the package makes now or later is the worker's to use, and nobody else's: the arguments of a job are not read by faces.
alter default privileges for role rempart_jobs revoke execute on functions from public;
alter default privileges for role rempart_jobs in schema jobs grant select, insert, update, delete on tables to rempart_worker;
alter default privileges for role rempart_jobs in schema jobs grant usage on sequences to rempart_worker;
alter default privileges for role rempart_jobs in schema jobs grant execute on functions to rempart_worker;

-- The package's own migrations that this database has, by name: those of the schema that it began with, then each as it came.
create table platform.job_migrations (
    name text primary key,
    applied_at timestamptz not null default now()
);

-- Enqueue a job in the transaction of whoever calls; give its number. The worker finds the task by its name (operations/notices/tasks.py).
create function platform.defer(p_task text, p_args jsonb, p_run_at timestamptz default null) returns bigint
language plpgsql security definer
set search_path = jobs, pg_catalog, pg_temp as $$
declare
    made_id bigint;
begin
    insert into jobs.procrastinate_jobs (queue_name, task_name, args, scheduled_at)
    values ('rempart', p_task, p_args, p_run_at)
    returning id into made_id;
    return made_id;
end $$;

-- What waits, runs or has failed for good, for the operator: never the arguments.
create function platform.list_jobs(p_only_dead boolean, p_most int)
returns table (job_id bigint, task text, status text, attempts int, scheduled_at timestamptz, last_event_at timestamptz)
language plpgsql stable security definer
set search_path = jobs, pg_catalog, pg_temp as $$
begin
    return query select j.id, j.task_name::text, j.status::text, j.attempts, j.scheduled_at,
        (select max(e.at) from jobs.procrastinate_events as e where e.job_id = j.id and e.type <> 'scheduled')
    from jobs.procrastinate_jobs as j
    where case when p_only_dead then j.status = 'failed' else j.status in ('todo', 'doing', 'failed') end
    order by j.id
    limit p_most;
end $$;

-- Try a dead job again, from its first attempt; false if there is no dead job of that number.
create function platform.retry_job(p_job_id bigint) returns boolean
language plpgsql security definer
set search_path = jobs, pg_catalog, pg_temp as $$
begin
    update jobs.procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null
    where id = p_job_id and status = 'failed';
    return found;
end $$;

alter function platform.defer(text, jsonb, timestamptz) owner to rempart_jobs;
alter function platform.list_jobs(boolean, int) owner to rempart_jobs;
alter function platform.retry_job(bigint) owner to rempart_jobs;
revoke all on function platform.defer, platform.list_jobs, platform.retry_job from public;
grant execute on function platform.defer to rempart_gate, rempart_identity, rempart_operator;
grant execute on function platform.list_jobs, platform.retry_job to rempart_operator;
