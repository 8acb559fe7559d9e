-- How a public register is taken: its lines are staged by the operator's command, held against what is known, applied whole or not
-- at all. As with a member file, one that would remove more than 2 % waits for a second person, and is applied when it is loaded again.

create table access.register_files (
    file_id bigint generated always as identity primary key,
    kind text not null check (kind in ('professionals', 'places')),
    name text not null, -- of the file, without its directory
    published_on date, -- as the file or its name says it; null: it does not
    sha256 bytea not null check (length(sha256) = 32),
    state text not null check (state in ('waiting', 'approved', 'taken', 'withdrawn')),
    brought_by text not null,
    brought_at timestamptz not null default now(),
    approved_by text,
    approved_at timestamptz,
    taken_at timestamptz,
    difference jsonb not null, -- counts
    constraint nobody_approves_the_register_he_brought check (approved_by <> brought_by)
);
create unique index one_register_waits_per_kind on access.register_files (kind) where state in ('waiting', 'approved');

create table staging.register_lines (
    rpps text not null,
    family_name text not null,
    given_name text not null,
    profession_code text not null, -- empty: the line says no more than that the person is there
    finess text not null,
    organisation text not null,
    role_code text not null,
    mode_code text not null
);
create table staging.register_places (
    finess text not null,
    name text not null,
    category_code text not null,
    department text not null,
    commune text not null
);
-- What the lines come to, each once.
create table staging.register_present (rpps text primary key, family_name text not null, given_name text not null);
create table staging.register_exercised (like access.register_exercises including all);
create table staging.register_unsure (rpps text primary key);
create table staging.register_present_places (like access.register_places including all);

-- Empty what a load staged.
create function access.sweep_register() returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    truncate staging.register_lines, staging.register_places, staging.register_present, staging.register_exercised,
        staging.register_unsure, staging.register_present_places
$$;

do $$
declare
    staged text;
begin
    foreach staged in array array['lines', 'places', 'present', 'exercised', 'unsure', 'present_places'] loop
        execute format('alter table staging.register_%s owner to rempart_access', staged);
    end loop;
end $$;
grant usage on schema staging to rempart_access, rempart_operator;
grant insert on staging.register_lines, staging.register_places to rempart_operator;
grant select, insert, update on access.register_files to rempart_access;
grant select on access.register_files to rempart_operator;
grant insert, update, delete on access.register_professionals, access.register_exercises, access.register_places to rempart_access;
grant update (struck_off_at) on access.professionals to rempart_access;

-- Open a load, alone until the transaction ends: 'open', 'busy', 'taken' (the same file was the last one taken), 'older'.
create function access.begin_register(p_kind text, p_sha256 bytea, p_published_on date) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    latest access.register_files;
begin
    if not pg_try_advisory_xact_lock(x'52454749'::int) then return 'busy'; end if; -- "REGI"
    select * into latest from access.register_files as f
    where f.kind = p_kind and f.state = 'taken' order by f.file_id desc limit 1;
    if latest.sha256 = p_sha256 then return 'taken'; end if;
    if p_published_on < latest.published_on then return 'older'; end if;
    perform access.sweep_register();
    return 'open';
end $$;

-- End a load: 'taken', or 'waiting' with nothing applied. Lines that could not be read and name nobody hold removals back: who is not
-- in the file might be on one of them. Gives the file's number, what changes, and who was struck off.
create function access.finish_register(
    p_kind text, p_name text, p_published_on date, p_sha256 bytea, p_by text, p_may_remove boolean,
    out verdict text, out file_id bigint, out difference jsonb, out struck_off text[]
) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    known bigint;
    gone bigint;
    staged bigint;
    added bigint;
    is_approved constant boolean := exists (
        select from access.register_files as f where f.kind = p_kind and f.state = 'approved' and f.sha256 = p_sha256
    );
begin
    struck_off := '{}';
    if p_kind = 'professionals' then
        insert into staging.register_present (rpps, family_name, given_name)
        select l.rpps, max(l.family_name), max(l.given_name) from staging.register_lines as l group by l.rpps;
        analyze staging.register_present;
        select count(*) into known from access.register_professionals;
        select count(*) into staged from staging.register_present;
        select count(*) into gone from access.register_professionals as r
        where not exists (select from staging.register_present as p where p.rpps = r.rpps);
    else
        insert into staging.register_present_places select distinct on (s.finess) s.* from staging.register_places as s
        order by s.finess, s.name;
        select count(*) into known from access.register_places;
        select count(*) into staged from staging.register_present_places;
        select count(*) into gone from access.register_places as r
        where not exists (select from staging.register_present_places as p where p.finess = r.finess);
    end if;
    difference := jsonb_build_object('known', known, 'in_file', staged, 'gone', gone, 'removals_held_back', not p_may_remove);
    verdict := case when p_may_remove and gone * 100 > known * 2 and not is_approved then 'waiting' else 'taken' end;
    if verdict = 'taken' and p_kind = 'professionals' then
        struck_off := access.apply_professionals(p_may_remove);
        difference := difference || jsonb_build_object('struck_off', cardinality(struck_off));
    elsif verdict = 'taken' then
        perform access.apply_places(p_may_remove);
    end if;
    perform access.sweep_register();
    update access.register_files as f set state = 'withdrawn'
    where f.kind = p_kind and f.state in ('waiting', 'approved') and f.sha256 <> p_sha256;
    update access.register_files as f
    set state = verdict, difference = difference, taken_at = case when verdict = 'taken' then now() end
    where f.kind = p_kind and f.state in ('waiting', 'approved') and f.sha256 = p_sha256
    returning f.file_id into file_id;
    if file_id is null then
        insert into access.register_files as f (kind, name, published_on, sha256, state, brought_by, taken_at, difference)
        values (
            p_kind, p_name, p_published_on, p_sha256, verdict, p_by, case when verdict = 'taken' then now() end, difference
        )
        returning f.file_id into file_id;
    end if;
end $$;

-- Apply the professionals that are staged; give those of ours who left the register, and are struck off by it.
create function access.apply_professionals(p_may_remove boolean) returns text[] language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    left_it text[] := '{}';
begin
    insert into staging.register_exercised (rpps, profession_code, finess, organisation, role_code, mode_code)
    select distinct l.rpps, l.profession_code, l.finess, l.organisation, l.role_code, l.mode_code
    from staging.register_lines as l where l.profession_code <> '';
    analyze staging.register_exercised;
    -- whoever stands on a line that could not be read whole keeps the exercises that were known
    insert into staging.register_unsure select distinct l.rpps from staging.register_lines as l where l.profession_code = '';
    if p_may_remove then
        with gone as (
            update access.professionals as p set struck_off_at = now()
            where p.struck_off_at is null
                and exists (select from access.register_professionals as r where r.rpps = p.rpps)
                and not exists (select from staging.register_present as s where s.rpps = p.rpps)
            returning p.rpps
        )
        select coalesce(array_agg(g.rpps order by g.rpps), '{}') into left_it from gone as g;
        delete from access.register_professionals as r where not exists (select from staging.register_present as s where s.rpps = r.rpps);
        delete from access.register_exercises as e
        where not exists (select from staging.register_unsure as u where u.rpps = e.rpps)
            and not exists (
                select from staging.register_exercised as x
                where x.rpps = e.rpps and x.profession_code = e.profession_code and x.finess = e.finess
                    and x.organisation = e.organisation and x.role_code = e.role_code and x.mode_code = e.mode_code
            );
    end if;
    insert into access.register_professionals as r (rpps, family_name, given_name)
    select s.rpps, s.family_name, s.given_name from staging.register_present as s
    on conflict (rpps) do update set family_name = excluded.family_name, given_name = excluded.given_name
    where excluded.family_name <> '' and (r.family_name, r.given_name) is distinct from (excluded.family_name, excluded.given_name);
    insert into access.register_exercises (rpps, profession_code, finess, organisation, role_code, mode_code)
    select x.rpps, x.profession_code, x.finess, x.organisation, x.role_code, x.mode_code from staging.register_exercised as x
    on conflict do nothing;
    return left_it;
end $$;

create function access.apply_places(p_may_remove boolean) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    if p_may_remove then
        delete from access.register_places as r where not exists (select from staging.register_present_places as s where s.finess = r.finess);
    end if;
    insert into access.register_places as r (finess, name, category_code, department, commune)
    select s.finess, s.name, s.category_code, s.department, s.commune from staging.register_present_places as s
    on conflict (finess) do update
    set name = excluded.name, category_code = excluded.category_code, department = excluded.department, commune = excluded.commune
    where (r.name, r.category_code, r.department, r.commune)
        is distinct from (excluded.name, excluded.category_code, excluded.department, excluded.commune);
end $$;

create function access.approve_register(p_file_id bigint, p_by text) returns text language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    pending access.register_files;
begin
    select * into pending from access.register_files as f where f.file_id = p_file_id for update;
    if pending.file_id is null then return 'file-unknown'; end if;
    if pending.state <> 'waiting' then return 'not-waiting'; end if;
    if pending.brought_by = p_by then return 'same-person'; end if;
    update access.register_files as f set state = 'approved', approved_by = p_by, approved_at = now() where f.file_id = p_file_id;
    return 'approved';
end $$;

-- Professionals of ours whom the register does not know, and who are not struck off for it: the operator looks.
create function access.not_in_register() returns setof text language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select p.rpps from access.professionals as p
    where p.struck_off_at is null and exists (select from access.register_professionals)
        and not exists (select from access.register_professionals as r where r.rpps = p.rpps)
    order by p.rpps
$$;

do $$
declare
    name text;
begin
    foreach name in array array['apply_professionals', 'apply_places', 'sweep_register'] loop
        execute format('alter function access.%I owner to rempart_access', name);
        execute format('revoke all on function access.%I from public', name);
    end loop;
    foreach name in array array['begin_register', 'finish_register', 'approve_register', 'not_in_register'] loop
        execute format('alter function access.%I owner to rempart_access', name);
        execute format('revoke all on function access.%I from public', name);
        execute format('grant execute on function access.%I to rempart_operator', name);
    end loop;
end $$;
