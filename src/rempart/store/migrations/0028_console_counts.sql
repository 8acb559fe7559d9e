-- Questions counted for the console, a minute at a time: whoever looks keeps the minutes that can no longer change, and asks for the rest.

-- The receipts from an instant on (null: of a whole day), by minute and outcome, and those of the last sixty seconds. `at` is the present that was counted up to.
-- The few last minutes are found by their place in the table: never a whole day, unless it is asked for.
create function console.counted(p_token bytea, p_from timestamptz) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off -- planned while there are few receipts, it would read them all
as $$
    with present as materialized (select (console.present(p_token)).session_id, platform.present() as at),
    counted as materialized (
        select date_bin('1 minute', r.asked_at, 'epoch') as minute, r.outcome, count(*) as questions,
            count(*) filter (where r.asked_at > p.at - interval '1 minute') as lately
        from present as p join evidence.receipts as r
            on r.asked_at >= greatest(p_from, p.at - interval '25 hours') and r.asked_at <= p.at
        group by 1, 2
    )
    select jsonb_build_object(
        'at', p.at,
        'minutes', (select coalesce(jsonb_agg(jsonb_build_array(extract(epoch from c.minute)::bigint, c.outcome, c.questions)), '[]')
            from counted as c),
        'lately', (select coalesce(jsonb_agg(jsonb_build_array(t.outcome, t.questions)), '[]') from (
            select c.outcome, sum(c.lately)::bigint as questions from counted as c where c.lately > 0 group by c.outcome
        ) as t)
    ) from present as p
$$;
alter function console.counted owner to rempart_gate;
revoke all on function console.counted from public;
grant execute on function console.counted to rempart_console;
