-- Who contains and who releases: the operator, by these functions alone. To tighten takes one person; to loosen takes two, the
-- second of whom says the same thing: by their keys (0026, 0029), or by two names as long as nobody has a key. Nothing is forgotten: what was in force, from when to when, on whose word and why.

-- What somebody asked to loosen, and who agreed: a containment, or an account that the detectors convicted.
create table gate.releases (
    release_id bigint generated always as identity primary key,
    containment_id bigint references gate.containments,
    account_id bigint references gate.account_state,
    conviction_id bigint references gate.convictions, -- what the account was convicted of
    waves_s int check (waves_s between 60 and 7 * 86400), -- over how long those who return come back, one after the other
    because text not null constraint a_release_says_why check (
        because ~ '\S' and platform.is_one_line(because)),
    asked_by text not null check (asked_by ~ '\S'),
    asked_at timestamptz not null default platform.present(),
    approved_by text,
    approved_because text,
    approved_at timestamptz,
    constraint a_release_is_of_one_thing check (num_nonnulls(containment_id, account_id) = 1),
    constraint a_release_takes_two_people check (approved_by <> asked_by),
    constraint an_agreement_says_why check ((approved_by is null) = (approved_because is null) and approved_because ~ '\S')
);
create unique index one_release_asked_per_containment on gate.releases (containment_id) where approved_at is null;
create unique index one_release_asked_per_account on gate.releases (account_id) where approved_at is null;
grant select, insert, update on gate.releases to rempart_gate;

-- Find what a scope is told by: a FINESS, an RPPS, a client_id, a profession's code, an AMC number, the name of a face, the number of
-- an account; the number of a receipt stands for the person asked about; a shape is profession/client_id/region, of which this finds
-- the profession.
create function gate.target_of(p_scope text, p_named text) returns bigint language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case p_scope
        when 'platform' then case p_named when '' then 0 end -- who names something means that alone
        when 'face' then case p_named when 'fhir' then 1 when 'portal' then 2 when 'counter' then 3 end
        when 'software' then (select s.software_id from access.software as s where s.client_id = p_named)
        when 'organisation' then (select o.organisation_id from access.organisations as o where o.finess = p_named)
        when 'professional' then (select p.professional_id from access.professionals as p where p.rpps = p_named)
        when 'profession' then (select f.profession_id from access.professions as f where f.code = p_named)
        when 'insurer' then (select i.insurer_id from members.insurers as i where i.amc_number = p_named)
        when 'account' then (select a.account_id from access.accounts as a where a.account_id::text = p_named)
        when 'person' then (
            select r.subject from evidence.receipts as r
            where r.receipt_id = case when p_named ~ '^[0-9]{1,18}$' then p_named::bigint end and r.subject > 0
        )
        when 'shape' then (select f.profession_id from access.professions as f where f.code = split_part(p_named, '/', 1))
    end
$$;

alter function gate.target_of owner to rempart_gate;

-- Contain at once; null if there is nothing of that name. What is in force already is not doubled. With a term, it ends by itself.
create function gate.contain(
    p_scope text, p_named text, p_mode smallint, p_because text, p_by text, p_hours double precision default null
) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    target constant bigint := gate.target_of(p_scope, p_named);
    present constant timestamptz := platform.present();
    software int;
    region smallint;
    found_id bigint;
begin
    if p_scope = 'shape' then
        select case split_part(p_named, '/', 2) when '-' then 0 else s.software_id end into software
        from (values (1)) as one (row) left join access.software as s on s.client_id = split_part(p_named, '/', 2);
        region := substring(p_named from '/([0-9]{1,2})$')::smallint;
    end if;
    if target is null or p_scope = 'shape' and (software is null or region is null) then
        return null;
    end if;
    -- Two who contain the same thing at once; of that thing alone, else one open transaction would keep everybody from containing.
    perform pg_advisory_xact_lock(hashtextextended(format('%s/%s/%s/%s/%s', p_scope, target, p_mode, software, region), 14));
    select c.containment_id into found_id from gate.containments as c
    where c.scope = p_scope and c.target = target and c.mode = p_mode and c.released_at is null
        and row (c.software_id, c.region) is not distinct from row (software, region);
    if found_id is null then
        insert into gate.containments (
            scope, target, software_id, region, named, mode, since, because, decided_by, released_at, released_by
        ) values (
            p_scope, target, software, region, p_named, p_mode, present, p_because, p_by,
            present + make_interval(secs => p_hours * 3600), case when p_hours is not null then 'son terme' end
        )
        returning containment_id into found_id;
    end if;
    if p_mode = 3 then
        perform gate.revoke_sessions_of(p_scope, target, software, region);
    end if;
    return found_id;
end $$;

-- End the sessions of those whom a containment names. Whoever opens sessions might be taken over and hold their rows: what it holds
-- for three seconds is left as it is, and the containment, which refuses it all the same, comes into force.
create function gate.revoke_sessions_of(p_scope text, p_target bigint, p_software_id int, p_region smallint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp set lock_timeout = '3s' as $$
declare
    named constant bigint[] := array(
        select s.session_id
        from access.sessions as s
        join gate.account_state as a on a.account_id = s.account_id
        join gate.account_state as h on h.account_id = a.holder_account_id
        where s.revoked_at is null and p_target = case p_scope
            when 'platform' then 0
            when 'face' then case when s.software_id is not null then 1 else s.face end -- a browser's is for the one where one signed in
            when 'software' then s.software_id when 'organisation' then a.organisation_id when 'professional' then h.professional_id
            when 'profession' then a.profession_id when 'account' then a.account_id
            when 'shape' then case when coalesce(s.software_id, 0) = p_software_id and coalesce(a.region, 0) = p_region then a.profession_id end
        end
    );
begin
    begin
        perform from access.sessions as s where s.session_id = any (named) order by s.session_id for update;
    exception when lock_not_available then null;
    end;
    update access.sessions as s set revoked_at = platform.present(), revoked_because = 'contained'
    from (
        select f.session_id from access.sessions as f
        where f.session_id = any (named) and f.revoked_at is null order by f.session_id for update skip locked
    ) as f
    where s.session_id = f.session_id;
end $$;

-- From when on a return by waves has to be counted to end at another instant without cutting again anybody who is back.
create function gate.waves_begun(p_from timestamptz, p_until timestamptz, p_new_until timestamptz, p_at timestamptz) returns timestamptz
language sql immutable as $$
    select p_at - (p_new_until - p_at)
        * greatest(0, coalesce(extract(epoch from p_at - p_from) / nullif(extract(epoch from p_until - p_at), 0), 0)::float8)
$$;

-- Release a containment, or an account that the detectors convicted: the first person asks, a second one agrees by asking the same.
-- What returns by waves is asked for again in the same way, and ends at once or earlier. Nothing that is released ends later than it would
-- have: waves that are longer than what is left when the second one agrees are cut to it; asking for them is objected to (0029).
-- An account's scores are forgotten, its budgets are not. Believes the name that it is given: no role may call it. 'asked', 'released', 'same-person', or 'unknown' where nothing of it is held.
create function gate.release_as(
    p_containment_id bigint, p_account_id bigint, p_because text, p_by text, p_waves_s int default null
) returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    convicted_of bigint;
    asked gate.releases;
    present constant timestamptz := platform.present();
begin
    if p_account_id is null then
        perform from gate.containments as c
        where c.containment_id = p_containment_id and coalesce(c.released_at, 'infinity') > present
        for update;
    else
        perform from gate.account_state as st
        where st.account_id = p_account_id and (st.standing = 2 or st.stepped_up_at is not null) for update;
    end if;
    if not found then
        return 'unknown';
    end if;
    select max(v.conviction_id) into convicted_of from gate.convictions as v where v.account_id = p_account_id;
    select * into asked from gate.releases as r
    where r.approved_at is null
        and row (r.containment_id, r.account_id) is not distinct from row (p_containment_id, p_account_id) for update;
    if not found then
        insert into gate.releases (containment_id, account_id, conviction_id, waves_s, because, asked_by)
        values (p_containment_id, p_account_id, convicted_of, p_waves_s, p_because, p_by);
        return 'asked';
    end if;
    if asked.conviction_id is distinct from convicted_of then -- asked for another conviction: this one was read by nobody yet
        update gate.releases as r
        set conviction_id = convicted_of, waves_s = p_waves_s, because = p_because, asked_by = p_by, asked_at = present
        where r.release_id = asked.release_id;
        return 'asked';
    end if;
    if asked.asked_by = p_by then
        return 'same-person';
    end if;
    update gate.releases as r set approved_by = p_by, approved_because = p_because, approved_at = present
    where r.release_id = asked.release_id;
    update gate.containments as c
    set waves_from = case when asked.waves_s is null then c.waves_from when c.waves_from is null then present
            else gate.waves_begun(c.waves_from, c.released_at, least(c.released_at, present + make_interval(secs => asked.waves_s)), present)
        end,
        released_at = least(c.released_at, present + make_interval(secs => coalesce(asked.waves_s, 0))), released_by = p_by
    where c.containment_id = asked.containment_id;
    update gate.account_state as st
    set standing = case st.standing when 2 then 0 else st.standing end, frozen_at = null,
        watch = gate.new_watch(watch), new_devices = gate.new_watch(new_devices)
    where st.account_id = asked.account_id;
    update gate.account_state as st set frozen_at = null -- his accounts that were revoked while frozen
    from gate.account_state as back
    where back.account_id = asked.account_id and st.professional_id = back.professional_id and st.standing = 1;
    update gate.account_state as h set newcomers = gate.new_watch() -- what its score was added to
    from gate.account_state as st where st.account_id = asked.account_id and h.account_id = st.holder_account_id;
    return 'released';
end $$;

-- What is in force, the latest first, with who asked to release it.
create function gate.contained()
returns table (
    containment_id bigint, scope text, named text, mode smallint, since timestamptz, because text, decided_by text,
    ends_at timestamptz, by_waves boolean, release_asked_by text, release_because text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select c.containment_id, c.scope, c.named, c.mode, c.since, c.because, c.decided_by, c.released_at, c.waves_from is not null,
        r.asked_by, r.because
    from gate.containments as c
    left join gate.releases as r on r.containment_id = c.containment_id and r.approved_at is null
    where coalesce(c.released_at, 'infinity') > platform.present()
    order by c.containment_id desc
$$;

-- The accounts that the detectors froze, or ask presence of, the latest first: whose they are, and what they were convicted of.
create function gate.convicted()
returns table (
    account_id bigint, display_name text, finess text, profession text, measure smallint, conviction_id bigint,
    convicted_at timestamptz, signal text, score double precision, threshold double precision, release_asked_by text,
    release_because text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select st.account_id, a.display_name, o.finess, f.code, case st.standing when 2 then 2 else 1 end, v.conviction_id, v.convicted_at,
        s.code, v.score, v.threshold, r.asked_by, r.because
    from gate.account_state as st
    join access.accounts as a on a.account_id = st.account_id
    join access.organisations as o on o.organisation_id = st.organisation_id
    join access.professions as f on f.profession_id = st.profession_id
    join lateral (
        select * from gate.convictions as v where v.account_id = st.account_id order by v.conviction_id desc limit 1
    ) as v on true
    join access.signals as s on s.signal_id = v.signal_id
    left join gate.releases as r on r.account_id = st.account_id and r.approved_at is null
    where st.standing = 2 or st.stepped_up_at is not null
    order by v.conviction_id desc
$$;
create index accounts_convicted on gate.account_state (account_id) where standing = 2 or stepped_up_at is not null;

do $$
declare
    made text;
begin
    foreach made in array array['target_of', 'contain', 'revoke_sessions_of', 'waves_begun', 'release_as', 'contained', 'convicted'] loop
        execute format('alter function gate.%I owner to rempart_gate', made);
        execute format('revoke all on function gate.%I from public', made);
    end loop;
end $$;
grant usage on schema gate to rempart_operator;
grant execute on function gate.contain, gate.contained, gate.convicted to rempart_operator;
