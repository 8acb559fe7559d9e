-- What loosens is asked at the machine by whoever may type there, and done by two operators, whose keys the database checks (0024).
--
-- Once an operator has ever had a key, this never goes back: dismissing everybody opens nothing, and the way back is the owner of the
-- database (platform.begin_again), which stays written here. Before that, a new platform is set up directly, as nobody is there to sign.
-- What does not loosen is done at once, and stays written here too.

create table console.proposals (
    proposal_id bigint generated always as identity primary key,
    kind text not null check (kind in ('presence', 'channel', 'provider', 'detectors', 'canaries', 'release', 'admit', 'begin-again')),
    what jsonb not null constraint a_proposal_can_be_read check (length(what::text) <= 20000),
    because text not null constraint a_proposal_says_why check (because ~ '\S' and platform.is_one_line(because) and length(because) <= 300),
    asked_by text not null constraint a_label_is_short_and_on_one_line check (length(asked_by) <= 80 and platform.is_one_line(asked_by) and asked_by ~ '\S'), -- the user of the machine, or as he called himself: it gives no right
    asked_at timestamptz not null default platform.present(),
    first_operator_id bigint references console.operators,
    first_at timestamptz,
    first_read bytea, -- digest of what the first one read (console.digest_of): when it says something else, that signature is worth nothing
    second_operator_id bigint references console.operators,
    closed_at timestamptz,
    closed_as text check (closed_as in ('applied', 'refused', 'withdrawn')),
    closed_by text,
    change text, -- what it changed, as it was read when it was closed
    constraint a_proposal_takes_two_operators check (first_operator_id <> second_operator_id),
    constraint a_proposal_is_closed_whole check (num_nonnulls(closed_at, closed_as, closed_by) in (0, 3))
);
create unique index one_such_proposal_waits on console.proposals (kind, md5(what::text)) where closed_at is null;
grant select, insert, update on console.proposals to rempart_gate;

create function console.has_operators() returns boolean language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (select from console.passkeys) -- never deleted
$$;

create function console.today() returns date language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select (platform.present() at time zone 'Europe/Paris')::date
$$;

-- The day from which a change holds: the one that was asked, or the present one if the signatures took longer. Never a day before: a
-- policy is held against what is in force from its first day on, and what is in force today would not be looked at. But the first policy
-- of an insurer, which undoes nothing, may begin the day before, which it still is overseas.
create function console.day_of(p_kind text, p_what jsonb) returns date language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select greatest((p_what ->> 'valid_from')::date, console.today() - case when p_kind = 'presence' and not exists (
        select from members.presence_policies as p join members.insurers as i using (insurer_id) where i.amc_number = p_what ->> 'amc'
    ) then 1 else 0 end)
$$;

-- What an insurer asks for on a day; no row where there is no such insurer. Source of what holds without a policy: 0003.
create function console.policy_on(p_amc text, p_on date)
returns table (insurer_id int, name text, required int, stepped_up int, accepted int) language sql stable
set search_path = pg_catalog, pg_temp as $$
    select i.insurer_id, i.name, coalesce(p.required, 0), coalesce(p.required_when_stepped_up, 1), coalesce(p.accepted, 126)
    from members.insurers as i
    left join members.presence_policies as p on p.insurer_id = i.insurer_id and p.valid_from <= p_on and p_on < p.valid_until
    where i.amc_number = p_amc
$$;

-- Whether a policy asks for less, in any respect, than what is in force on its first day.
create function console.asks_for_less(p_what jsonb) returns boolean language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select (p_what ->> 'required')::int < o.required or (p_what ->> 'stepped_up')::int < o.stepped_up
        or (p_what ->> 'accepted')::int & ~o.accepted <> 0
    from console.policy_on(p_what ->> 'amc', console.day_of('presence', p_what)) as o
$$;

-- The planned policies that another one would take back: those that ask for less in any respect, where it tightens. One of them may ask
-- for more in another. What loosens is for a term, until what is planned next, and takes nothing back.
create function console.policies_taken_back(p_what jsonb) returns setof members.presence_policies language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select e.* from members.presence_policies as e join members.insurers as i using (insurer_id)
    where i.amc_number = p_what ->> 'amc' and e.valid_from > console.day_of('presence', p_what) and (p_what ->> 'cancels')::boolean is not true
        and console.asks_for_less(p_what) is not true
        and (e.required < (p_what ->> 'required')::int or e.required_when_stepped_up < (p_what ->> 'stepped_up')::int
            or e.accepted & ~(p_what ->> 'accepted')::int & 126 <> 0)
$$;

-- The rules that a change of the detectors is of, beside those in force on its first day.
create function console.rules_of(p_what jsonb)
returns table (
    profession_id smallint, signal_id smallint, profession text, label text, valid_from date,
    was_honest float8, was_thief float8, was_threshold float8, was_measure int, honest float8, thief float8, threshold float8, measure int
) language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select f.profession_id, s.signal_id, f.label, s.label, r.valid_from,
        r.honest, r.thief, r.threshold, r.measure, n.honest, n.thief, n.threshold, n.measure
    from jsonb_to_recordset(p_what -> 'rules') as n (
        profession text, signal text, honest float8, thief float8, threshold float8, measure int
    )
    join access.professions as f on f.code = n.profession
    join access.signals as s on s.code = n.signal
    join access.detector_rules as r
        on r.profession_id = f.profession_id and r.signal_id = s.signal_id
            and r.valid_from <= console.day_of('detectors', p_what) and console.day_of('detectors', p_what) < r.valid_until
$$;

-- The rules planned for later that a change takes back: what was decided for the same profession and signal gives way to it.
create function console.rules_taken_back(p_what jsonb) returns setof access.detector_rules language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select r.* from access.detector_rules as r join console.rules_of(p_what) as n using (profession_id, signal_id)
    where r.valid_from > console.day_of('detectors', p_what)
$$;

-- Whether a change takes two people. A channel's address does whenever it is another one: closing is one person's, so that an insurer
-- without a channel would be the way round.
create function console.loosens(p_kind text, p_what jsonb) returns boolean language plpgsql volatile
set search_path = pg_catalog, pg_temp as $$
begin
    return case p_kind
        when 'presence' then (
            select console.asks_for_less(p_what) or exists (
                select from console.policies_taken_back(p_what) as g
                where g.required > (p_what ->> 'required')::int or g.required_when_stepped_up > (p_what ->> 'stepped_up')::int
                    or (p_what ->> 'accepted')::int & ~g.accepted <> 0))
        when 'channel' then p_what ->> 'url' is not null and not exists (
            select from members.channels as c join members.insurers as i using (insurer_id)
            where i.amc_number = p_what ->> 'amc' and c.url = p_what ->> 'url')
        when 'provider' then p_what ->> 'jwks_uri' is not null and not exists (
            select from access.identity_providers as p
            where p.issuer = p_what ->> 'issuer' and p.jwks_uri = p_what ->> 'jwks_uri'
                and p.for_tests = (p_what ->> 'for_tests')::boolean and p.revoked_at is null)
        else true
    end;
end $$;

-- Why a change cannot be: 'unknown' (of nothing that is there), 'too-early', 'not-possible', 'release-not-earlier' (what is released by
-- waves would end later than it does already); null: it can.
create function console.objection(p_kind text, p_what jsonb) returns text language plpgsql volatile
set search_path = pg_catalog, pg_temp as $$
declare
    day constant date := console.day_of(p_kind, p_what);
    address constant text := '^https?://[!-~]{1,255}$'; -- nothing in it reads like a sentence
begin
    case p_kind
    when 'presence' then
        return (select case
                when o.insurer_id is null then 'unknown'
                when ((p_what ->> 'required')::int in (0, 1, 3) and (p_what ->> 'stepped_up')::int in (1, 3)
                    and (p_what ->> 'accepted')::int between 0 and 126) is not true then 'not-possible'
                when (p_what ->> 'required')::int = 3 and (p_what ->> 'accepted')::int & 120 = 0 then 'not-possible' -- no proof would do
            end from (select 1) as one left join console.policy_on(p_what ->> 'amc', day) as o on true);
    when 'channel' then
        return case
            when not exists (select from members.insurers as i where i.amc_number = p_what ->> 'amc') then 'unknown'
            when p_what ->> 'url' !~ address then 'not-possible'
        end;
    when 'provider' then
        return case
            when p_what ->> 'jwks_uri' is null and not exists (
                select from access.identity_providers as p where p.issuer = p_what ->> 'issuer' and p.revoked_at is null) then 'unknown'
            when p_what ->> 'jwks_uri' !~ address or p_what ->> 'issuer' !~ address then 'not-possible'
        end;
    when 'detectors' then
        return (select case
                when count(*) = 0 or count(distinct (n.profession_id, n.signal_id)) <> jsonb_array_length(p_what -> 'rules') then 'unknown'
                when not bool_and(coalesce(n.threshold > 0 and n.measure in (1, 2), false)
                    and (n.signal_id in (7, 8)) = (num_nulls(n.honest, n.thief) = 2)
                    and coalesce(0 < n.honest and n.honest < n.thief and n.thief < 1, n.signal_id in (7, 8))) then 'not-possible'
            end from console.rules_of(p_what) as n);
    when 'canaries' then
        return case when not exists (
            select from gate.canary_lists as l where l.list_id = (p_what ->> 'list_id')::bigint and l.retired_at is null) then 'unknown' end;
    when 'release' then
        return case
            when num_nonnulls(p_what ->> 'containment_id', p_what ->> 'account_id', p_what ->> 'client_id') <> 1
                or coalesce(console.held(p_what), console.held_of_software(p_what)) is null then 'unknown'
            when p_what ->> 'client_id' is not null and p_what ->> 'waves_s' is not null then 'not-possible'
            when (p_what ->> 'waves_s')::int not between 60 and 7 * 86400 then 'not-possible'
            when platform.present() + make_interval(secs => (p_what ->> 'waves_s')::int) >= (
                select c.released_at from gate.containments as c where c.containment_id = (p_what ->> 'containment_id')::bigint
            ) then 'release-not-earlier'
        end;
    when 'admit' then
        return case when not exists (
            select from console.list_operators() as o
            where o.operator_id = (p_what ->> 'operator_id')::bigint and o.has_key and o.needs_approval and o.approved_by is null
                and o.revoked_at is null) then 'unknown' end;
    end case;
end $$;

-- The accounts whose last conviction came by a software, up to the conviction that was the last when somebody asked: its own mistake may
-- have convicted all its shops. Who was convicted since is not among them.
create function console.accounts_of_software(p_what jsonb) returns setof bigint language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select st.account_id
    from gate.account_state as st
    join lateral (
        select c.conviction_id, c.software_id from gate.convictions as c where c.account_id = st.account_id order by c.conviction_id desc limit 1
    ) as v on v.conviction_id <= (p_what ->> 'until')::bigint
    join access.software as s on s.software_id = v.software_id and s.client_id = p_what ->> 'client_id'
    where st.standing = 2 or st.stepped_up_at is not null
$$;

-- Those accounts in words, as people sign them; null: there is none.
create function console.held_of_software(p_what jsonb) returns text language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select 'les condamnations de ' || count(*) || case when count(*) = 1 then ' compte' else ' comptes' end || ' par le logiciel '
        || (p_what ->> 'client_id') || ', jusqu’à la condamnation ' || (p_what ->> 'until') || ' comprise'
    from console.accounts_of_software(p_what) as a
    having count(*) > 0
$$;

-- What is held under a containment's or an account's number, as people know it: a conviction by its number, signal, measure and instant,
-- so that what is signed for one is not for the next. Null: nothing.
create function console.held(p_what jsonb) returns text language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select case when c.waves_from is null then 'le confinement ' else 'ce qui reste du confinement ' end || c.containment_id || ', '
        || console.known_as(c.scope, c.target, c.named)
        || case when c.waves_from is not null then to_char(
            c.released_at at time zone 'Europe/Paris', '", en retour par vagues jusqu’au "DD/MM/YYYY" à "HH24" h "MI') else '' end
    from gate.containments as c
    where c.containment_id = (p_what ->> 'containment_id')::bigint
        and coalesce(c.released_at, 'infinity') > platform.present()
    union all
    select coalesce('la condamnation ' || v.conviction_id, 'la mesure') || ' du compte ' || a.account_id || ', ' || a.display_name
        || coalesce(' (' || lower(s.label) || ', ' || case v.measure when 1 then 'présence' else 'gel' end
            || to_char(v.convicted_at at time zone 'Europe/Paris', '", le "DD/MM/YYYY" à "HH24" h "MI')
            || case when v.measure = 1 and st.standing = 2 then ' ; le compte est gelé depuis' else '' end || ')', '')
    from access.accounts as a join gate.account_state as st on st.account_id = a.account_id
    left join lateral (
        select * from gate.convictions as c where c.account_id = a.account_id order by c.conviction_id desc limit 1
    ) as v on true
    left join access.signals as s on s.signal_id = v.signal_id
    where a.account_id = (p_what ->> 'account_id')::bigint and (st.standing = 2 or st.stepped_up_at is not null)
    limit 1
$$;

create function console.policy_in_words(p_required int, p_stepped_up int, p_accepted int) returns text language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select 'en temps ordinaire, ' || case p_required when 0 then 'rien' when 1 then 'un patient connu' else 'une preuve' end
        || ' ; en alerte, ' || case p_stepped_up when 1 then 'un patient connu' else 'une preuve' end
        || ' ; ' || case when p_accepted & 126 = 126 then 'toutes les preuves comptent' else 'comptent : ' || coalesce((
            select string_agg(n.word, ', ' order by n.bit)
            from (values (1, 'patient connu'), (2, 'consultation sans carte, motivée'), (3, 'carte'), (4, 'code'), (5, 'accord'),
                (6, 'autorisation durable')) as n (bit, word)
            where p_accepted >> n.bit & 1 = 1), 'rien') end
$$;

-- One rule that changes: what of it, from what to what, not rounded, for it is signed; null where nothing of it does.
create function console.rule_in_words(
    p_honest float8, p_thief float8, p_threshold float8, p_measure int, p_honest_then float8, p_thief_then float8, p_threshold_then float8,
    p_measure_then int
) returns text language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select string_agg(n.name || ' ' || replace(n.was || ' → ' || n.becomes, '.', ','), ', ' order by n.place)
    from (values
        (1, 'honnête', p_honest::text, p_honest_then::text),
        (2, 'voleur', p_thief::text, p_thief_then::text),
        (3, 'seuil', p_threshold::text, p_threshold_then::text),
        (4, 'mesure', case p_measure when 1 then 'présence' else 'gel' end, case p_measure_then when 1 then 'présence' else 'gel' end)
    ) as n (place, name, was, becomes)
    where n.was is distinct from n.becomes
$$;

-- What a change is about, how it is, and how it becomes: in the words that an operator reads and signs, all of it.
create function console.change_of(p_kind text, p_what jsonb) returns table (about text, was text, becomes text) language plpgsql volatile
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    day constant date := console.day_of(p_kind, p_what);
    nobody constant text := 'aucun : personne n’y est joint';
begin
    case p_kind
    when 'presence' then
        return query select 'Présence demandée par ' || o.name || ' (AMC ' || (p_what ->> 'amc') || '), à partir du ' || to_char(day, 'DD/MM/YYYY')
                || coalesce((select ', jusqu’au ' || to_char(min(e.valid_from), 'DD/MM/YYYY') || ' non compris'
                    from members.presence_policies as e where e.insurer_id = o.insurer_id and e.valid_from > day
                        and e.valid_from not in (select g.valid_from from console.policies_taken_back(p_what) as g)), ''),
            console.policy_in_words(o.required, o.stepped_up, o.accepted),
            console.policy_in_words((p_what ->> 'required')::int, (p_what ->> 'stepped_up')::int, (p_what ->> 'accepted')::int)
                || coalesce((select string_agg(E'\n' || case
                            when g.valid_from < day then 'Prend fin : celle en vigueur depuis le '
                            when g.valid_from = day then case when day > console.today()
                                then 'Retirée : celle prévue le ' else 'Retirée : celle qui commence le ' end
                            when t.valid_from is null then 'Reste : celle prévue le '
                            else 'Retirée : celle prévue le ' end
                        || to_char(g.valid_from, 'DD/MM/YYYY') || ', '
                        || console.policy_in_words(g.required, g.required_when_stepped_up, g.accepted), '' order by g.valid_from)
                    from members.presence_policies as g
                    left join console.policies_taken_back(p_what) as t using (insurer_id, valid_from)
                    where g.insurer_id = o.insurer_id and g.valid_until > day), '')
        from console.policy_on(p_what ->> 'amc', day) as o;
    when 'channel' then
        return query select 'Canal de ' || i.name || ' (AMC ' || i.amc_number || '), qui reçoit codes et demandes d’accord',
            coalesce(c.url, nobody), coalesce(p_what ->> 'url', nobody)
        from members.insurers as i left join members.channels as c using (insurer_id) where i.amc_number = p_what ->> 'amc';
    when 'provider' then
        return query select 'Fournisseur d’identité ' || (p_what ->> 'issuer'),
            coalesce((
                select case when p.revoked_at is null then 'cru' else 'révoqué' end || ', clés à ' || p.jwks_uri
                from access.identity_providers as p where p.issuer = p_what ->> 'issuer'), 'inconnu'),
            coalesce('cru, clés à ' || (p_what ->> 'jwks_uri')
                || case when (p_what ->> 'for_tests')::boolean then ', dans un bac à sable seulement' else '' end, 'révoqué');
    when 'detectors' then
        return query select 'Règles des détecteurs (' || count(*) || '), à partir du ' || to_char(day, 'DD/MM/YYYY'),
            'les règles en vigueur',
            coalesce(string_agg(n.profession || ', ' || lower(n.label) || ' : ' || w.words, E'\n' order by n.profession_id, n.signal_id), 'les mêmes')
                || coalesce((select string_agg(E'\nRetirée : celle prévue le ' || to_char(g.valid_from, 'DD/MM/YYYY') || ', '
                        || lower(f.label) || ', ' || lower(s.label) || concat(' : honnête ' || g.honest::text, ', voleur ' || g.thief::text)
                        || ', seuil ' || g.threshold || ', ' || case g.measure when 1 then 'présence' else 'gel' end,
                        '' order by g.profession_id, g.signal_id, g.valid_from)
                    from console.rules_taken_back(p_what) as g join access.professions as f using (profession_id)
                    join access.signals as s using (signal_id)), '')
        from console.rules_of(p_what) as n
        cross join lateral console.rule_in_words(
            n.was_honest, n.was_thief, n.was_threshold, n.was_measure, n.honest, n.thief, n.threshold, n.measure) as w (words)
        having count(*) > 0;
    when 'canaries' then
        return query select 'Leurres de la liste ' || l.list_id || ', « ' || l.planted_in || ' »',
            'qui les demande est gelé', 'retirés : cette liste ne prend plus personne'
        from gate.canary_lists as l where l.list_id = (p_what ->> 'list_id')::bigint;
    when 'release' then
        return query select upper(left(h, 1)) || substr(h, 2), 'en vigueur', 'levé'
            || coalesce(', retour par vagues sur ' || round((p_what ->> 'waves_s')::numeric / 60) || ' minutes', '')
        from coalesce(console.held(p_what), console.held_of_software(p_what)) as h where h is not null;
    when 'admit' then
        return query select 'Opérateur ' || o.name || ', '
                || case o.role when 'support' then 'assistance' when 'security' then 'sécurité' else 'protection des données' end,
            'invité, clé d’empreinte ' || coalesce(o.fingerprint, 'inconnue'), 'entre à la console'
        from console.list_operators() as o where o.operator_id = (p_what ->> 'operator_id')::bigint;
    end case;
end $$;

-- A release by software is one of each of its accounts.
create function console.each_release(p console.proposals) returns setof console.proposals language plpgsql volatile
set search_path = pg_catalog, pg_temp as $$
declare
    account bigint;
begin
    if p.what ->> 'client_id' is null then
        return next p;
        return;
    end if;
    for account in select a from console.accounts_of_software(p.what) as a order by a loop
        p.what := jsonb_build_object('account_id', account);
        return next p;
    end loop;
end $$;

-- Do what was agreed; `p_first` and `p_second` are the names that stay with it.
create function console.apply(p console.proposals, p_first text, p_second text) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    day constant date := console.day_of(p.kind, p.what);
    names constant text := concat_ws(', ', p_first, p_second);
begin
    case p.kind
    when 'presence' then -- until the next one that is planned and stays (0031)
        perform members.begin_policy(
            p.what ->> 'amc', day, (p.what ->> 'required')::smallint, (p.what ->> 'stepped_up')::smallint, (p.what ->> 'accepted')::int,
            array(select g.valid_from from console.policies_taken_back(p.what) as g), coalesce((p.what ->> 'cancels')::boolean, false)
        );
    when 'channel' then
        delete from members.channels as c using members.insurers as i where i.insurer_id = c.insurer_id and i.amc_number = p.what ->> 'amc';
        insert into members.channels (insurer_id, url)
        select i.insurer_id, p.what ->> 'url' from members.insurers as i
        where i.amc_number = p.what ->> 'amc' and p.what ->> 'url' is not null;
    when 'provider' then
        update access.identity_providers as e set revoked_at = now()
        where e.issuer = p.what ->> 'issuer' and p.what ->> 'jwks_uri' is null;
        insert into access.identity_providers (issuer, jwks_uri, for_tests)
        select p.what ->> 'issuer', p.what ->> 'jwks_uri', (p.what ->> 'for_tests')::boolean where p.what ->> 'jwks_uri' is not null
        on conflict (issuer) do update
        set jwks_uri = excluded.jwks_uri, for_tests = excluded.for_tests, registered_at = now(), revoked_at = null;
    when 'detectors' then
        perform console.change_rules(p.what, day, p.because || ' (' || names || ')');
    when 'canaries' then
        perform gate.retire_canaries((p.what ->> 'list_id')::bigint, p.because, names);
    when 'release' then
        perform console.release_by_two(w, p_first, p_second) from console.each_release(p) as w;
    when 'admit' then
        update console.operators as o set approved_by = p.second_operator_id, approved_at = now()
        where o.operator_id = (p.what ->> 'operator_id')::bigint;
    end case;
end $$;

create function console.change_rules(p_what jsonb, p_from date, p_source text) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    changed record;
begin
    for changed in select * from console.rules_of(p_what) loop
        -- What is planned gives way, and what began the same day too: a mistake would else stand for a day. What it was stays in the proposal.
        delete from access.detector_rules as r
        where r.profession_id = changed.profession_id and r.signal_id = changed.signal_id and r.valid_from >= p_from;
        update access.detector_rules as r set valid_until = p_from
        where r.profession_id = changed.profession_id and r.signal_id = changed.signal_id and r.valid_until > p_from;
        insert into access.detector_rules (profession_id, signal_id, valid_from, honest, thief, threshold, measure, source)
        values (
            changed.profession_id, changed.signal_id, p_from, changed.honest, changed.thief, changed.threshold, changed.measure::smallint,
            p_source
        );
    end loop;
end $$;

-- Release by two signatures under one proposal; what one of them had asked for at the console before is in it.
create function console.release_by_two(p console.proposals, p_first text, p_second text) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    containment constant bigint := (p.what ->> 'containment_id')::bigint;
    account constant bigint := (p.what ->> 'account_id')::bigint;
    waves constant int := (p.what ->> 'waves_s')::int;
    asked bigint;
begin
    select r.release_id into asked from gate.releases as r
    where r.approved_at is null and row (r.containment_id, r.account_id) is not distinct from row (containment, account) for update;
    if not found then
        perform gate.release_as(containment, account, p.because, p_first, waves);
        select max(r.release_id) into asked from gate.releases as r where r.approved_at is null
            and row (r.containment_id, r.account_id) is not distinct from row (containment, account);
    end if;
    update gate.releases as r
    set asked_by = p_first, asked_operator_id = p.first_operator_id, because = p.because, waves_s = waves,
        approved_operator_id = p.second_operator_id,
        conviction_id = (select max(v.conviction_id) from gate.convictions as v where v.account_id = account)
    where r.release_id = asked;
    perform gate.release_as(containment, account, p.because, p_second, waves);
end $$;

-- Close a proposal that waits; false if none of that number does. What it changes is kept as it was read just before.
create function console.close_proposal(p_proposal_id bigint, p_as text, p_by text) returns boolean language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    update console.proposals as r
    set closed_at = platform.present(), closed_as = p_as, closed_by = p_by,
        change = (select c.about || ' : ' || c.was || ' → ' || c.becomes from console.change_of(r.kind, r.what) as c)
    where r.proposal_id = p_proposal_id and r.closed_at is null;
    return found;
end $$;

-- Ask for a change. 'done': it loosens nothing, or nobody ever had a key; 'to-sign': two operators sign it at the console; before there is
-- anybody to sign, what always takes two people is 'asked' by a first name and done by a second ('same-person': by the same);
-- else why it cannot be, as console.objection says.
create function console.ask(p_kind text, p_what jsonb, p_because text, p_by text) returns table (verdict text, proposal_id bigint)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    may_be_signed constant boolean := console.has_operators();
    is_signed boolean;
    waiting console.proposals;
begin
    if p_kind in ('admit', 'begin-again') then
        raise exception 'this is asked for by an invitation' using errcode = 'insufficient_privilege';
    end if;
    lock table console.proposals in share row exclusive mode; -- two who ask, or who agree, at once
    verdict := case when (p_what ->> 'valid_from')::date < console.day_of(p_kind, p_what) then 'too-early' else console.objection(p_kind, p_what) end;
    if verdict is not null then
        return next;
        return;
    end if;
    is_signed := may_be_signed and console.loosens(p_kind, p_what) is not false;
    if p_kind = 'release' and not may_be_signed then
        if p_what ->> 'client_id' is null then
            verdict := gate.release_as((p_what ->> 'containment_id')::bigint, (p_what ->> 'account_id')::bigint, p_because, p_by,
                (p_what ->> 'waves_s')::int);
        else -- each has its own two people: 'asked' as long as one of them waits for the second
            select max(gate.release_as(null, a, p_because, p_by)) into verdict from console.accounts_of_software(p_what) as a;
        end if;
        return next;
        return;
    end if;
    select * into waiting from console.proposals as r where r.kind = p_kind and r.what = p_what and r.closed_at is null;
    if waiting.proposal_id is null and (is_signed or p_kind not in ('presence', 'channel', 'provider'))
        and (select count(*) from console.proposals as r where r.closed_at is null) >= 100 -- limits.PROPOSALS_WAITING_MAX
    then
        verdict := 'too-many'; -- nobody reads more, and what tightens waits for nothing
        return next;
        return;
    end if;
    if waiting.proposal_id is null then
        insert into console.proposals (kind, what, because, asked_by) values (p_kind, p_what, p_because, p_by) returning * into waiting;
        verdict := 'asked';
    elsif waiting.asked_by = p_by then
        verdict := 'same-person';
    end if;
    proposal_id := waiting.proposal_id;
    if is_signed then
        verdict := 'to-sign';
    elsif verdict is null or p_kind in ('presence', 'channel', 'provider') then
        perform console.close_proposal(waiting.proposal_id, 'applied', p_by);
        perform console.apply(waiting, waiting.asked_by, nullif(p_by, waiting.asked_by));
        verdict := 'done';
    end if;
    return next;
end $$;

-- What an operator reads of a proposal, as a digest: all but whose turn it is.
create function console.digest_of(r console.proposals) returns bytea language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select sha256(convert_to(jsonb_build_array(c.about, c.was, c.becomes, r.because, r.asked_by)::text, 'UTF8'))
    from (select 1) as one left join console.change_of(r.kind, r.what) as c on true
$$;

-- What waits for signatures, the oldest first, with what it would change at this instant.
create function console.open_proposals()
returns table (proposal_id bigint, kind text, about text, was text, becomes text, because text, asked_by text, asked_at timestamptz, first_by text,
    dropped_by text) -- whose first signature is worth nothing any more: it was of other words
language sql volatile security definer
set search_path = pg_catalog, pg_temp as $$
    select r.proposal_id, r.kind, c.about, c.was, c.becomes, r.because, r.asked_by, r.asked_at,
        case when r.first_read = console.digest_of(r) then o.name end,
        case when r.first_read is distinct from console.digest_of(r) then o.name end
    from console.proposals as r
    left join console.operators as o on o.operator_id = r.first_operator_id and console.still_counts(o.operator_id)
    left join lateral console.change_of(r.kind, r.what) as c on true
    where r.closed_at is null order by r.proposal_id
$$;

-- Ask no more; false if nothing of that number waits. Taking back takes one person.
create function console.withdraw(p_proposal_id bigint, p_by text) returns boolean language sql security definer
set search_path = pg_catalog, pg_temp as $$
    select console.close_proposal(p_proposal_id, 'withdrawn', p_by)
$$;

-- What waits for signatures and what was changed, refused or withdrawn in 30 days, as the console shows it.
create function console.proposed(p_token bytea) returns jsonb language sql volatile security definer
set search_path = pg_catalog, pg_temp as $$
    with present as materialized (select (console.present(p_token)).operator_id, platform.present() as at)
    select jsonb_build_object(
        'proposals', (select coalesce(jsonb_agg(jsonb_build_object(
                'proposal_id', w.proposal_id, 'kind', w.kind, 'about', w.about, 'was', w.was, 'becomes', w.becomes, 'because', w.because,
                'asked_by', w.asked_by, 'asked_at', w.asked_at, 'first_by', w.first_by,
                'dropped_by', w.dropped_by, 'is_mine', w.first_by is not null and r.first_operator_id = p.operator_id,
                'is_possible', console.objection(r.kind, r.what) is null) order by w.proposal_id), '[]')
            from console.open_proposals() as w join console.proposals as r using (proposal_id)),
        'settled', (select coalesce(jsonb_agg(jsonb_build_object(
                'change', s.change, 'because', s.because, 'asked_by', s.asked_by, 'closed_at', s.closed_at, 'closed_as', s.closed_as,
                'closed_by', s.closed_by) order by s.proposal_id desc), '[]')
            from (
                select * from console.proposals as r where r.closed_at > p.at - interval '30 days' order by r.proposal_id desc limit 50
            ) as s)
    ) from present as p
$$;

-- The sentence of an operator who signs a proposal, or refuses it; null where nothing of that number waits, or it cannot be any more.
create function console.sentence_about(p_act jsonb) returns text language sql volatile
set search_path = pg_catalog, pg_temp as $$
    select case
            when p_act ->> 'kind' = 'refuse' then 'Refuser la demande ' || r.proposal_id || '. '
            when w.first_by is null then 'Signer la demande ' || r.proposal_id || ', première signature sur deux. '
                || coalesce('La signature de ' || w.dropped_by || ' ne compte plus : ce qui change n’est plus ce que cette signature disait. ', '')
            else 'Appliquer la demande ' || r.proposal_id || ', déjà signée par ' || w.first_by || '. '
        end || coalesce(w.about || ' : ' || w.was || ' → ' || w.becomes || '. ', '')
        || 'Demandé par ' || r.asked_by || ' : « ' || r.because || ' ».'
    from console.proposals as r join console.open_proposals() as w using (proposal_id)
    where r.proposal_id = (p_act ->> 'proposal_id')::bigint
        and (p_act ->> 'kind' = 'refuse' or console.objection(r.kind, r.what) is null)
$$;

-- Take the signature of an operator: the first one waits for a second, of somebody else; with the second one the change is made. The first
-- one is worth nothing once its operator is out, or may not loosen any more, or when what it was of has come to say something else.
create function console.signed(p_proposal_id bigint, p_me console.operators) returns text language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    here console.proposals;
begin
    select * into here from console.proposals as r where r.proposal_id = p_proposal_id and r.closed_at is null for update;
    if here.proposal_id is null or console.objection(here.kind, here.what) is not null then return 'nothing-of-that-name'; end if;
    if not console.still_counts(here.first_operator_id) or here.first_read is distinct from console.digest_of(here) then
        update console.proposals as r
        set first_operator_id = p_me.operator_id, first_at = platform.present(), first_read = console.digest_of(here)
        where r.proposal_id = p_proposal_id;
        return 'asked';
    end if;
    if here.first_operator_id = p_me.operator_id then return 'agreement-by-same-person'; end if;
    update console.proposals as r set second_operator_id = p_me.operator_id where r.proposal_id = p_proposal_id returning * into here;
    perform console.close_proposal(p_proposal_id, 'applied', p_me.name);
    perform console.apply(here, (select o.name from console.operators as o where o.operator_id = here.first_operator_id), p_me.name);
    return 'done';
end $$;

do $$
declare
    made regprocedure;
begin
    for made in select p.oid from pg_proc as p where p.pronamespace = 'console'::regnamespace loop
        execute format('alter function %s owner to rempart_gate', made);
        execute format('revoke all on function %s from public', made);
    end loop;
end $$;
grant execute on function console.ask, console.open_proposals, console.withdraw to rempart_operator;
grant execute on function console.proposed to rempart_console;

-- The way back, when fewer than two operators are left to sign: the owner of the database invites one without any signature, and it stays
-- written. It lends no power, and calls nothing of the gate's owner: who owns these tables alone may do this. No number: two are there who
-- may sign, and the support, who may not, is none of them; or the name is taken.
create function platform.begin_again(p_name text, p_role text, p_code_digest bytea, p_life_days int, p_by text, p_because text)
returns table (operator_id bigint, expires_at timestamptz, can_sign bigint[]) language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made bigint;
    until constant timestamptz := now() + make_interval(days => p_life_days);
    signers constant bigint[] := array(
        select o.operator_id from console.operators as o
        where o.revoked_at is null and o.role <> 'support' and (o.approved_at is not null or not o.needs_approval)
            and exists (select from console.passkeys as k where k.operator_id = o.operator_id and k.revoked_at is null)
        order by o.operator_id
    );
begin
    if cardinality(signers) < 2 then
        insert into console.operators (name, role, invited_by, needs_approval) values (p_name, p_role, p_by, false)
        on conflict do nothing returning operators.operator_id into made;
    end if;
    if made is null then
        return query select null::bigint, null::timestamptz, signers;
        return;
    end if;
    insert into console.invitations (code_digest, operator_id, expires_at) values (p_code_digest, made, until);
    insert into console.proposals (kind, what, because, asked_by, closed_at, closed_as, closed_by, change)
    values ('begin-again', jsonb_build_object('operator_id', made), p_because, p_by, platform.present(), 'applied', p_by,
        p_name || ', invité sans aucune signature, par le propriétaire de la base');
    return query select made, until, signers;
end $$;
revoke all on function platform.begin_again from public;
