-- Who contains and who releases: the operator, by these functions alone. To tighten takes one person; to loosen takes two, the
-- second of whom says the same thing. Nothing is forgotten: what was in force, from when to when, on whose word and why.

-- What somebody asked to loosen, and who agreed: a containment, or an account that the detectors froze.
create table gate.releases (
    release_id bigint generated always as identity primary key,
    containment_id bigint references gate.containments,
    account_id bigint references gate.account_state,
    frozen_because jsonb, -- what the account was convicted of
    because text not null,
    asked_by text not null,
    asked_at timestamptz not null default now(),
    approved_by text,
    approved_because text,
    approved_at timestamptz,
    constraint a_release_is_of_one_thing check (num_nonnulls(containment_id, account_id) = 1),
    constraint a_release_takes_two_people check (approved_by <> asked_by)
);
create unique index one_release_asked_per_containment on gate.releases (containment_id) where approved_at is null;
create unique index one_release_asked_per_account on gate.releases (account_id) where approved_at is null;
grant select, insert, update on gate.releases to rempart_gate;

-- Find what a scope is told by: a FINESS, an RPPS, a client_id, a profession's code, an AMC number, the name of a face, the number of an account.
create function gate.target_of(p_scope text, p_named text) returns bigint language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case p_scope
        when 'platform' then 0
        when 'face' then case p_named when 'fhir' then 1 when 'portal' then 2 when 'counter' then 3 end
        when 'software' then (select s.software_id from access.software as s where s.client_id = p_named)
        when 'organisation' then (select o.organisation_id from access.organisations as o where o.finess = p_named)
        when 'professional' then (select p.professional_id from access.professionals as p where p.rpps = p_named)
        when 'profession' then (select f.profession_id from access.professions as f where f.code = p_named)
        when 'insurer' then (select i.insurer_id from members.insurers as i where i.amc_number = p_named)
        when 'account' then (select a.account_id from access.accounts as a where a.account_id::text = p_named)
    end
$$;

create function gate.name_of(p_scope text, p_target bigint) returns text language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case p_scope
        when 'platform' then ''
        when 'face' then (array['fhir', 'portal', 'counter'])[p_target]
        when 'software' then (select s.client_id from access.software as s where s.software_id = p_target)
        when 'organisation' then (select o.finess from access.organisations as o where o.organisation_id = p_target)
        when 'professional' then (select p.rpps from access.professionals as p where p.professional_id = p_target)
        when 'profession' then (select f.code from access.professions as f where f.profession_id = p_target)
        when 'insurer' then (select i.amc_number from members.insurers as i where i.insurer_id = p_target)
        when 'account' then p_target::text
    end
$$;

-- Contain at once; null if there is nothing of that name. What is in force already is not doubled.
create function gate.contain(p_scope text, p_named text, p_mode smallint, p_because text, p_by text) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    target constant bigint := gate.target_of(p_scope, p_named);
    found_id bigint;
begin
    if target is null then
        return null;
    end if;
    lock table gate.containments in share row exclusive mode; -- two who contain the same thing at once
    select c.containment_id into found_id from gate.containments as c
    where c.scope = p_scope and c.target = target and c.mode = p_mode and c.released_at is null;
    if found_id is null then
        insert into gate.containments (scope, target, mode, because, decided_by)
        values (p_scope, target, p_mode, p_because, p_by)
        returning containment_id into found_id;
    end if;
    return found_id;
end $$;

-- Release a containment, or an account that the detectors convicted: the first person asks, a second one agrees by asking the same.
-- 'asked', 'released', 'same-person' or 'unknown'. The failures of an account are forgotten, its budgets are not.
create function gate.release(p_containment_id bigint, p_account_id bigint, p_because text, p_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    convicted_of jsonb;
    asked gate.releases;
begin
    if p_account_id is null then
        perform from gate.containments as c where c.containment_id = p_containment_id and c.released_at is null for update;
    else
        select st.frozen_because into convicted_of from gate.account_state as st
        where st.account_id = p_account_id and st.standing = 2 for update;
    end if;
    if not found then
        return 'unknown';
    end if;
    select * into asked from gate.releases as r
    where r.approved_at is null
        and row (r.containment_id, r.account_id) is not distinct from row (p_containment_id, p_account_id) for update;
    if not found then
        insert into gate.releases (containment_id, account_id, frozen_because, because, asked_by)
        values (p_containment_id, p_account_id, convicted_of, p_because, p_by);
        return 'asked';
    end if;
    if asked.asked_by = p_by then
        return 'same-person';
    end if;
    update gate.releases as r set approved_by = p_by, approved_because = p_because, approved_at = now()
    where r.release_id = asked.release_id;
    update gate.containments as c set released_at = now(), released_by = p_by where c.containment_id = asked.containment_id;
    update gate.account_state as st set standing = 0, failure_score = 0, frozen_at = null, frozen_because = null
    where st.account_id = asked.account_id;
    return 'released';
end $$;

-- What is in force, the latest first, with who asked to release it.
create function gate.contained()
returns table (
    containment_id bigint, scope text, named text, mode smallint, since timestamptz, because text, decided_by text,
    release_asked_by text, release_because text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select c.containment_id, c.scope, gate.name_of(c.scope, c.target), c.mode, c.since, c.because, c.decided_by, r.asked_by, r.because
    from gate.containments as c
    left join gate.releases as r on r.containment_id = c.containment_id and r.approved_at is null
    where c.released_at is null
    order by c.containment_id desc
$$;

-- The accounts that the detectors froze, the latest first: whose they are, and what they were convicted of.
create function gate.frozen()
returns table (
    account_id bigint, display_name text, finess text, profession text, frozen_at timestamptz, frozen_because jsonb,
    release_asked_by text, release_because text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select st.account_id, a.display_name, o.finess, f.code, st.frozen_at, st.frozen_because, r.asked_by, r.because
    from gate.account_state as st
    join access.accounts as a on a.account_id = st.account_id
    join access.organisations as o on o.organisation_id = st.organisation_id
    join access.professions as f on f.profession_id = st.profession_id
    left join gate.releases as r on r.account_id = st.account_id and r.approved_at is null
    where st.standing = 2
    order by st.frozen_at desc
$$;
create index accounts_frozen on gate.account_state (frozen_at) where standing = 2;

do $$
declare
    made text;
begin
    foreach made in array array['target_of', 'name_of', 'contain', 'release', 'contained', 'frozen'] loop
        execute format('alter function gate.%I owner to rempart_gate', made);
        execute format('revoke all on function gate.%I from public', made);
    end loop;
end $$;
grant usage on schema gate to rempart_operator;
grant execute on function gate.contain, gate.release, gate.contained, gate.frozen to rempart_operator;
