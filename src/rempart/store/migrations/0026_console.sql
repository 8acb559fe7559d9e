-- What operators see and do at the console. Counts, accounts and their questions, never whom a question was about: no function here
-- reads who an insured person is. Each asks for a session that is alive; each act, for a signature over its own sentence.

alter table gate.releases
    add column asked_operator_id bigint references console.operators, -- null: asked at the machine, by the word of whoever typed
    add column approved_operator_id bigint references console.operators,
    add column asked_read bytea, -- digest of what was read as held: when it is another conviction, the first word is worth nothing
    add constraint a_release_takes_two_operators check (approved_operator_id <> asked_operator_id);

-- The name by which people know what is contained.
create function console.known_as(p_scope text, p_target bigint, p_named text) returns text language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(case p_scope
        when 'platform' then 'toute la plateforme'
        when 'face' then case p_target when 1 then 'l’API des logiciels' when 2 then 'le portail' when 3 then 'le comptoir' end
        when 'software' then (select 'le logiciel ' || s.name || ' (' || s.client_id || ')' from access.software as s where s.software_id = p_target)
        when 'organisation' then (
            select o.name || ' (FINESS ' || o.finess || ')' from access.organisations as o where o.organisation_id = p_target)
        when 'professional' then (
            select p.name || ' (RPPS ' || p.rpps || ')' from access.professionals as p where p.professional_id = p_target)
        when 'profession' then (select 'la profession « ' || f.label || ' »' from access.professions as f where f.profession_id = p_target)
        when 'insurer' then (select i.name || ' (AMC ' || i.amc_number || ')' from members.insurers as i where i.insurer_id = p_target)
        when 'account' then (
            select 'le compte ' || a.account_id || ', ' || a.display_name || ', ' || o.name || ' (FINESS ' || o.finess || ')'
            from access.accounts as a join access.organisations as o on o.organisation_id = a.organisation_id
            where a.account_id = p_target)
        when 'person' then 'la personne de la consultation désignée'
        when 'shape' then ( -- profession/client_id/region, as gate.contain reads it; no software: the browsers
            select 'la profession « ' || f.label || ' » en région ' || coalesce(nullif(substring(p_named from '[0-9]+$'), '0'), 'inconnue') || ', '
                || coalesce((select 'par le logiciel ' || s.name || ' (' || s.client_id || ')' from access.software as s
                             where s.client_id = split_part(p_named, '/', 2)), 'par un navigateur')
            from access.professions as f where f.profession_id = p_target)
    end, p_scope || ' ' || p_named)
$$;

-- The releases that one operator asked for and another one may agree to: of what is still in force.
create function console.releases_asked() returns setof gate.releases language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return query select r.* from gate.releases as r
    left join gate.containments as c on c.containment_id = r.containment_id
    left join gate.account_state as st on st.account_id = r.account_id
    where r.approved_at is null and console.still_asked(r)
        and (coalesce(c.released_at, 'infinity') > platform.present() and c.containment_id is not null
            or st.standing = 2 or st.stepped_up_at is not null);
end $$;

-- How much waits for the signature of an operator: those releases, and proposals (0029).
create function console.waiting() returns bigint language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return (select count(*) from console.releases_asked())
        + (select count(*) from console.proposals as r where r.closed_at is null);
end $$;

-- The same, for every page of the console: it is seen from anywhere.
create function console.wanted(p_token bytea) returns bigint language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select console.waiting() from (select (console.present(p_token)).session_id offset 0) as present
    where present.session_id is not null
$$;

-- What loosens is for those who answer for it: the support tightens, and tells the public.
create function console.may(p_role text, p_kind text) returns boolean language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select p_role <> 'support' or p_kind not in ('release', 'sign', 'dismiss')
$$;

-- Whether the signature of an operator is still worth one: in force, and entitled to loosen.
create function console.still_counts(p_operator_id bigint) returns boolean language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from console.operators as o
        where o.operator_id = p_operator_id and o.revoked_at is null and (o.approved_at is not null or not o.needs_approval)
            and console.may(o.role, 'sign')
    )
$$;

-- Whether the first word of a release is still worth one: of an operator whose signature is, and of what is held at present.
create function console.still_asked(r gate.releases) returns boolean language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return console.still_counts(r.asked_operator_id)
        and coalesce(r.asked_read = console.digest_of_held(r.containment_id, r.account_id), false);
end $$;

-- What is held at present (console.held, 0029), as a digest; null: nothing.
create function console.digest_of_held(p_containment_id bigint, p_account_id bigint) returns bytea language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return sha256(convert_to(
        console.held(jsonb_build_object('containment_id', p_containment_id, 'account_id', p_account_id)), 'UTF8'));
end $$;

-- What happens now, but for the questions (console.counted): who was convicted, what is in force.
create function console.live(p_token bytea) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    with present as materialized (select (console.present(p_token)).session_id, platform.present() as at)
    select jsonb_build_object(
        'at', p.at,
        'standing', (select jsonb_build_object(
            'frozen', count(*) filter (where st.standing = 2),
            'stepped_up', count(*) filter (where st.standing <> 2 and st.stepped_up_at is not null)
        ) from gate.account_state as st where st.standing = 2 or st.stepped_up_at is not null),
        'contained', (select count(*) from gate.containments as c where coalesce(c.released_at, 'infinity') > p.at),
        'waiting', console.waiting(),
        'convictions', (select coalesce(jsonb_agg(t order by t.conviction_id desc), '[]') from (
            select v.conviction_id, v.convicted_at, v.account_id, a.display_name as name, o.name as place, s.code as signal, v.measure,
                case when st.standing = 2 then 'frozen' when st.stepped_up_at is not null then 'stepped-up' else 'good' end as standing
            from gate.convictions as v
            join access.accounts as a on a.account_id = v.account_id
            join access.organisations as o on o.organisation_id = a.organisation_id
            join access.signals as s on s.signal_id = v.signal_id
            join gate.account_state as st on st.account_id = v.account_id
            where v.convicted_at > p.at - interval '24 hours'
            order by v.conviction_id desc limit 20
        ) as t)
    ) from present as p
$$;

-- Accounts by FINESS, RPPS, number of a receipt, number of the account, or a part of a name.
create function console.find_accounts(p_token bytea, p_text text, p_receipt_id bigint)
returns table (
    account_id bigint, name text, place text, finess text, profession text, standing text, revoked_at timestamptz
) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    with present as materialized (select (console.present(p_token)).session_id)
    select a.account_id, a.display_name, o.name, o.finess, f.label,
        case when st.standing = 2 then 'frozen' when st.stepped_up_at is not null then 'stepped-up' else 'good' end, a.revoked_at
    from present as p
    cross join access.accounts as a
    join access.organisations as o on o.organisation_id = a.organisation_id
    join access.professions as f on f.profession_id = a.profession_id
    join gate.account_state as st on st.account_id = a.account_id
    left join access.professionals as w on w.professional_id = a.professional_id
    where length(p_text) >= 1 and case
        when p_receipt_id is not null then a.account_id = (select r.account_id from evidence.receipts as r where r.receipt_id = p_receipt_id)
        when p_text ~ '^[0-9]{11}$' then w.rpps = p_text
        when upper(p_text) ~ '^[0-9AB]{9}$' then o.finess = upper(p_text)
        when p_text ~ '^[0-9]{1,8}$' then a.account_id = p_text::bigint
        else length(p_text) >= 3 and position(lower(p_text) in lower(a.display_name || ' ' || o.name)) > 0
    end
    order by a.revoked_at is not null, a.display_name, a.account_id
    limit 50
$$;

-- The questions of an account between two instants, the latest first: never whom they were about, nor what presence would have said.
-- p_before is the last one of the page before, at p_until: those of one batch have the same instant.
-- With p_is_of_new_devices those alone that came through devices known for less long than p_devices_new_from, or through the others.
create function console.questions_of(
    p_account_id bigint, p_after timestamptz, p_until timestamptz, p_most int, p_before bigint default null,
    p_is_of_new_devices boolean default null, p_devices_new_from timestamptz default null
) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_agg(t order by t.asked_at desc, t.receipt_id desc), '[]') from (
        select r.receipt_id, r.asked_at, r.face, r.outcome, r.presence, r.signals, r.repeat_of is not null as is_repeat
        from evidence.receipts as r
        where r.account_id = p_account_id and r.asked_at >= p_after and r.asked_at <= p_until
            and (p_before is null or row (r.asked_at, r.receipt_id) < row (p_until, p_before))
            and (p_is_of_new_devices is null or p_is_of_new_devices = (
                select s.device_since > p_devices_new_from from access.sessions as s where s.session_id = r.session_id))
        order by r.asked_at desc, r.receipt_id desc limit p_most
    ) as t
$$;

-- All that is known of an account: who, how it stands, what it was convicted of and by which answers, its sessions, what is in force.
-- Null: no such account. The questions are 200 at most of 24 hours, up to p_until (after p_before, in a list) or to the last one.
create function console.account(p_token bytea, p_account_id bigint, p_until timestamptz, p_before bigint default null) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    with present as materialized (select (console.present(p_token)).operator_id, platform.present() as at)
    select jsonb_build_object(
        'account_id', a.account_id, 'name', a.display_name, 'kind', a.kind, 'place', o.name, 'finess', o.finess, 'rpps', w.rpps,
        'professional', w.name, 'profession', f.label, 'holder', case when h.account_id <> a.account_id then h.display_name end,
        'created_at', a.created_at, 'revoked_at', a.revoked_at, 'struck_off_at', w.struck_off_at,
        'standing', case when st.standing = 2 then 'frozen' when st.standing = 1 then 'closed'
                         when st.stepped_up_at is not null then 'stepped-up' else 'good' end,
        'standing_since', coalesce(st.frozen_at, st.stepped_up_at),
        'stepped_up_devices', case when st.standing = 2 or st.stepped_up_at is null then null
                                   when (st.watch).stepped_up_at is null then 'new'
                                   when (st.new_devices).stepped_up_at is null then 'old' end,
        'people_today', case when st.day = (p.at at time zone st.timezone)::date then st.people_today else 0 end,
        'people_per_day', n.people_per_day, 'reduced_until', case when st.reduced_until > p.at then st.reduced_until end,
        'scores', (select coalesce(jsonb_agg(jsonb_build_object(
                'signal', s.code, 'score', greatest((st.watch).scores[s.signal_id], (st.new_devices).scores[s.signal_id]), 'threshold', d.threshold, 'measure', d.measure) order by s.signal_id), '[]')
            from access.signals as s join access.detector_rules as d
                on d.signal_id = s.signal_id and d.profession_id = a.profession_id
                and d.valid_from <= p.at::date and p.at::date < d.valid_until
            where s.signal_id <= 7),
        'convictions', (select coalesce(jsonb_agg(jsonb_build_object(
                'conviction_id', v.conviction_id, 'convicted_at', v.convicted_at, 'signal', v.code, 'bit', v.signal_id, 'measure', v.measure,
                'score', v.score, 'threshold', v.threshold, 'since', v.since,
                'planted_in', case when v.signal_id = 8 then (
                    select b.planted_in from evidence.receipts as e join gate.canaries as b on b.person_id = e.subject
                    where e.receipt_id = v.receipt_id) end, 'receipt_id', v.receipt_id, 'software', v.software, 'is_of_new_devices', v.is_of_new_devices,
                'is_of_newcomers', v.is_of_newcomers,
                'answers', console.questions_of(a.account_id, v.since, v.convicted_at, 200, null, v.is_of_new_devices, v.devices_new_from)) order by v.conviction_id desc), '[]')
            from (
                select k.*, s.code, z.name as software from gate.convictions as k
                join access.signals as s on s.signal_id = k.signal_id
                left join access.software as z on z.software_id = k.software_id
                where k.account_id = a.account_id order by k.conviction_id desc limit 5
            ) as v),
        'sessions', (select coalesce(jsonb_agg(jsonb_build_object(
                'software', z.name, 'face', c.face, 'opened_at', c.opened_at, 'last_used_at', c.last_used_at) order by c.session_id desc), '[]')
            from access.sessions as c left join access.software as z on z.software_id = c.software_id
            where c.account_id = a.account_id and c.revoked_at is null and c.expires_at > p.at
                and (c.idle_s is null or c.last_used_at + make_interval(secs => c.idle_s) > p.at)),
        'contained', (select coalesce(jsonb_agg(t order by t.containment_id desc), '[]') from (
            select c.containment_id, c.scope, console.known_as(c.scope, c.target, c.named) as known_as, c.mode, c.since, c.because, c.decided_by
            from gate.containments as c
            where coalesce(c.released_at, 'infinity') > p.at and c.target = case c.scope when 'account' then a.account_id
                when 'organisation' then a.organisation_id when 'professional' then a.professional_id
                when 'profession' then a.profession_id when 'platform' then 0 when 'software' then (
                    select z.software_id from access.sessions as z
                    where z.account_id = a.account_id and z.software_id = c.target and z.expires_at > p.at - interval '24 hours' limit 1
                ) end
        ) as t),
        'releases', (select coalesce(jsonb_agg(jsonb_build_object(
                'containment_id', r.containment_id, 'because', r.because, 'asked_by', r.asked_by, 'asked_at', r.asked_at,
                'waves_s', r.waves_s, 'is_mine', r.asked_operator_id is not distinct from p.operator_id)), '[]')
            from gate.releases as r left join gate.containments as c on c.containment_id = r.containment_id
            where r.approved_at is null and console.still_asked(r)
                and (r.account_id = a.account_id or c.scope = 'account' and c.target = a.account_id)),
        'from', u.until - interval '24 hours', 'until', u.until,
        'questions', console.questions_of( -- from excluded: it is the next page's last instant
            a.account_id, u.until - interval '24 hours' + interval '1 microsecond', u.until, 200, p_before)
    )
    from present as p
    cross join access.accounts as a
    join access.accounts as h on h.account_id = a.holder_account_id
    join access.organisations as o on o.organisation_id = a.organisation_id
    join access.professions as f on f.profession_id = a.profession_id
    join gate.account_state as st on st.account_id = a.account_id
    left join access.professionals as w on w.professional_id = a.professional_id
    left join access.profession_rules as n
        on n.profession_id = a.profession_id and n.valid_from <= p.at::date and p.at::date < n.valid_until
    cross join lateral (
        select coalesce(p_until, to_timestamp(greatest((st.watch).last_asked_s, (st.new_devices).last_asked_s)) + interval '1 minute', p.at) as until
    ) as u
    where a.account_id = p_account_id
$$;

-- One page of a list of so many lines: the one that is asked for, or the last one there is.
create function console.page_of(p_page int, p_lines bigint, p_most int) returns int language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select greatest(1, least(p_page, (p_lines + p_most - 1) / p_most))::int
$$;

-- A page of what is in force, the widest scope first and in it the gravest mode; or of what ended in the last 30 days, the latest first.
create function console.containments_of(p_operator_id bigint, p_is_in_force boolean, p_page int, p_most int) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with chosen as materialized (
        select c.*, row_number() over (order by
            case when p_is_in_force then array_position(array[
                'platform', 'face', 'profession', 'insurer', 'software', 'shape', 'organisation', 'professional', 'account', 'person'
            ], c.scope) end,
            case when p_is_in_force then array_position(array[3, 2, 1, 4]::smallint[], c.mode) end,
            case when not p_is_in_force then c.released_at end desc, c.containment_id desc) as place
        from (select platform.present() as at) as now, gate.containments as c
        where case when p_is_in_force then coalesce(c.released_at, 'infinity') > now.at
            else coalesce(c.released_at, 'infinity') > now.at - interval '30 days' and c.released_at <= now.at end
    ),
    sized as (select count(*) as lines, console.page_of(p_page, count(*), p_most) as page from chosen)
    select jsonb_build_object('lines', s.lines, 'page', s.page, 'most', p_most, 'rows', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'containment_id', c.containment_id, 'scope', c.scope, 'known_as', console.known_as(c.scope, c.target, c.named), 'mode', c.mode,
            'since', c.since, 'because', c.because, 'decided_by', c.decided_by, 'ends_at', c.released_at, 'released_by', c.released_by,
            'is_by_waves', c.waves_from is not null, 'asked_by', r.asked_by, 'release_because', r.because, 'waves_s', r.waves_s,
            'is_mine', r.asked_operator_id is not distinct from p_operator_id) order by c.place), '[]')
        from chosen as c
        left join gate.releases as r
            on r.containment_id = c.containment_id and r.approved_at is null and console.still_asked(r)
        where c.place > (s.page - 1) * p_most and c.place <= s.page * p_most
    )) from sized as s
$$;

-- A page of the accounts that the detectors froze, then of those that they ask presence of, the latest first.
create function console.convicted_of(p_page int, p_most int) returns jsonb language sql stable
set search_path = pg_catalog, pg_temp as $$
    with chosen as materialized (
        select v.*, row_number() over (order by v.measure desc, v.conviction_id desc) as place from gate.convicted() as v
    ),
    sized as (select count(*) as lines, console.page_of(p_page, count(*), p_most) as page from chosen)
    select jsonb_build_object('lines', s.lines, 'page', s.page, 'most', p_most, 'rows', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'account_id', v.account_id, 'name', v.display_name, 'finess', v.finess, 'measure', v.measure, 'convicted_at', v.convicted_at,
            'signal', v.signal, 'asked_by', v.release_asked_by) order by v.place), '[]')
        from chosen as v where v.place > (s.page - 1) * p_most and v.place <= s.page * p_most
    )) from sized as s
$$;

-- A page of the releases that wait for a second operator, those that were asked first before the others: of a containment, or of an account.
create function console.releases_of(p_operator_id bigint, p_page int, p_most int) returns jsonb language sql stable
set search_path = pg_catalog, pg_temp as $$
    with chosen as materialized (select r.*, row_number() over (order by r.release_id) as place from console.releases_asked() as r),
    sized as (select count(*) as lines, console.page_of(p_page, count(*), p_most) as page from chosen)
    select jsonb_build_object('lines', s.lines, 'page', s.page, 'most', p_most, 'rows', (
        select coalesce(jsonb_agg(jsonb_build_object(
            'containment_id', r.containment_id, 'account_id', r.account_id,
            'known_as', case when c.containment_id is null then console.known_as('account', r.account_id, r.account_id::text)
                else console.known_as(c.scope, c.target, c.named) end,
            'because', r.because, 'asked_by', r.asked_by, 'asked_at', r.asked_at, 'waves_s', r.waves_s,
            'is_mine', r.asked_operator_id is not distinct from p_operator_id) order by r.place), '[]')
        from chosen as r left join gate.containments as c on c.containment_id = r.containment_id
        where r.place > (s.page - 1) * p_most and r.place <= s.page * p_most
    )) from sized as s
$$;

-- What is contained, and was in the last 30 days; the releases that wait; the messages to the public; the last acts of operators. The
-- lists that an attack makes long come in pages of p_most lines.
create function console.contained(
    p_token bytea, p_in_force int default 1, p_past int default 1, p_convicted int default 1, p_releases int default 1, p_most int default 50
) returns jsonb language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    with present as materialized (select (console.present(p_token)).operator_id, platform.present() as at)
    select jsonb_build_object(
        'in_force', console.containments_of(p.operator_id, true, p_in_force, p_most),
        'past', console.containments_of(p.operator_id, false, p_past, p_most),
        'convicted', console.convicted_of(p_convicted, p_most),
        'releases', console.releases_of(p.operator_id, p_releases, p_most),
        'messages', (select coalesce(jsonb_agg(jsonb_build_object(
                'message_id', m.message_id, 'population', m.population, 'sentence', m.sentence, 'published_at', m.published_at,
                'published_by', m.published_by, 'ended_at', m.ended_at, 'next_news_at', m.next_news_at) order by m.message_id desc), '[]')
            from gate.status_messages() as m),
        'professions', (select jsonb_agg(jsonb_build_object('code', f.code, 'label', f.label) order by f.profession_id) from access.professions as f),
        'operators', (select coalesce(jsonb_agg(jsonb_build_object(
                'operator_id', o.operator_id, 'name', o.name, 'role', o.role, 'has_key', o.has_key, 'fingerprint', o.fingerprint,
                'is_waiting', o.needs_approval and o.approved_by is null, 'is_me', o.operator_id = p.operator_id,
                'last_used_at', o.last_used_at)), '[]')
            from console.list_operators() as o where o.revoked_at is null),
        'acts', (select coalesce(jsonb_agg(t order by t.act_id desc), '[]') from (
            select l.act_id, l.done_at, o.name as operator, l.sentence, l.verdict
            from console.acts as l join console.operators as o on o.operator_id = l.operator_id
            order by l.act_id desc limit 30
        ) as t)
    ) from present as p
$$;

-- The sentence that an operator reads and signs; null where the act is of nothing that is there.
create function console.sentence_of(p_act jsonb, p_operator_id bigint) returns text language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    because constant text := ' Motif : ' || (p_act ->> 'because');
    target bigint;
    what text;
    waves constant text := coalesce(' Retour par vagues sur ' || round((p_act ->> 'waves_s')::numeric / 60) || ' minutes.', '');
    asked gate.releases;
begin
    case p_act ->> 'kind'
    when 'contain' then
        target := gate.target_of(p_act ->> 'scope', p_act ->> 'named');
        if target is null then return null; end if;
        what := case (p_act ->> 'mode')::int when 1 then 'Exiger une preuve de présence de' when 2 then 'Geler' when 3 then 'Révoquer'
            when 4 then 'Ralentir' end;
        return what || ' ' || console.known_as(p_act ->> 'scope', target, p_act ->> 'named')
            || coalesce(', pendant ' || (p_act ->> 'hours') || ' h', '') || '.' || because;
    when 'release' then
        what := console.held(p_act);
        if what is null then return null; end if;
        select * into asked from gate.releases as r
        where r.approved_at is null and console.still_asked(r)
            and row (r.containment_id, r.account_id)
                is not distinct from row ((p_act ->> 'containment_id')::bigint, (p_act ->> 'account_id')::bigint);
        if not found then return 'Demander de lever ' || what || '.' || waves || because; end if;
        return 'Lever ' || what || ', comme l’a demandé ' || asked.asked_by || '.'
            || coalesce(' Retour par vagues sur ' || asked.waves_s / 60 || ' minutes.', '') || because;
    when 'publish' then
        if (p_act ->> 'next_news_at')::timestamptz <= platform.present() then return null; end if;
        return 'Publier pour ' || case coalesce(p_act ->> 'population', '') when '' then 'tout le monde' when 'insured' then 'les assurés'
                when 'software' then 'les éditeurs de logiciels' when 'insurer' then 'les organismes' else
                (select 'la profession « ' || f.label || ' »' from access.professions as f where f.code = p_act ->> 'population') end || ' : ' || (p_act ->> 'sentence')
            || coalesce(to_char(
                (p_act ->> 'next_news_at')::timestamptz at time zone 'Europe/Paris', '" Prochaines nouvelles le "DD/MM/YYYY" à "HH24" h "MI"."'
            ), '');
    when 'end' then
        return (select 'Ôter de la page publique le message ' || m.message_id || ' : ' || m.sentence from gate.status_messages as m
                where m.message_id = (p_act ->> 'message_id')::bigint and m.ended_at is null);
    when 'sign', 'refuse' then
        return console.sentence_about(p_act) || because;
    when 'dismiss' then
        return (select 'Retirer l’accès de ' || o.name || '.' || because from console.operators as o
                where o.operator_id = (p_act ->> 'operator_id')::bigint and o.revoked_at is null);
    else
        return null;
    end case;
end $$;

-- Begin an act: its sentence, and the challenge that is the digest of a salt and of this sentence. The verdict is `begun`, or the code of a
-- refusal.
create function console.begin_act(p_token bytea, p_act jsonb, p_life_s int) returns table (verdict text, sentence text, challenge bytea)
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    s constant console.sessions := console.present(p_token);
    salt constant bytea := sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
begin
    delete from console.challenges as c where c.expires_at < now();
    verdict := case when not console.may((select o.role from console.operators as o where o.operator_id = s.operator_id), p_act ->> 'kind')
        then 'operator-not-entitled' end;
    if verdict is null then
        sentence := console.sentence_of(p_act, s.operator_id);
        verdict := case when p_act ->> 'because' !~ '\S' then 'reason-missing'
            when p_act ->> 'kind' = 'release' and console.objection('release', p_act) = 'release-not-earlier' then 'release-not-earlier'
            when sentence is null then 'nothing-of-that-name' end;
    end if;
    if verdict is null then
        challenge := sha256(salt || convert_to(sentence, 'UTF8'));
        insert into console.challenges (challenge, purpose, operator_id, session_id, act, sentence, salt, expires_at)
        values (challenge, 'act', s.operator_id, s.session_id, p_act, sentence, salt, now() + make_interval(secs => least(p_life_s, 300)));
        verdict := 'begun';
    end if;
    return next;
end $$;

-- Perform what was begun and signed, under the name of the session's operator; give the verdict. Who asked for a release does not agree to
-- it. The sentence is written again, and what has come to say something else meanwhile is not done: it was not what one read.
create function console.perform(
    p_token bytea, p_credential bytea, p_client_data bytea, p_authenticator_data bytea, p_signature bytea, p_challenge bytea
) returns table (verdict text, sentence text) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    s constant console.sessions := console.present(p_token);
    c console.challenges;
    me console.operators;
begin
    delete from console.challenges as k
    where k.challenge = p_challenge and k.purpose = 'act' and k.session_id = s.session_id and k.expires_at > now() returning * into c;
    if c.challenge is null
        or console.operator_who_signed(p_credential, p_client_data, p_authenticator_data, p_signature, p_challenge)
            is distinct from s.operator_id
    then
        verdict := 'verification-refused';
        return next;
        return;
    end if;
    select * into me from console.operators as o where o.operator_id = s.operator_id;
    sentence := c.sentence;
    if c.act ->> 'kind' <> 'contain' then -- of two who sign at once, one reads what the other did; who contains waits for nobody
        lock table console.proposals, gate.releases in share row exclusive mode;
    end if;
    verdict := case
        when not console.may(me.role, c.act ->> 'kind') then 'operator-not-entitled'
        when console.sentence_of(c.act, me.operator_id) is distinct from c.sentence then 'nothing-of-that-name'
        else console.done(c.act, me)
    end;
    insert into console.acts (
        operator_id, sentence, act, verdict, salt, credential_id, client_data, authenticator_data, signature
    ) values (me.operator_id, c.sentence, c.act, verdict, c.salt, p_credential, p_client_data, p_authenticator_data, p_signature);
    return next;
end $$;

create function console.done(p_act jsonb, p_me console.operators) returns text language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    found_id bigint;
begin
    case p_act ->> 'kind'
    when 'contain' then
        found_id := gate.contain(p_act ->> 'scope', p_act ->> 'named', (p_act ->> 'mode')::smallint, p_act ->> 'because', p_me.name,
            (p_act ->> 'hours')::double precision);
        return case when found_id is null then 'nothing-of-that-name' else 'done' end;
    when 'release' then
        return console.released(p_act, p_me);
    when 'publish' then
        found_id := gate.publish_status(nullif(p_act ->> 'population', ''), p_act ->> 'sentence',
            (p_act ->> 'next_news_at')::timestamptz, p_me.name);
        return case when found_id is null then 'nothing-of-that-name' else 'done' end;
    when 'end' then
        return case when gate.end_status((p_act ->> 'message_id')::bigint, p_me.name) then 'done' else 'nothing-of-that-name' end;
    when 'sign' then
        return console.signed((p_act ->> 'proposal_id')::bigint, p_me);
    when 'refuse' then
        return case when console.close_proposal((p_act ->> 'proposal_id')::bigint, 'refused', p_me.name) then 'done'
            else 'nothing-of-that-name' end;
    when 'dismiss' then
        return case when console.dismiss((p_act ->> 'operator_id')::bigint, p_me.name) then 'done' else 'nothing-of-that-name' end;
    end case;
end $$;

create function console.released(p_act jsonb, p_me console.operators) returns text language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    containment constant bigint := (p_act ->> 'containment_id')::bigint;
    account constant bigint := (p_act ->> 'account_id')::bigint;
    asked gate.releases;
    verdict text;
begin
    if console.objection('release', p_act) = 'release-not-earlier' then return 'release-not-earlier'; end if;
    select * into asked from gate.releases as r
    where r.approved_at is null and row (r.containment_id, r.account_id) is not distinct from row (containment, account) for update;
    -- Asked by nobody's key, by somebody whose word is worth nothing any more, or for another conviction: this is the first word then.
    if asked.release_id is not null and not console.still_asked(asked) then
        update gate.releases as r
        set asked_by = p_me.name, asked_operator_id = p_me.operator_id, asked_at = platform.present(), because = p_act ->> 'because',
            waves_s = (p_act ->> 'waves_s')::int, asked_read = console.digest_of_held(containment, account),
            conviction_id = (select max(v.conviction_id) from gate.convictions as v where v.account_id = account)
        where r.release_id = asked.release_id;
        return 'asked';
    end if;
    if asked.asked_operator_id = p_me.operator_id then return 'agreement-by-same-person'; end if;
    verdict := gate.release_as(containment, account, p_act ->> 'because', p_me.name, (p_act ->> 'waves_s')::int);
    if verdict = 'asked' then
        update gate.releases as r set asked_operator_id = p_me.operator_id, asked_read = console.digest_of_held(containment, account)
        where r.approved_at is null and row (r.containment_id, r.account_id) is not distinct from row (containment, account);
    elsif verdict = 'released' then
        update gate.releases as r set approved_operator_id = p_me.operator_id where r.release_id = asked.release_id;
    end if;
    return case verdict when 'unknown' then 'nothing-of-that-name' when 'same-person' then 'agreement-by-same-person' else verdict end;
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
grant execute on function console.live, console.wanted, console.find_accounts, console.account, console.contained, console.begin_act,
    console.perform to rempart_console;
