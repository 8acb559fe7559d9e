-- A load opens: the file is the one that comes next, or is told why not.

-- Empty the staging tables that hold something. A table that is truncated is looked for in the whole cache of the server, a
-- millisecond each time on a large one, so those that are empty are left alone.
create function staging.sweep() returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    filled text;
begin
    select string_agg(c.oid::regclass::text, ', ') into filled
    from pg_class as c
    where c.relnamespace = 'staging'::regnamespace and c.relkind = 'r' and pg_relation_size(c.oid) > 0;
    if filled is not null then
        execute 'truncate ' || filled;
    end if;
end $$;

-- Open a load; the verdict says why not. Nothing is kept before the load ends.
create function feeds.begin_file(
    p_amc text, p_sequence int, p_kind text, p_effective_on date, p_sha256 bytea, p_previous bytea, p_row_count bigint,
    p_name text, p_by text, p_may_absorb boolean,
    out verdict text, out insurer_id int, out file_id bigint, out expected int, out first_person_id bigint
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    former feeds.files;
    pending feeds.files;
    is_pending boolean; -- this very file, manifest included: another date closes other rights
    is_first boolean;
    is_absorbed boolean;
begin
    if not pg_try_advisory_xact_lock(1382314564) then -- one load at a time: it has the staging tables to itself
        verdict := 'busy';
        return;
    end if;
    select i.insurer_id into insurer_id from members.insurers as i where i.amc_number = p_amc for no key update;
    if insurer_id is null then
        verdict := 'insurer-unknown';
        return;
    end if;
    select * into former from feeds.files as f
    where f.insurer_id = insurer_id and f.state = 'taken' order by f.sequence desc limit 1;
    select * into pending from feeds.files as f where f.insurer_id = insurer_id and f.state in ('waiting', 'approved');
    is_pending := row (pending.sha256, pending.sequence, pending.kind, pending.effective_on, pending.row_count)
        is not distinct from row (p_sha256, p_sequence, p_kind, p_effective_on, p_row_count);
    is_first := former.file_id is null;
    is_absorbed := is_first and p_kind = 'full' and p_may_absorb;
    expected := coalesce(former.sequence, 0) + 1;
    file_id := pending.file_id;
    verdict := case
        when exists (select from feeds.files as f where f.insurer_id = insurer_id and f.sequence = p_sequence
                     and f.sha256 = p_sha256 and f.state = 'taken') then 'already-taken'
        when p_sequence < expected then 'sequence-taken'
        when p_sequence > expected then 'sequence-gap'
        when p_previous is distinct from former.sha256 then 'previous-differs'
        when pending.state = 'waiting' and is_pending then 'waiting'
        else 'begun'
    end;
    if verdict <> 'begun' then
        return;
    end if;
    perform staging.sweep();
    if is_absorbed then
        first_person_id := feeds.open_members(insurer_id, p_row_count);
    elsif to_regclass('members.identities_' || insurer_id) is null then
        execute format('create table members.identities_%s partition of members.identities for values in (%s)', insurer_id, insurer_id);
    end if;
    insert into staging.file values (
        insurer_id, p_sequence, p_kind, p_effective_on, p_sha256, p_row_count, p_name, p_by, is_first,
        coalesce(pending.state = 'approved' and is_pending, false), first_person_id,
        case when is_absorbed then feeds.inserted_so_far() end
    );
end $$;

-- Say what the file's products are, by the places that its lines name them with; a code that is new gets a number. The numbers
-- are given back in the order of the places: who absorbs a file writes them himself.
create function feeds.name_products(p_first_place int, p_codes text[]) returns int[]
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    insert into members.products (insurer_id, code)
    select f.insurer_id, c from staging.file as f, unnest(p_codes) as c
    on conflict do nothing;
    insert into staging.products
    select p_first_place + u.place - 1, p.product_id
    from unnest(p_codes) with ordinality as u (code, place)
    cross join staging.file as f
    join members.products as p on p.insurer_id = f.insurer_id and p.code = u.code;
    return array(select s.product_id from staging.products as s where s.product_place >= p_first_place order by s.product_place);
end $$;
