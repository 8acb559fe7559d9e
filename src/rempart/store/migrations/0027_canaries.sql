-- Canaries: people who do not exist, in a list that may be stolen. They have an alias, rights, an identity and a person's row like
-- everyone's, so a question about them is answered like any other; they are outside the feeds (0009, 0010), and an insurer is never
-- asked about them (0025). Who asks about one held the list: the gate freezes that account with signal 8.
--
-- To plant tightens: one operator. To retire loosens: two. What was planted in which list is kept after that, for the evidence.

create table gate.canary_lists (
    list_id bigint generated always as identity primary key,
    insurer_id int not null,
    planted_in text not null check (length(planted_in) between 1 and 120 and platform.is_one_line(planted_in)), -- an insurer's list, a software's
    planted_by text not null,
    planted_at timestamptz not null default platform.present(),
    retired_by text, -- both of them
    retired_because text,
    retired_at timestamptz,
    constraint a_retirement_says_who_and_why check (num_nonnulls(retired_by, retired_because, retired_at) in (0, 3) and retired_because ~ '\S')
);
alter table gate.canaries
    add column list_id bigint references gate.canary_lists,
    add column alias_digest bytea; -- by which it is asked about: aliases of a person are looked up by no tree
create index canaries_of_a_list on gate.canaries (list_id);

grant usage on schema gate to rempart_loader;
grant select on gate.canary_lists to rempart_gate;
grant select, insert, update on gate.canary_lists to rempart_loader;
grant insert on gate.canaries to rempart_loader;

-- The terms of open rights of an insurer, drawn at random and without whose they are: what a canary's own rights look like.
-- `has_card` says whether that person's card has a secret.
create function gate.canary_shapes(p_amc text, p_count int)
returns table (
    opens_on date, ends_on date, coverage_rank smallint, domains int, domains_without_tp int, waiting_domains int, waiting_until date,
    product_id int, known_from timestamptz, has_card boolean
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here constant int := (select i.insurer_id from members.insurers as i where i.amc_number = p_amc);
    today constant date := (platform.present() at time zone 'Europe/Paris')::date;
    lowest bigint;
    highest bigint;
begin
    select min(p.person_id), max(p.person_id) into lowest, highest from members.people as p where p.insurer_id = here;
    if lowest is null then return; end if;
    return query
    select r.opens_on, r.ends_on, r.coverage_rank, r.domains, r.domains_without_tp, r.waiting_domains, r.waiting_until, r.product_id,
        r.known_from, f.has_card
    from generate_series(1, p_count * 20) as draw -- most people have open rights; who has none is drawn in vain
    cross join lateral (
        select p.person_id, p.card_digest is not null as has_card from members.people as p
        where p.person_id >= lowest + floor(random() * (highest - lowest + 1) + draw * 0)::bigint and p.insurer_id = here
        order by p.person_id limit 1
    ) as f
    cross join lateral (
        select * from members.rights as r
        where r.person_id = f.person_id and r.coverage_rank = 1 and r.situation = 0 and r.opens_on <= today
            and coalesce(r.ends_on, 'infinity') >= today
        order by r.opens_on limit 1
    ) as r
    limit p_count;
end $$;

-- Plant people in a list: a row of rights and an identity each, on the terms given. Gives the number of the list; null: no such insurer.
-- An identity that the insurer's own people have already is refused whole, and the caller draws again.
create function gate.plant_canaries(p_amc text, p_planted_in text, p_by text, p_people jsonb) returns bigint
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here constant int := (select i.insurer_id from members.insurers as i where i.amc_number = p_amc);
    planted bigint;
    list bigint;
    one record;
begin
    if here is null then return null; end if;
    insert into gate.canary_lists (insurer_id, planted_in, planted_by) values (here, p_planted_in, p_by) returning list_id into list;
    for one in
        select * from jsonb_to_recordset(p_people) as j (
            reference text, alias text, card text, contract text, traits text, sealed text, opens_on date, ends_on date,
            coverage_rank smallint, domains int, domains_without_tp int, waiting_domains int, waiting_until date, product_id int,
            known_from timestamptz
        )
    loop
        insert into members.people (insurer_id, reference_digest, card_digest, aliases_mark)
        values (here, decode(one.reference, 'hex'), decode(one.card, 'hex'), ('x' || left(one.alias, 16))::bit(64)::bigint)
        returning person_id into planted;
        insert into gate.canaries (person_id, insurer_id, planted_in, list_id, alias_digest)
        values (planted, here, p_planted_in, list, decode(one.alias, 'hex'));
        insert into members.aliases (alias_digest, person_id, insurer_id) values (decode(one.alias, 'hex'), planted, here);
        insert into members.rights (
            person_id, contract_digest, opens_on, ends_on, coverage_rank, situation, domains, domains_without_tp, waiting_domains,
            waiting_until, product_id, known_from
        ) values (
            planted, decode(one.contract, 'hex'), one.opens_on, one.ends_on, one.coverage_rank, 0, one.domains, one.domains_without_tp,
            one.waiting_domains, one.waiting_until, one.product_id, one.known_from
        );
        insert into members.identities (insurer_id, contract_digest, opens_on, traits_digest, sealed)
        values (here, decode(one.contract, 'hex'), one.opens_on, decode(one.traits, 'hex'), decode(one.sealed, 'hex'));
    end loop;
    return list;
end $$;

-- Count the accounts that asking about one canary convicted. Only the gate's owner reads receipts.
create function gate.convicted_by(p_person_id bigint) returns bigint
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select count(distinct v.account_id) from gate.convictions as v
    join evidence.receipts as r on r.receipt_id = v.receipt_id
    where v.signal_id = 8 and r.subject = p_person_id
$$;

-- The lists, the latest first: how many were planted, how many still answer (a real person who turned up in a feed takes his alias
-- back), how many accounts each convicted. Who asked to retire one is in the proposals (0029).
create function gate.list_canaries()
returns table (
    list_id bigint, amc_number text, planted_in text, planted_by text, planted_at timestamptz, planted bigint, answering bigint,
    convicted bigint, retired_by text, retired_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select l.list_id, i.amc_number, l.planted_in, l.planted_by, l.planted_at, count(b.person_id),
        count(b.person_id) filter (where exists (
            select from members.aliases as a where a.alias_digest = b.alias_digest and a.person_id = b.person_id)),
        coalesce(sum(gate.convicted_by(b.person_id)), 0)::bigint, l.retired_by, l.retired_at
    from gate.canary_lists as l
    join members.insurers as i using (insurer_id)
    left join gate.canaries as b using (list_id)
    group by l.list_id, i.amc_number
    order by l.list_id desc
$$;

-- Retire a list, as two people asked (0029): its people leave; that they were planted, and where, stays. False: there is no such list.
create function gate.retire_canaries(p_list_id bigint, p_because text, p_by text) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    here gate.canary_lists;
begin
    select * into here from gate.canary_lists as l where l.list_id = p_list_id and l.retired_at is null for update;
    if not found then return false; end if;
    update gate.canary_lists as l set retired_by = p_by, retired_because = p_because, retired_at = platform.present()
    where l.list_id = p_list_id;
    delete from members.aliases as a using gate.canaries as b
    where b.list_id = p_list_id and a.alias_digest = b.alias_digest and a.person_id = b.person_id;
    delete from members.identities as d using gate.canaries as b join members.rights as r on r.person_id = b.person_id
    where b.list_id = p_list_id and d.insurer_id = here.insurer_id and d.contract_digest = r.contract_digest and d.opens_on = r.opens_on;
    delete from members.rights as r using gate.canaries as b where b.list_id = p_list_id and r.person_id = b.person_id;
    delete from members.people as p using gate.canaries as b where b.list_id = p_list_id and p.person_id = b.person_id;
    return true;
end $$;

alter function gate.canary_shapes owner to rempart_loader;
alter function gate.plant_canaries owner to rempart_loader;
alter function gate.list_canaries owner to rempart_loader;
alter function gate.retire_canaries owner to rempart_loader;
alter function gate.convicted_by owner to rempart_gate;
revoke all on function gate.canary_shapes, gate.plant_canaries, gate.list_canaries, gate.retire_canaries, gate.convicted_by
    from public;
grant execute on function gate.convicted_by to rempart_loader;
grant execute on function gate.retire_canaries to rempart_gate;
grant execute on function gate.canary_shapes, gate.plant_canaries, gate.list_canaries to rempart_operator;
