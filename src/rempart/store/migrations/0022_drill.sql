-- What only a drill may do: move its clock, load what a year of work would have left, count what convicted accounts were told.
-- Each function looks at platform.environment first, so that in any other database it is refused, whoever calls it.

create schema drill;
grant usage on schema drill to rempart_operator, rempart_gate;
grant select, update (ahead_by) on platform.environment to rempart_gate;
grant update (data_as_of) on members.insurers to rempart_gate;

create function drill.refuse_elsewhere() returns void language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from platform.environment as e where e.name = 'drill') then
        raise exception 'this is no drill' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- Let time pass; give the drill's present. Sessions end with it, insurers go on sending their files; proofs are made by the world's clock (gate.ask).
create function drill.advance(p_by interval) returns timestamptz language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform drill.refuse_elsewhere();
    if p_by <= interval '0' or p_by > interval '366 days' then
        raise exception 'time passes forwards, a year at most' using errcode = 'invalid_parameter_value';
    end if;
    update platform.environment set ahead_by = ahead_by + p_by;
    update members.insurers set data_as_of = data_as_of + p_by;
    return platform.present();
end $$;

-- Make accounts acquainted with people, by their aliases: first and last met so many days ago, proven present or not. An alias that leads
-- to nobody makes no acquaintance. Gives how many were made.
create function drill.load_history(
    p_accounts bigint[], p_aliases bytea[], p_first_days_ago int[], p_last_days_ago int[], p_proven boolean[]
) returns bigint language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    today constant date := (platform.present() at time zone 'Europe/Paris')::date;
    made bigint;
begin
    perform drill.refuse_elsewhere();
    insert into gate.acquaintances (organisation_id, subject, holder_account_id, first_seen_on, last_seen_on, old_seen_on)
    select st.organisation_id, l.person_id, st.holder_account_id, min(today - u.first_ago), max(today - u.last_ago), max(today - u.last_ago)
    from unnest(p_accounts, p_aliases, p_first_days_ago, p_last_days_ago) as u (account_id, alias, first_ago, last_ago)
    join gate.account_state as st on st.account_id = u.account_id
    join members.aliases as l on l.alias_digest = u.alias
    group by st.organisation_id, l.person_id, st.holder_account_id
    on conflict do nothing;
    get diagnostics made = row_count;
    insert into gate.known_patients (organisation_id, subject, proven_on)
    select st.organisation_id, l.person_id, max(today - u.last_ago)
    from unnest(p_accounts, p_aliases, p_last_days_ago, p_proven) as u (account_id, alias, last_ago, proven)
    join gate.account_state as st on st.account_id = u.account_id
    join members.aliases as l on l.alias_digest = u.alias
    where u.proven
    group by st.organisation_id, l.person_id
    on conflict do nothing;
    return made;
end $$;

-- Take signals away from today on, by their codes, as a change of the dated rules would; and give all of them back. Outside a drill that takes
-- two people (0023). Each gives how many rules it touched.
create function drill.close_rules(p_signals text[]) returns bigint language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    today constant date := (platform.present() at time zone 'Europe/Paris')::date;
    touched bigint;
begin
    perform drill.refuse_elsewhere();
    update access.detector_rules as r set valid_until = today
    from access.signals as s
    where s.signal_id = r.signal_id and s.code = any(p_signals) and r.valid_until = 'infinity' and r.valid_from < today;
    get diagnostics touched = row_count;
    return touched;
end $$;

create function drill.reopen_rules() returns bigint language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    touched bigint;
begin
    perform drill.refuse_elsewhere();
    update access.detector_rules as r set valid_until = 'infinity' where r.valid_until < 'infinity';
    get diagnostics touched = row_count;
    return touched;
end $$;

-- Set the budgets in force of some professions.
create function drill.set_budgets(p_professions smallint[], p_people_per_day int[], p_rate_interval_ms int[], p_rate_burst int[]) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform drill.refuse_elsewhere();
    update access.profession_rules as r
    set people_per_day = u.people_per_day, rate_interval_ms = u.rate_interval_ms, rate_burst = u.rate_burst
    from unnest(p_professions, p_people_per_day, p_rate_interval_ms, p_rate_burst)
        as u (profession_id, people_per_day, rate_interval_ms, rate_burst)
    where r.profession_id = u.profession_id and r.valid_until = 'infinity';
end $$;
grant update (people_per_day, rate_interval_ms, rate_burst) on access.profession_rules to rempart_gate;

-- Have every insurer ask for a presence (domain/rights.py) from the first day on; give how many insurers.
create function drill.require_presence(p_presence smallint) returns bigint language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    touched bigint;
begin
    perform drill.refuse_elsewhere();
    insert into members.presence_policies (insurer_id, valid_from, required, required_when_stepped_up, accepted)
    select i.insurer_id, date '2024-01-01', p_presence, greatest(p_presence, 1), 126 from members.insurers as i
    on conflict (insurer_id, valid_from) do update
    set required = excluded.required, required_when_stepped_up = excluded.required_when_stepped_up;
    get diagnostics touched = row_count;
    return touched;
end $$;

-- What the platform can say of whom convicted accounts were told about: the receipts that confirmed somebody through the devices that
-- were convicted, new or old. The receipts' numbers, never the people.
create function drill.told_to_convicted() returns table (account_id bigint, receipt_id bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform drill.refuse_elsewhere();
    return query
    select distinct r.account_id, r.receipt_id
    from gate.convictions as v
    join evidence.receipts as r on r.account_id = v.account_id and r.outcome between 1 and 8
    join access.sessions as s on s.session_id = r.session_id
    where v.is_of_new_devices = (s.device_since > v.devices_new_from);
end $$;

-- Let accounts have had for a year the devices that they signed in with so far.
create function drill.age_devices(p_accounts bigint[]) returns bigint language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    touched bigint;
begin
    perform drill.refuse_elsewhere();
    update access.sessions as s set opened_at = s.opened_at - interval '1 year', device_since = s.device_since - interval '1 year'
    where s.account_id = any(p_accounts);
    get diagnostics touched = row_count;
    return touched;
end $$;
grant update (opened_at, device_since) on access.sessions to rempart_gate;

do $$
declare
    made regprocedure;
begin
    for made in select oid from pg_proc where pronamespace = 'drill'::regnamespace loop
        execute format('alter function %s owner to rempart_gate', made);
        execute format('revoke all on function %s from public', made);
    end loop;
end $$;
grant execute on function drill.advance, drill.load_history, drill.close_rules, drill.reopen_rules, drill.set_budgets, drill.require_presence,
    drill.told_to_convicted, drill.age_devices to rempart_operator;
