-- An operator fits the detectors on its own accounts: sums per account and day, and nothing of people.

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

alter function gate.detector_days owner to rempart_gate;
revoke all on function gate.detector_days from public;
grant execute on function gate.detector_days to rempart_operator;

-- Rules change by what two people asked (0029).
grant insert, update, delete on access.detector_rules to rempart_gate;
grant usage on schema access to rempart_gate;
