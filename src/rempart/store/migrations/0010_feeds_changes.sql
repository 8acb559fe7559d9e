-- What a staged file changes: found, counted for the second person, then written, with what was known before.

-- Hold the file against what is known, and write down what it changes.
create function feeds.find_changes(p_may_close boolean) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set work_mem = '256MB' as $$
declare
    here staging.file;
    since date; -- the day from which on the insurer may change things by himself: never before that of a file already taken
begin
    select * into here from staging.file;
    select greatest(here.effective_on, max(f.effective_on)) into since
    from feeds.files as f where f.insurer_id = here.insurer_id and f.state = 'taken';
    insert into staging.changes
    select
        c.action, c.line, c.person_id, c.reference_digest, c.contract_digest, c.opens_on,
        case when c.action = 3 then here.effective_on - 1 else nullif(c.ends_on, 'infinity') end, nullif(c.former_ends_on, 'infinity'),
        c.action in (3, 4)
            or c.action = 2 and (c.ends_on < c.former_ends_on or c.situation = 1 and c.former_situation <> 1 or c.covers_less),
        c.action = 2 and (
            c.former_ends_on < least(since, c.ends_on) or c.situation <> 1 and c.former_situation = 1),
        c.action = 1 and c.opens_on < since and not here.is_first
    from (
        select
            l.line, p.person_id, l.reference_digest, l.contract_digest, l.opens_on, l.ends_on, l.situation,
            r.situation as former_situation,
            case when r.person_id is not null then coalesce(r.ends_on, 'infinity') end as former_ends_on,
            r.domains & ~(case when r.waiting_until > since then r.waiting_domains else 0 end)
                    & ~(l.domains & ~(case when l.waiting_until > since then l.waiting_domains else 0 end)) <> 0
                or r.domains & r.waiting_domains & l.waiting_domains <> 0 and l.waiting_until > coalesce(r.waiting_until, 'infinity')
                as covers_less,
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
            and not exists (select from gate.canaries as b where b.person_id = p.person_id) -- of no file, so absent from none
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
                    select case
                        when e.closes and e.action = 2 and e.ends_on is not distinct from e.former_ends_on then 'narrowing'
                        when e.closes then 'closing'
                        when e.reopens then 'reopening'
                        else 'backdated'
                    end as what -- narrowing: the same days, but suspended or for less
                ) as w
                where e.closes or e.reopens or e.is_backdated
            ) as s
            where s.place <= 5
        )
    )
    from staging.changes as c
$$;

create function feeds.card_or_none(p_card bytea) returns bytea
language sql immutable as $$
    select case when p_card <> '\x0000000000000000000000000000000000000000000000000000000000000000' then p_card end
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

    create table staging.named as
    select distinct n.alias_digest, n.reference_digest
    from (
        select alias_digest, reference_digest from staging.people
        union all
        select alias_digest, reference_digest from staging.other_aliases
    ) as n
    where not exists (select from staging.held as h where h.reference_digest = n.reference_digest);
    create table staging.marks as
    select n.reference_digest, bit_xor(('x' || encode(substring(n.alias_digest for 8), 'hex'))::bit(64)::bigint) as mark
    from staging.named as n group by n.reference_digest;
    analyze staging.named, staging.marks;

    insert into members.people (insurer_id, reference_digest, card_digest, aliases_mark)
    select here.insurer_id, p.reference_digest, feeds.card_or_none(p.card_digest), m.mark
    from (select distinct on (reference_digest) * from staging.people order by reference_digest) as p
    join staging.marks as m using (reference_digest)
    where exists (select from staging.changes as c where c.person_id is null and c.reference_digest = p.reference_digest)
    order by p.reference_digest;

    create table staging.known as
    select distinct on (s.reference_digest)
        p.person_id, s.reference_digest, feeds.card_or_none(s.card_digest) as card_digest, m.mark, p.aliases_mark <> m.mark as is_renamed
    from staging.people as s
    join staging.marks as m using (reference_digest)
    join members.people as p on p.reference_digest = s.reference_digest
    order by s.reference_digest;
    analyze staging.known;

    update members.people as p set card_digest = k.card_digest, aliases_mark = k.mark
    from staging.known as k
    where k.person_id = p.person_id and (k.card_digest is distinct from p.card_digest or k.is_renamed);

    -- The aliases of a person are found by reading all that there are: most files of changes ask that for nobody.
    if exists (select from staging.known as k where k.is_renamed) then
        delete from members.aliases as a using staging.known as k
        where a.person_id = k.person_id and k.is_renamed and not exists (
            select from staging.named as n where n.alias_digest = a.alias_digest and n.reference_digest = k.reference_digest);
    end if;
    insert into members.aliases (alias_digest, person_id, insurer_id)
    select n.alias_digest, k.person_id, here.insurer_id
    from staging.named as n
    join staging.known as k using (reference_digest)
    left join members.aliases as a on a.alias_digest = n.alias_digest and a.person_id = k.person_id
    where a.alias_digest is null
    order by n.alias_digest
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

    drop table staging.known, staging.named, staging.marks;
end $$;
