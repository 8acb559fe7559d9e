-- What the detectors are set to, and what happens on a conviction. How a question speaks is in gate.ask; the reference of both, and
-- why, is domain/detectors.

create table access.signals (
    signal_id smallint primary key,
    code text not null unique,
    label text not null
);
insert into access.signals (signal_id, code, label)
values
    (1, 'failures', 'Questions sans personne connue, droit terminé ou code faux'),
    (2, 'novelty', 'Personnes jamais vues ici depuis douze mois'),
    (3, 'stale', 'Personnes connues dont le droit est terminé'),
    (4, 'walk', 'Numéros d’ordre essayés à la suite dans un mois et une commune'),
    (5, 'elsewhere', 'Personnes nouvelles nées dans une autre région'),
    (6, 'regularity', 'Questions au rythme d’une machine'),
    (7, 'together', 'Tous les signaux ensemble'),
    (8, 'canary', 'Identité leurre, qui n’existe que dans une liste volée');

-- One test a profession and a signal, dated. A change closes a row and opens the next one.
create table access.detector_rules (
    profession_id smallint not null references access.professions,
    signal_id smallint not null references access.signals,
    valid_from date not null,
    valid_until date not null default 'infinity', -- the first day on which it is no longer in force
    honest double precision, -- share of questions that speak for a thief, at the profession's 99.9 % honest account
    thief double precision, -- the same, at the thief's; neither for the signals together
    threshold double precision not null check (threshold > 0), -- in nats
    measure smallint not null check (measure in (1, 2)), -- 1 step up, 2 freeze
    source text not null,
    gain double precision not null generated always as (coalesce(ln(thief / honest), 0)) stored,
    relief double precision not null generated always as (coalesce(ln((1 - thief) / (1 - honest)), 0)) stored,
    primary key (profession_id, signal_id, valid_from),
    check (valid_from < valid_until),
    check (0 < honest and honest < thief and thief < 1),
    check ((signal_id in (7, 8)) = (num_nulls(honest, thief) = 2))
);
create unique index one_test_in_force_per_signal on access.detector_rules (profession_id, signal_id) where valid_until = 'infinity';
grant select on access.signals, access.detector_rules to rempart_gate, rempart_operator;

-- Fitted on one made-up honest world and judged on a wider one (docs/guides/detectors.md): to be fitted again on an operator's own.
insert into access.detector_rules (profession_id, signal_id, valid_from, honest, thief, threshold, measure, source)
select p.profession_id, s.signal_id, date '2024-01-01', s.honest, s.thief, s.threshold, s.measure, 'synthetic honest world, November 2026'
from access.professions as p
cross join lateral (values
    (1, 0.15, 0.50, 13.8, 2),
    (3, 0.08, 0.30, 13.8, 1),
    (4, 0.02, 0.60, 13.8, 2),
    (5, 0.75, 0.92, 1000, 1), -- weighs in the sum; alone it would convict a coast in summer
    (6, 0.15, 0.70, 13.8, 1),
    (7, null, null, 20.0, 2)
) as s (signal_id, honest, thief, threshold, measure)
union all
select p.profession_id, 2, date '2024-01-01', s.honest, s.thief, 13.8, 1, 'synthetic honest world, November 2026'
from access.professions as p
join (values
    ('pharmacist', 0.57, 0.995), ('optician', 0.77, 0.995), ('audioprosthetist', 0.74, 0.995), ('dentist', 0.57, 0.995),
    ('doctor', 0.57, 0.995), ('auxiliary', 0.57, 0.995), ('laboratory', 0.68, 0.985), ('transporter', 0.68, 0.985),
    ('hospital', 0.72, 0.985), ('midwife', 0.57, 0.995), ('device-supplier', 0.68, 0.985)
) as s (code, honest, thief) using (code);

-- The tests in force on a day, as the gate reads them once a batch: signal s of profession p stands at (p - 1) * 7 + s. They are
-- gathered on the first question of the day, and again after each change.
create table gate.tests_of_the_day (
    day date primary key,
    gains double precision[] not null,
    reliefs double precision[] not null,
    thresholds double precision[] not null,
    measures smallint[] not null
);
grant select, insert, delete on gate.tests_of_the_day to rempart_gate;

create function gate.gather_tests(p_day date) returns gate.tests_of_the_day language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    gathered gate.tests_of_the_day;
begin
    lock table gate.tests_of_the_day in row exclusive mode; -- a change under way comes first
    insert into gate.tests_of_the_day
    select
        p_day,
        array_agg(coalesce(r.gain, 0) order by p.profession_id, s.signal_id),
        array_agg(coalesce(r.relief, 0) order by p.profession_id, s.signal_id),
        array_agg(coalesce(r.threshold, 'infinity') order by p.profession_id, s.signal_id),
        array_agg(coalesce(r.measure, 1::smallint) order by p.profession_id, s.signal_id)
    from generate_series(1, 11) as p (profession_id)
    cross join generate_series(1, 7) as s (signal_id)
    left join access.detector_rules as r
        on r.profession_id = p.profession_id and r.signal_id = s.signal_id and r.valid_from <= p_day and p_day < r.valid_until
    on conflict (day) do nothing;
    select * into strict gathered from gate.tests_of_the_day as t where t.day = p_day;
    return gathered;
end $$;

create function gate.forget_tests() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    lock table gate.tests_of_the_day in exclusive mode;
    delete from gate.tests_of_the_day;
    return null;
end $$;
alter function gate.forget_tests() owner to rempart_gate;
revoke all on function gate.forget_tests from public;
create trigger tests_are_gathered_again after insert or update or delete or truncate on access.detector_rules
    for each statement execute function gate.forget_tests();

-- Whether an account is back, where many return by waves: they come one after the other, in an order that nobody chooses.
create function gate.is_back(p_account_id bigint, p_from timestamptz, p_until timestamptz, p_at timestamptz) returns boolean
language sql immutable as $$
    select (hashint8(p_account_id) & 1023) / 1024.0 <= extract(epoch from p_at - p_from) / nullif(extract(epoch from p_until - p_from), 0)
$$;

-- Write convictions down with what explains them; ten accounts of one shape in a day demand presence of that shape for four hours.
-- A shape (profession, software, region) is bounded: wider or longer takes people (docs/decisions).
create function gate.convict(p_convictions gate.convictions[]) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    c gate.convictions;
begin
    foreach c in array p_convictions loop
        insert into gate.convictions (
            convicted_at, account_id, profession_id, software_id, region, signal_id, measure, score, threshold, scores, since, receipt_id,
            is_of_new_devices, devices_new_from, is_of_newcomers
        ) values (
            c.convicted_at, c.account_id, c.profession_id, c.software_id, c.region, c.signal_id, c.measure, c.score, c.threshold,
            c.scores, c.since, c.receipt_id, c.is_of_new_devices, c.devices_new_from, c.is_of_newcomers
        );
        perform gate.demand_presence_of_shape(c);
    end loop;
end $$;

create function gate.demand_presence_of_shape(p_last gate.convictions) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    counted_from timestamptz;
    accounts int;
    region_or_0 constant smallint := coalesce(p_last.region, 0); -- 0: the places whose region is not known
begin
    -- Those that made the last demand do not make the next one: it would never end.
    select greatest(p_last.convicted_at - interval '24 hours', max(k.since)) into counted_from
    from gate.containments as k
    where k.is_of_detectors and k.target = p_last.profession_id and k.software_id = p_last.software_id and k.region = region_or_0;
    select count(distinct v.account_id) into accounts
    from gate.convictions as v
    where v.convicted_at > counted_from
        and v.profession_id = p_last.profession_id and v.software_id = p_last.software_id
        and coalesce(v.region, 0) = region_or_0;
    if accounts >= 10 then
        insert into gate.containments (
            scope, target, software_id, region, named, mode, since, because, decided_by, is_of_detectors, released_at, released_by
        )
        values (
            'shape', p_last.profession_id, p_last.software_id, region_or_0, (
                select concat_ws('/', f.code, coalesce(s.client_id, '-'), region_or_0)
                from access.professions as f left join access.software as s on s.software_id = p_last.software_id
                where f.profession_id = p_last.profession_id
            ), 1, p_last.convicted_at,
            accounts || ' comptes de même forme condamnés en 24 heures', 'détecteurs', true, p_last.convicted_at + interval '4 hours', 'son terme'
        );
    end if;
end $$;

-- A place that has just opened knows nobody, and would look like a thief's: for so many days from now presence is asked for there, and nothing is
-- learnt from its questions. It is never made shorter. Gives until when; null: there is no such place.
create function gate.declare_opening(p_finess text, p_days int) returns timestamptz language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    until timestamptz;
begin
    if p_days is null or p_days not between 1 and 90 then
        raise exception 'a place opens for a day to ninety' using errcode = 'invalid_parameter_value';
    end if;
    update access.organisations as o
    set opening_until = greatest(o.opening_until, platform.present() + make_interval(days => p_days))
    where o.finess = p_finess
    returning o.opening_until into until;
    return until;
end $$;
grant update (opening_until) on access.organisations to rempart_gate;

do $$
declare
    made text;
begin
    foreach made in array array['convict', 'demand_presence_of_shape', 'is_back', 'gather_tests', 'declare_opening'] loop
        execute format('alter function gate.%I owner to rempart_gate', made);
        execute format('revoke all on function gate.%I from public', made);
    end loop;
end $$;
grant execute on function gate.declare_opening to rempart_operator;
