-- Lines of a file that contradict each other, or somebody else's: they are told, and their people stay as they are.

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
            and not exists (select from gate.canaries as b where b.person_id = p.person_id) -- who does not exist claims nothing
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
