-- An operator fits the detectors on its own accounts: sums per account and day, and nothing of people. Rules change by two people.

-- How many questions of each account and day spoke for a thief, and for an honest shop, on signals 1 to 6. Accounts that stand frozen
-- are left out: they would teach the detectors what a thief looks like as if he were a shop.
create function gate.detector_days(p_from date, p_until date)
returns table (day date, account_id bigint, profession text, questions bigint, for_thief bigint[], for_honest bigint[])
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select e.day, e.account_id, f.code, e.questions, e.for_thief, e.for_honest
    from (
        select
            (r.asked_at at time zone 'Europe/Paris')::date as day, r.account_id, count(*) as questions,
            array[
                sum(r.signals & 1), sum(r.signals >> 1 & 1), sum(r.signals >> 2 & 1),
                sum(r.signals >> 3 & 1), sum(r.signals >> 4 & 1), sum(r.signals >> 5 & 1)
            ] as for_thief,
            array[
                sum(r.signals >> 8 & 1), sum(r.signals >> 9 & 1), sum(r.signals >> 10 & 1),
                sum(r.signals >> 11 & 1), sum(r.signals >> 12 & 1), sum(r.signals >> 13 & 1)
            ] as for_honest
        from evidence.receipts as r
        where r.asked_at >= p_from::timestamp at time zone 'Europe/Paris' and r.asked_at < p_until::timestamp at time zone 'Europe/Paris'
            and (r.outcome < 20 or r.outcome = 31) -- answered, or the person is being asked
        group by 1, 2
    ) as e
    join gate.account_state as st on st.account_id = e.account_id and st.standing <> 2
    join access.professions as f on f.profession_id = st.profession_id
    order by e.day, e.account_id
$$;

-- What one person asked the detectors to be set to, until a second one asks the same.
create table access.detector_changes (
    change_id bigint generated always as identity primary key,
    rules jsonb not null, -- [{profession, signal, honest, thief, threshold, measure}]
    valid_from date not null,
    because text not null,
    asked_by text not null,
    asked_at timestamptz not null default platform.present(),
    approved_by text,
    approved_at timestamptz,
    constraint a_change_takes_two_people check (approved_by <> asked_by)
);
create unique index one_such_change_asked on access.detector_changes (md5(rules::text), valid_from) where approved_at is null;
grant select, insert, update on access.detector_changes to rempart_gate;
grant insert, update on access.detector_rules to rempart_gate;
grant usage on schema access to rempart_gate;

-- Change rules from a day on: 'asked' by a first person, 'applied' when a second one asks the very same; 'same-person', 'unknown' where a
-- profession or a signal is none or has no rule in force, 'too-early' where a rule began that day or later, or the day is past.
create function gate.change_detectors(p_rules jsonb, p_valid_from date, p_because text, p_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    asked access.detector_changes;
    changed int;
begin
    lock table access.detector_changes in share row exclusive mode; -- two who agree at once
    if p_valid_from < (platform.present() at time zone 'Europe/Paris')::date then
        return 'too-early';
    end if;
    select count(*) into changed
    from jsonb_to_recordset(p_rules) as n (profession text, signal text)
    join access.professions as f on f.code = n.profession
    join access.signals as s on s.code = n.signal
    join access.detector_rules as r
        on r.profession_id = f.profession_id and r.signal_id = s.signal_id and r.valid_until = 'infinity';
    if changed = 0 or changed <> jsonb_array_length(p_rules) then
        return 'unknown';
    end if;
    select * into asked from access.detector_changes as c
    where c.approved_at is null and c.rules = p_rules and c.valid_from = p_valid_from;
    if not found then
        insert into access.detector_changes (rules, valid_from, because, asked_by) values (p_rules, p_valid_from, p_because, p_by);
        return 'asked';
    end if;
    if asked.asked_by = p_by then
        return 'same-person';
    end if;
    perform from jsonb_to_recordset(p_rules) as n (profession text, signal text)
    join access.professions as f on f.code = n.profession
    join access.signals as s on s.code = n.signal
    join access.detector_rules as r on r.profession_id = f.profession_id and r.signal_id = s.signal_id
    where r.valid_until = 'infinity' and r.valid_from >= p_valid_from;
    if found then
        return 'too-early';
    end if;
    update access.detector_rules as r set valid_until = p_valid_from
    from jsonb_to_recordset(p_rules) as n (profession text, signal text)
    join access.professions as f on f.code = n.profession
    join access.signals as s on s.code = n.signal
    where r.profession_id = f.profession_id and r.signal_id = s.signal_id and r.valid_until = 'infinity';
    insert into access.detector_rules (profession_id, signal_id, valid_from, honest, thief, threshold, measure, source)
    select f.profession_id, s.signal_id, p_valid_from, n.honest, n.thief, n.threshold, n.measure,
        asked.because || ' (' || asked.asked_by || ', ' || p_by || ')'
    from jsonb_to_recordset(p_rules) as n (
        profession text, signal text, honest double precision, thief double precision, threshold double precision, measure smallint
    )
    join access.professions as f on f.code = n.profession
    join access.signals as s on s.code = n.signal;
    update access.detector_changes as c set approved_by = p_by, approved_at = platform.present() where c.change_id = asked.change_id;
    return 'applied';
end $$;

alter function gate.detector_days owner to rempart_gate;
alter function gate.change_detectors owner to rempart_gate;
revoke all on function gate.detector_days, gate.change_detectors from public;
grant execute on function gate.detector_days, gate.change_detectors to rempart_operator;
