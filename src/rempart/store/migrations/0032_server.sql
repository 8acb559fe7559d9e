-- What PostgreSQL gives to everybody, and no role here needs: a lock that another function waits for; large objects, and messages in the
-- journal, which no table's rights guard and which fill a disk.

do $$
declare
    given regprocedure;
begin
    for given in
        select p.oid::regprocedure from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
            and (p.proname ~ '^pg_(try_)?advisory_' or p.proname ~ '^lo_'
                or p.proname in ('loread', 'lowrite', 'pg_logical_emit_message', 'pg_export_snapshot'))
    loop
        execute format('revoke execute on function %s from public', given);
    end loop;
end $$;
grant execute on function pg_advisory_xact_lock(bigint) to rempart_gate;
grant execute on function pg_try_advisory_xact_lock(bigint) to rempart_access, rempart_loader;

-- The warden ends the transactions of faces that stay open: none of theirs lasts a second, and one that is held keeps others from the rows
-- that it wrote. A role may lift its own time limits, so these are looked at from outside.
do $$
begin
    if not exists (select from pg_roles where rolname = 'rempart_warden') then
        create role rempart_warden nologin;
    end if;
    grant pg_signal_backend, pg_read_all_stats to rempart_warden;
exception when duplicate_object or unique_violation or internal_error then
    null; -- two databases of one server migrated at once: the other one made it
end $$;

-- Give the roles whose transactions were ended; the seconds are one at least.
create function platform.end_held_transactions(p_after_s double precision) returns setof text language sql volatile security definer
set search_path = pg_catalog, pg_temp as $$
    with held as materialized ( -- else the server might end one before it looks whose it is
        select a.pid, a.usename::text as role
        from pg_stat_activity as a
        where a.datname = current_database() and a.pid <> pg_backend_pid()
            and a.xact_start < clock_timestamp() - make_interval(secs => greatest(p_after_s, 1))
            and a.usename in ('rempart_fhir', 'rempart_identity', 'rempart_portal', 'rempart_counter', 'rempart_console', 'rempart_public')
    )
    select h.role from held as h where pg_terminate_backend(h.pid)
$$;
grant usage, create on schema platform to rempart_warden;
alter function platform.end_held_transactions owner to rempart_warden;
revoke create on schema platform from rempart_warden;
revoke all on function platform.end_held_transactions from public;
grant execute on function platform.end_held_transactions to rempart_worker;
