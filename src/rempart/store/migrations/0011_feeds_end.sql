-- A load ends: judged, applied or put aside for a second person, written down. Then what each role may do of all this.

-- Close the load: 'taken', or 'waiting' for a second person with nothing applied. Bad lines without a person hold back closings.
create function feeds.finish_file(p_unattributable bigint, out verdict text, out file_id bigint, out difference jsonb)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    here staging.file;
    may_close constant boolean := p_unattributable = 0;
begin
    select * into strict here from staging.file;
    analyze staging.people, staging.other_aliases, staging.lines, staging.products, staging.identities;
    perform feeds.hold_contradictions(may_close);
    analyze staging.held;
    perform feeds.find_changes(may_close);
    analyze staging.changes;
    insert into staging.complaints
    select l.line, 'beneficiary_id', 'person-held'
    from staging.lines as l join staging.held as h using (reference_digest)
    where l.change < 2 and not exists (select from staging.complaints as c where c.line = l.line);

    difference := feeds.difference() || jsonb_build_object(
        'people_held', (select count(*) from staging.held), 'closings_held_back', not may_close and here.kind = 'full');
    if not here.is_first and not here.is_approved
        and (difference ->> 'rights_touched')::bigint * 100 > (difference ->> 'rights_known')::bigint * 2 then
        verdict := 'waiting';
    else
        verdict := 'taken';
        perform feeds.apply_changes();
        update members.insurers as i
        set data_as_of = now(),
            people_count = i.people_count + (difference ->> 'new_people')::bigint,
            rights_count = i.rights_count + (difference ->> 'new')::bigint
                - (select count(*) from staging.changes as c where c.action = 4)
        where i.insurer_id = here.insurer_id;
    end if;
    file_id := feeds.record_file(verdict, difference);
    delete from staging.file;
    truncate staging.people, staging.other_aliases, staging.lines, staging.products, staging.identities, staging.held, staging.claims,
        staging.changes;
end $$;

-- Write down what became of the file at hand: in the place of its approval if it has one. Another that waited is withdrawn; it never
-- is this one, which would not have been begun.
create function feeds.record_file(p_state text, p_difference jsonb) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here staging.file;
    recorded bigint;
begin
    select * into here from staging.file;
    if here.is_approved then
        update feeds.files as f
        set state = p_state, taken_at = case when p_state = 'taken' then now() end, difference = p_difference
        where f.insurer_id = here.insurer_id and f.state = 'approved'
        returning f.file_id into strict recorded;
    else
        update feeds.files as f set state = 'withdrawn'
        where f.insurer_id = here.insurer_id and f.state in ('waiting', 'approved');
        insert into feeds.files as f (
            insurer_id, sequence, kind, effective_on, sha256, row_count, name, state, brought_by, taken_at, difference
        )
        values (
            here.insurer_id, here.sequence, here.kind, here.effective_on, here.sha256, here.row_count, here.name, p_state,
            here.brought_by, case when p_state = 'taken' then now() end, p_difference
        )
        returning f.file_id into recorded;
    end if;
    return recorded;
end $$;

-- A second person lets a waiting file in; it is applied when it is loaded again.
create function feeds.approve_file(p_file_id bigint, p_by text) returns text
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    pending feeds.files;
begin
    select * into pending from feeds.files as f where f.file_id = p_file_id for update;
    if pending.file_id is null then return 'file-unknown'; end if;
    if pending.state <> 'waiting' then return 'not-waiting'; end if;
    if pending.brought_by = p_by then return 'same-person'; end if;
    update feeds.files as f set state = 'approved', approved_by = p_by, approved_at = now() where f.file_id = p_file_id;
    return 'approved';
end $$;

grant usage on schema feeds to rempart_loader, rempart_feeds, rempart_operator;
grant usage, create on schema staging, members to rempart_loader;
grant insert on members.people, members.aliases, members.rights to rempart_loader with grant option; -- see 0008
do $$
begin
    if current_setting('is_superuser')::bool then
        grant set on parameter wal_compression to rempart_loader;
    end if;
end $$;
grant usage, update on sequence members.people_person_id_seq to rempart_loader;
grant usage on schema staging to rempart_feeds;
grant select, insert, update on feeds.files to rempart_loader;
grant select on feeds.files to rempart_feeds, rempart_operator;
alter table members.identities owner to rempart_loader;
do $$
declare
    staged text;
begin
    foreach staged in array array['file', 'people', 'other_aliases', 'lines', 'products', 'identities', 'held', 'claims', 'complaints', 'changes'] loop
        execute format('alter table staging.%I owner to rempart_loader', staged);
    end loop;
    if current_setting('server_version_num')::int >= 170000 then
        grant maintain on members.people, members.aliases, members.rights to rempart_loader;
    end if;
    alter function staging.refuse_half_a_load owner to rempart_loader;
    alter function staging.sweep owner to rempart_loader;
    for staged in
        select p.oid::regprocedure::text from pg_proc as p where p.pronamespace = 'feeds'::regnamespace
    loop
        execute format('alter function %s owner to rempart_loader', staged);
        execute format('revoke all on function %s from public', staged);
    end loop;
end $$;
revoke all on function staging.refuse_half_a_load, staging.sweep from public;
grant insert on staging.people, staging.other_aliases, staging.lines, staging.identities to rempart_feeds;
grant select on staging.complaints to rempart_feeds; -- line numbers and reasons
grant execute on function feeds.begin_file, feeds.name_products, feeds.finish_absorbed, feeds.finish_file,
    feeds.refresh_statistics to rempart_feeds;
grant execute on function feeds.approve_file to rempart_operator;
