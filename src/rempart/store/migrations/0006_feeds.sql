-- How a member file becomes what is known: staged, held against what was known, then applied, all in the loader's transaction.
--
-- rempart_feeds may write into the staging tables and call the functions below; it reads no row of people, not even those that
-- it staged. A file is one transaction: whoever is killed leaves the database as it was. The staging tables are emptied by
-- `begin_file`, which also makes loads take turns, so a name is in use by one load at a time.

create schema feeds;
create schema staging;

create table feeds.files (
    file_id bigint generated always as identity primary key,
    insurer_id int not null references members.insurers,
    sequence int not null check (sequence > 0),
    kind text not null check (kind in ('full', 'delta')),
    effective_on date not null,
    sha256 bytea not null check (length(sha256) = 32),
    row_count bigint not null,
    name text not null, -- of the file, without its directory
    state text not null check (state in ('waiting', 'approved', 'taken', 'withdrawn')),
    brought_by text not null,
    brought_at timestamptz not null default now(),
    approved_by text,
    approved_at timestamptz,
    taken_at timestamptz,
    difference jsonb not null, -- counts, and samples by digest: no identity
    constraint nobody_approves_what_he_brought check (approved_by <> brought_by),
    constraint approved_and_taken_say_when check (
        (state <> 'approved' or approved_at is not null) and (state <> 'taken' or taken_at is not null)
    )
);
create unique index one_file_taken_per_sequence on feeds.files (insurer_id, sequence) where state = 'taken';
create unique index one_file_waits_per_insurer on feeds.files (insurer_id) where state in ('waiting', 'approved');

-- The file at hand. One row.
create unlogged table staging.file (
    insurer_id int not null,
    sequence int not null,
    kind text not null,
    effective_on date not null,
    sha256 bytea not null,
    row_count bigint not null check (row_count between 0 and 1000000000),
    name text not null,
    brought_by text not null,
    is_first boolean not null,
    is_approved boolean not null,
    first_person_id bigint, -- of a file that is absorbed batch by batch, see feeds.absorb_batch
    people_count bigint not null default 0, -- absorbed so far
    rights_count bigint not null default 0
);
-- A load that was opened is ended in the same transaction, or nothing of it is kept.
create function staging.refuse_half_a_load() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from staging.file) then
        raise exception 'a load was opened and not ended';
    end if;
    return null;
end $$;
create constraint trigger a_load_is_ended after insert on staging.file deferrable initially deferred
    for each row execute function staging.refuse_half_a_load();

-- The staging tables have no null: rows of one length are laid out at once by the loader. No date is `infinity`, no card is zeros.
-- `place` numbers people from 0 in the order in which they come: in a file that is absorbed, a person has one place.
--
-- A person is here once per batch of lines in which he appears.
create unlogged table staging.people (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    card_digest bytea not null,
    alias_digest bytea not null, -- of the number in column nir
    traits_mark bigint not null -- hash of the identity columns: two of them for one person contradict each other
);
create unlogged table staging.other_aliases (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    alias_digest bytea not null
);
create unlogged table staging.lines (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    change smallint not null, -- 0 upsert, 1 close, 2 a bad line of this person
    contract_digest bytea not null,
    opens_on date not null,
    ends_on date not null,
    coverage_rank smallint not null,
    situation smallint not null,
    domains int not null,
    domains_without_tp int not null,
    waiting_domains int not null,
    waiting_until date not null,
    product_place int not null
);
create unlogged table staging.products (product_place int primary key, product_id int not null);
create unlogged table staging.identities (
    insurer_id int not null,
    contract_digest bytea not null,
    opens_on date not null,
    traits_digest bytea not null,
    sealed bytea not null
);
-- People who stay as they are: a line of theirs is bad, or contradicts another.
create unlogged table staging.held (reference_digest bytea primary key);
-- Aliases that two people claim: two lines of the file, or a line and who has it now.
create unlogged table staging.claims (
    line bigint not null,
    column_name text not null,
    alias_digest bytea not null,
    reference_digest bytea not null,
    owner_digest bytea -- null: claimed by another line
);
create unlogged table staging.complaints (line bigint not null, column_name text not null, reason text not null);
-- What the file changes, line by line; lines that change nothing are not here.
create unlogged table staging.changes (
    action smallint not null, -- 1 new, 2 changed, 3 closed, 4 never opens
    line bigint, -- null: closed for being absent
    person_id bigint, -- null: a new person
    reference_digest bytea not null,
    contract_digest bytea not null,
    opens_on date not null,
    ends_on date,
    former_ends_on date,
    closes boolean not null,
    reopens boolean not null,
    is_backdated boolean not null
);

create function feeds.card_or_none(p_card bytea) returns bytea
language sql immutable as $$
    select case when p_card <> '\x0000000000000000000000000000000000000000000000000000000000000000' then p_card end
$$;

-- Open a load; the verdict says why not. Nothing is kept before the load ends.
create function feeds.begin_file(
    p_amc text, p_sequence int, p_kind text, p_effective_on date, p_sha256 bytea, p_previous bytea, p_row_count bigint,
    p_name text, p_by text, p_may_absorb boolean,
    out verdict text, out insurer_id int, out file_id bigint, out expected int, out identities_table text
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    former feeds.files;
    pending feeds.files;
    is_first boolean;
    is_absorbed boolean;
    first_person_id bigint;
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
    is_first := former.file_id is null;
    is_absorbed := is_first and p_kind = 'full' and p_may_absorb;
    identities_table := case when is_absorbed then 'members.identities_' || insurer_id else 'staging.identities' end;
    expected := coalesce(former.sequence, 0) + 1;
    file_id := pending.file_id;
    verdict := case
        when exists (select from feeds.files as f where f.insurer_id = insurer_id and f.sequence = p_sequence
                     and f.sha256 = p_sha256 and f.state = 'taken') then 'already-taken'
        when p_sequence < expected then 'sequence-taken'
        when p_sequence > expected then 'sequence-gap'
        when p_previous is distinct from former.sha256 then 'previous-differs'
        when pending.state = 'waiting' and pending.sha256 = p_sha256 then 'waiting'
        else 'begun'
    end;
    if verdict <> 'begun' then
        return;
    end if;
    truncate staging.file, staging.people, staging.other_aliases, staging.lines, staging.products, staging.identities, staging.held,
        staging.claims, staging.complaints, staging.changes;
    if is_absorbed then -- as many numbers as the file can hold people; those left over are never given
        first_person_id := nextval('members.people_person_id_seq');
        perform setval('members.people_person_id_seq', first_person_id + p_row_count);
    end if;
    insert into staging.file values (
        insurer_id, p_sequence, p_kind, p_effective_on, p_sha256, p_row_count, p_name, p_by, is_first,
        coalesce(pending.state = 'approved' and pending.sha256 = p_sha256, false), first_person_id
    );
    if is_absorbed then
        execute format('create table members.identities_%s (like members.identities)', insurer_id);
        execute format('grant insert on members.identities_%s to rempart_feeds', insurer_id);
    elsif not exists (select from pg_inherits as h join pg_class as c on c.oid = h.inhrelid
                   where h.inhparent = 'members.identities'::regclass and c.relname = 'identities_' || insurer_id) then
        execute format('create table members.identities_%s partition of members.identities for values in (%s)', insurer_id, insurer_id);
    end if;
end $$;

-- Say what the file's products are, by the places that its lines name them with; a code that is new gets a number.
create function feeds.name_products(p_first_place int, p_codes text[]) returns void
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
end $$;

-- The first file of an insurer has nothing to be held against, so its batches are written as they come, in the same transaction.
-- That asks for a clean file: a person whose lines are apart, a key or an alias that comes twice break a constraint, and the
-- loader begins again on the slower road, which names them. Identities go by COPY into a table of their own; it joins at the end.
create function feeds.absorb_batch() returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set work_mem = '64MB' as $$
declare
    here staging.file;
    new_people bigint;
    new_rights bigint;
begin
    select * into strict here from staging.file where first_person_id is not null;
    if exists (select from staging.people as s where s.place >= here.row_count)
        or exists (select from staging.other_aliases as s where s.place >= here.row_count)
        or exists (select from staging.lines as s where s.place >= here.row_count or s.change <> 0) then
        raise check_violation using message = 'more people than lines, or a line that is not of a first file';
    end if;

    insert into members.people (person_id, insurer_id, reference_digest, card_digest) overriding system value
    select here.first_person_id + s.place, here.insurer_id, s.reference_digest, feeds.card_or_none(s.card_digest)
    from staging.people as s;
    get diagnostics new_people = row_count;

    insert into members.aliases (alias_digest, person_id, insurer_id)
    select s.alias_digest, here.first_person_id + s.place, here.insurer_id from staging.people as s
    union all
    select s.alias_digest, here.first_person_id + s.place, here.insurer_id from staging.other_aliases as s
    order by alias_digest; -- a tree grows by neighbours: 2.8 µs a row rather than 4.6

    insert into members.rights (
        person_id, contract_digest, opens_on, ends_on, coverage_rank, situation, domains, domains_without_tp,
        waiting_domains, waiting_until, product_id, known_from
    )
    select
        here.first_person_id + l.place, l.contract_digest, l.opens_on, nullif(l.ends_on, 'infinity'), l.coverage_rank,
        l.situation, l.domains, l.domains_without_tp, l.waiting_domains, nullif(l.waiting_until, 'infinity'), d.product_id, now()
    from staging.lines as l
    join staging.products as d using (product_place);
    get diagnostics new_rights = row_count;

    update staging.file set people_count = people_count + new_people, rights_count = rights_count + new_rights;
    truncate staging.people, staging.other_aliases, staging.lines;
end $$;

-- Close a load that was absorbed: its identities become the insurer's partition.
create function feeds.finish_absorbed(out verdict text, out file_id bigint, out difference jsonb)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here staging.file;
begin
    select * into strict here from staging.file where first_person_id is not null;
    execute format('alter table members.identities_%s add primary key (insurer_id, contract_digest, opens_on)', here.insurer_id);
    execute format('revoke insert on members.identities_%s from rempart_feeds', here.insurer_id);
    execute format('alter table members.identities attach partition members.identities_%s for values in (%s)',
                   here.insurer_id, here.insurer_id);
    difference := feeds.difference()
        || jsonb_build_object('new', here.rights_count, 'new_people', here.people_count, 'people_held', 0, 'closings_held_back', false);
    update members.insurers as i
    set data_as_of = now(), people_count = here.people_count, rights_count = here.rights_count
    where i.insurer_id = here.insurer_id;
    verdict := 'taken';
    file_id := feeds.record_file(verdict, difference);
    delete from staging.file;
    truncate staging.products;
end $$;

-- Refresh what the planner knows, after a first load. PostgreSQL before 17 leaves that to autovacuum.
create function feeds.refresh_statistics() returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = error as $$
begin
    analyze members.people, members.aliases, members.rights;
end $$;

-- Find the lines that contradict each other or somebody else's, and hold their people.
create function feeds.hold_contradictions(p_may_close boolean) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set work_mem = '256MB' as $$
declare
    here staging.file;
    found_more boolean;
begin
    select * into here from staging.file;
    insert into staging.held select distinct l.reference_digest from staging.lines as l where l.change = 2;

    -- A key that appears twice.
    with twice as (
        select l.contract_digest, l.opens_on from staging.lines as l where l.change < 2
        group by l.contract_digest, l.opens_on having count(*) > 1
    ), told as (
        insert into staging.complaints
        select l.line, 'opens_on', 'period-twice' from staging.lines as l join twice using (contract_digest, opens_on)
        where l.change < 2
        returning line
    )
    insert into staging.held
    select l.reference_digest from staging.lines as l join told using (line) group by l.reference_digest
    on conflict do nothing;

    -- Two identities for one beneficiary.
    with two_faced as (
        select p.reference_digest from staging.people as p
        group by p.reference_digest having min(p.traits_mark) <> max(p.traits_mark)
    ), told as (
        insert into staging.complaints
        select l.line, 'beneficiary_id', 'identity-differs' from staging.lines as l join two_faced using (reference_digest)
        where l.change < 2
    )
    insert into staging.held select reference_digest from two_faced on conflict do nothing;

    -- One alias for two beneficiaries: in the file, or here and in what is known. Most files have none of these claims.
    with named as (
        select p.line, 'nir' as column_name, p.alias_digest, p.reference_digest from staging.people as p
        union all
        select a.line, 'other_aliases', a.alias_digest, a.reference_digest from staging.other_aliases as a
    ), repeated as (
        select n.alias_digest from named as n group by n.alias_digest having count(*) > 1
    ), shared as (
        select n.alias_digest from named as n join repeated using (alias_digest)
        group by n.alias_digest having count(distinct n.reference_digest) > 1
    ), owned as (
        select n.*, p.reference_digest as owner_digest
        from named as n
        join members.aliases as a on a.alias_digest = n.alias_digest
        join members.people as p on p.person_id = a.person_id
        where p.reference_digest <> n.reference_digest
    )
    insert into staging.claims
    select o.* from owned as o
    union all
    select n.*, null from named as n join shared using (alias_digest);
    if not found then
        return;
    end if;
    analyze staging.claims;

    -- Who is held no longer claims, and keeps what he had: so holding some may free others, and bind others.
    loop
        with free as (
            select c.* from staging.claims as c
            where not exists (select from staging.held as h where h.reference_digest = c.reference_digest)
        ), shared as (
            select f.alias_digest from free as f group by f.alias_digest having count(distinct f.reference_digest) > 1
        ), convicted as (
            select f.* from free as f join shared using (alias_digest)
            union
            select f.* from free as f
            where f.owner_digest is not null and (
                exists (select from staging.held as h where h.reference_digest = f.owner_digest)
                or not (p_may_close and here.kind = 'full')
                    and not exists (select from staging.people as p where p.reference_digest = f.owner_digest)
            )
        ), told as (
            insert into staging.complaints
            select distinct c.line, c.column_name, 'alias-of-somebody-else' from convicted as c
        ), caught as (
            insert into staging.held select distinct c.reference_digest from convicted as c on conflict do nothing returning 1
        )
        select exists (select from caught) into found_more;
        exit when not found_more;
    end loop;
end $$;

-- Hold the file against what is known, and write down what it changes.
create function feeds.find_changes(p_may_close boolean) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set work_mem = '256MB' as $$
declare
    here staging.file;
begin
    select * into here from staging.file;
    insert into staging.changes
    select
        c.action, c.line, c.person_id, c.reference_digest, c.contract_digest, c.opens_on,
        case when c.action = 3 then here.effective_on - 1 else nullif(c.ends_on, 'infinity') end, nullif(c.former_ends_on, 'infinity'),
        c.action in (3, 4)
            or c.action = 2 and (c.ends_on < c.former_ends_on or c.situation = 1 and c.former_situation <> 1),
        c.action = 2 and (
            c.former_ends_on < least(here.effective_on, c.ends_on) or c.situation <> 1 and c.former_situation = 1),
        c.action = 1 and c.opens_on < here.effective_on and not here.is_first
    from (
        select
            l.line, p.person_id, l.reference_digest, l.contract_digest, l.opens_on, l.ends_on, l.situation,
            r.situation as former_situation,
            case when r.person_id is not null then coalesce(r.ends_on, 'infinity') end as former_ends_on,
            case
                when l.change = 1 then case
                    when r.person_id is null then 5 -- told below
                    when r.opens_on >= here.effective_on then 4
                    when r.ends_on < here.effective_on then 0
                    else 3
                end
                when r.person_id is null then 1
                when row (l.ends_on, l.coverage_rank, l.situation, l.domains, l.domains_without_tp, l.waiting_domains,
                          l.waiting_until, d.product_id)
                    is distinct from row (coalesce(r.ends_on, 'infinity'), r.coverage_rank, r.situation, r.domains,
                                          r.domains_without_tp, r.waiting_domains, coalesce(r.waiting_until, 'infinity'),
                                          r.product_id) then 2
                else 0
            end as action
        from staging.lines as l
        left join staging.products as d on d.product_place = l.product_place
        left join members.people as p on p.reference_digest = l.reference_digest
        left join members.rights as r
            on r.person_id = p.person_id and r.contract_digest = l.contract_digest and r.opens_on = l.opens_on
        where l.change < 2 and not exists (select from staging.held as h where h.reference_digest = l.reference_digest)
    ) as c
    where c.action > 0;

    insert into staging.complaints
    select c.line, 'contract_number', 'period-unknown' from staging.changes as c where c.action = 5;
    delete from staging.changes where action = 5;

    if here.kind = 'full' and not here.is_first then
        insert into staging.changes
        select
            case when r.opens_on >= here.effective_on then 4 else 3 end, null, p.person_id, p.reference_digest, r.contract_digest,
            r.opens_on, here.effective_on - 1, r.ends_on, true, false, false
        from members.people as p
        join members.rights as r on r.person_id = p.person_id
        left join staging.lines as l on l.contract_digest = r.contract_digest and l.opens_on = r.opens_on and l.change < 2
        where p.insurer_id = here.insurer_id and l.line is null and (r.ends_on is null or r.ends_on >= here.effective_on)
            and p_may_close
            and not exists (select from staging.held as h where h.reference_digest = p.reference_digest);
    end if;
end $$;

-- What a second person is shown: how many, and a few of each by the digest of their reference.
create function feeds.difference() returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'rights_known', (select i.rights_count from staging.file as f join members.insurers as i using (insurer_id)),
        'rights_touched', count(*) filter (where c.closes or c.reopens or c.is_backdated),
        'closing', count(*) filter (where c.closes),
        'closing_absent', count(*) filter (where c.closes and c.line is null),
        'reopening', count(*) filter (where c.reopens),
        'backdated', count(*) filter (where c.is_backdated),
        'new', count(*) filter (where c.action = 1),
        'changed', count(*) filter (where c.action = 2),
        'new_people', count(distinct c.reference_digest) filter (where c.person_id is null),
        'samples', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'what', s.what, 'reference_digest', encode(s.reference_digest, 'hex'), 'opens_on', s.opens_on,
                'ends_on', s.ends_on, 'former_ends_on', s.former_ends_on) order by s.what, s.reference_digest), '[]')
            from (
                select w.what, e.*, row_number() over (partition by w.what order by e.reference_digest) as place
                from staging.changes as e
                cross join lateral (
                    select case when e.closes then 'closing' when e.reopens then 'reopening' else 'backdated' end as what
                ) as w
                where e.closes or e.reopens or e.is_backdated
            ) as s
            where s.place <= 5
        )
    )
    from staging.changes as c
$$;

-- Write what the file changes: people, aliases, rights with their history, identities.
create function feeds.apply_changes() returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set work_mem = '256MB' as $$
declare
    here staging.file;
begin
    select * into here from staging.file;

    insert into members.people (insurer_id, reference_digest, card_digest)
    select here.insurer_id, p.reference_digest, feeds.card_or_none(p.card_digest)
    from (select distinct on (reference_digest) * from staging.people order by reference_digest) as p
    where exists (select from staging.changes as c where c.person_id is null and c.reference_digest = p.reference_digest)
    order by p.reference_digest;

    create unlogged table staging.known as
    select distinct on (s.reference_digest) p.person_id, s.reference_digest, feeds.card_or_none(s.card_digest) as card_digest
    from staging.people as s
    join members.people as p on p.reference_digest = s.reference_digest
    where not exists (select from staging.held as h where h.reference_digest = s.reference_digest)
    order by s.reference_digest;
    analyze staging.known;

    update members.people as p set card_digest = k.card_digest
    from staging.known as k where k.person_id = p.person_id and k.card_digest is distinct from p.card_digest;

    create unlogged table staging.named as
    select distinct n.alias_digest, k.person_id
    from (
        select alias_digest, reference_digest from staging.people
        union all
        select alias_digest, reference_digest from staging.other_aliases
    ) as n
    join staging.known as k using (reference_digest);
    analyze staging.named;
    delete from members.aliases as a using staging.known as k
    where a.person_id = k.person_id and not here.is_first
        and not exists (select from staging.named as n where n.alias_digest = a.alias_digest and n.person_id = a.person_id);
    insert into members.aliases (alias_digest, person_id, insurer_id)
    select n.alias_digest, n.person_id, here.insurer_id from staging.named as n
    where here.is_first or not exists (
        select from members.aliases as a where a.alias_digest = n.alias_digest and a.person_id = n.person_id)
    order by n.person_id
    on conflict (alias_digest) do update set person_id = excluded.person_id; -- its former owner is gone from the file

    insert into members.rights_history
    select r.*, now() from staging.changes as c join members.rights as r using (person_id, contract_digest, opens_on)
    where c.action in (2, 3, 4);
    delete from members.rights as r using staging.changes as c
    where c.action = 4
        and r.person_id = c.person_id and r.contract_digest = c.contract_digest and r.opens_on = c.opens_on;
    update members.rights as r set ends_on = c.ends_on, known_from = now() from staging.changes as c
    where c.action = 3
        and r.person_id = c.person_id and r.contract_digest = c.contract_digest and r.opens_on = c.opens_on;
    insert into members.rights as r (
        person_id, contract_digest, opens_on, ends_on, coverage_rank, situation, domains, domains_without_tp, waiting_domains,
        waiting_until, product_id, known_from
    )
    select
        k.person_id, l.contract_digest, l.opens_on, nullif(l.ends_on, 'infinity'), l.coverage_rank, l.situation, l.domains,
        l.domains_without_tp, l.waiting_domains, nullif(l.waiting_until, 'infinity'), d.product_id, now()
    from staging.changes as c
    join staging.lines as l using (line)
    join staging.products as d using (product_place)
    join staging.known as k on k.reference_digest = c.reference_digest
    where c.action in (1, 2)
    order by k.person_id, l.contract_digest, l.opens_on
    on conflict on constraint rights_pkey do update set (
        ends_on, coverage_rank, situation, domains, domains_without_tp, waiting_domains, waiting_until, product_id, known_from
    ) = (
        excluded.ends_on, excluded.coverage_rank, excluded.situation, excluded.domains, excluded.domains_without_tp,
        excluded.waiting_domains, excluded.waiting_until, excluded.product_id, excluded.known_from
    );

    insert into members.identities as i (insurer_id, contract_digest, opens_on, traits_digest, sealed)
    select s.insurer_id, s.contract_digest, s.opens_on, s.traits_digest, s.sealed
    from staging.identities as s
    join staging.lines as l on l.contract_digest = s.contract_digest and l.opens_on = s.opens_on and l.change = 0
    join staging.known as k on k.reference_digest = l.reference_digest
    left join members.identities as e
        on e.insurer_id = here.insurer_id and e.contract_digest = s.contract_digest and e.opens_on = s.opens_on
    where s.insurer_id = here.insurer_id and e.traits_digest is distinct from s.traits_digest
    order by s.contract_digest, s.opens_on
    on conflict (insurer_id, contract_digest, opens_on) do update
    set traits_digest = excluded.traits_digest, sealed = excluded.sealed;

    drop table staging.known, staging.named;
end $$;

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

-- Write down what became of the file at hand; one that waited in its place is withdrawn.
create function feeds.record_file(p_state text, p_difference jsonb) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here staging.file;
    recorded bigint;
begin
    select * into here from staging.file;
    update feeds.files as f set state = 'withdrawn'
    where f.insurer_id = here.insurer_id and f.state in ('waiting', 'approved') and f.sha256 <> here.sha256;
    update feeds.files as f
    set state = p_state, taken_at = case when p_state = 'taken' then now() end, difference = p_difference
    where f.insurer_id = here.insurer_id and f.state = 'approved' and f.sha256 = here.sha256
    returning f.file_id into recorded;
    if recorded is null then
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
    for staged in
        select p.oid::regprocedure::text from pg_proc as p where p.pronamespace = 'feeds'::regnamespace
    loop
        execute format('alter function %s owner to rempart_loader', staged);
        execute format('revoke all on function %s from public', staged);
    end loop;
end $$;
revoke all on function staging.refuse_half_a_load from public;
grant insert on staging.people, staging.other_aliases, staging.lines, staging.identities to rempart_feeds;
grant select on staging.complaints to rempart_feeds; -- line numbers and reasons
grant execute on function feeds.begin_file, feeds.name_products, feeds.absorb_batch, feeds.finish_absorbed, feeds.finish_file,
    feeds.refresh_statistics to rempart_feeds;
grant execute on function feeds.approve_file to rempart_operator;
