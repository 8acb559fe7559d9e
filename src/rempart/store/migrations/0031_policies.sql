-- How policies of presence follow one another. One may begin before others that are planned: what is stricter today does not wait for them.

-- Let a policy begin on a day, in place of what held from then on until the next planned one. Of the planned ones, those go whose first
-- days are given (console.policies_taken_back, which the operators read): where one tightens, another that asks for less would undo it
-- on its day. A planned one is cancelled by saying, from its day on, what holds before it: with p_cancels no policy of its own is kept
-- for what the one before says. Gives the first days of those taken back; null where there is no such insurer.
create function members.begin_policy(
    p_amc text, p_from date, p_required smallint, p_when_stepped_up smallint, p_accepted int, p_taken_back date[], p_cancels boolean
) returns date[] language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    insurer int;
    taken_back date[];
begin
    lock table members.presence_policies in share row exclusive mode; -- two who plan at once
    select i.insurer_id into insurer from members.insurers as i where i.amc_number = p_amc;
    if insurer is null then
        return null;
    end if;
    with gone as (
        delete from members.presence_policies as p
        where p.insurer_id = insurer and (p.valid_from = p_from or p.valid_from > p_from and p.valid_from = any (p_taken_back))
        returning p.valid_from
    )
    select coalesce(array_agg(g.valid_from order by g.valid_from), '{}') into taken_back from gone as g where g.valid_from > p_from;
    insert into members.presence_policies (insurer_id, valid_from, valid_until, required, required_when_stepped_up, accepted)
    select insurer, p_from, p_from + 1, p_required, p_when_stepped_up, p_accepted
    where not p_cancels or row (p_required::int, p_when_stepped_up::int, p_accepted) is distinct from coalesce(
        (select row (p.required::int, p.required_when_stepped_up::int, p.accepted) from members.presence_policies as p
         where p.insurer_id = insurer and p.valid_from < p_from order by p.valid_from desc limit 1),
        row (0, 1, 126) -- what holds without any
    );
    -- Each ends where the next one begins; the last one, which alone has no end, comes last.
    for is_last in 0..1 loop
        update members.presence_policies as p set valid_until = n.until
        from (
            select q.valid_from, lead(q.valid_from, 1, 'infinity') over (order by q.valid_from) as until
            from members.presence_policies as q where q.insurer_id = insurer
        ) as n
        where p.insurer_id = insurer and p.valid_from = n.valid_from and p.valid_until >= p_from and p.valid_until <> n.until
            and (n.until = 'infinity') = (is_last = 1);
    end loop;
    return taken_back;
end $$;
alter function members.begin_policy owner to rempart_gate;
revoke all on function members.begin_policy from public;
-- Nobody who logs in may call it: what loosens goes by console.ask (0029), which does.
