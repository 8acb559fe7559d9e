-- The counter asks at the gate as the portal does; and what everybody may know of what is closed.
--
-- The public state is what an operator published and what is contained: the platform, a face, a profession, an insurer, that some software
-- is, and of a shape its profession and its region. Which software, and whatever concerns a person, an account or a place, is nobody's
-- business: it is not in here.

grant usage on schema gate to rempart_counter, rempart_public;
grant execute on function gate.ask, gate.tell to rempart_counter;
grant execute on procedure gate.ask_and_tell to rempart_counter;

-- Who a message is for: a profession by its code, those who write software, those who insure, those who are insured; null: everybody.
create table gate.status_messages (
    message_id bigint generated always as identity primary key,
    population text,
    sentence text not null constraint a_message_is_short check (length(sentence) between 1 and 500),
    next_news_at timestamptz,
    published_at timestamptz not null default now(),
    published_by text not null,
    ended_at timestamptz,
    ended_by text
);
create index status_messages_by_end on gate.status_messages (ended_at);
grant select, insert, update on gate.status_messages to rempart_gate;

-- Publish a message; null if there is no such population.
create function gate.publish_status(p_population text, p_sentence text, p_next_news_at timestamptz, p_by text) returns bigint
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    insert into gate.status_messages (population, sentence, next_news_at, published_by)
    select p_population, p_sentence, p_next_news_at, p_by
    where p_population is null or p_population in ('software', 'insurer', 'insured')
        or exists (select from access.professions as f where f.code = p_population)
    returning message_id
$$;

-- End a message; false if it is not there or has ended.
create function gate.end_status(p_message_id bigint, p_by text) returns boolean
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with ended as (
        update gate.status_messages as m set ended_at = now(), ended_by = p_by
        where m.message_id = p_message_id and m.ended_at is null returning 1
    )
    select exists (select from ended)
$$;

-- The messages in force and those of the last 30 days, the latest first, with who published and who ended them.
create function gate.status_messages() returns setof gate.status_messages
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select * from gate.status_messages as m
    where m.ended_at is null or m.ended_at > now() - interval '30 days' order by m.message_id desc
$$;

-- What everybody may know, of now and of the last 30 days: what is in force before what ended, the widest first, then the latest. Nobody's
-- name, no reason, no number of an account.
create function gate.public_status()
returns table (
    kind text, -- 'containment' or 'message'
    scope text, -- of a containment: platform, face, profession, insurer, software, shape
    named text, -- the face, the profession's code (of a shape too), the insurer's name; of a message, its population
    mode smallint, -- 1 presence is asked for, 2 closed, 4 slowed
    since timestamptz,
    until timestamptz,
    sentence text,
    next_news_at timestamptz,
    region smallint, -- of a shape; 0: the places whose region is not known
    back_by timestamptz -- of a containment that ends by waves: when all are back; until then accounts come back one after the other
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select * from (
        select 'containment', c.scope,
            case c.scope
                when 'insurer' then (select i.name from members.insurers as i where i.insurer_id = c.target)
                when 'software' then ''
                when 'face' then (array['fhir', 'portal', 'counter'])[c.target]
                when 'profession' then (select f.code from access.professions as f where f.profession_id = c.target)
                when 'shape' then (select f.code from access.professions as f where f.profession_id = c.target)
                else ''
            end,
            case c.mode when 3 then 2 else c.mode end, c.since,
            case when coalesce(c.released_at, 'infinity') <= platform.present() then c.released_at end, '', null::timestamptz,
            case c.scope when 'shape' then c.region end,
            case when c.waves_from is not null and c.released_at > platform.present() then c.released_at end
        from gate.containments as c
        where c.scope in ('platform', 'face', 'profession', 'insurer', 'software', 'shape')
            and coalesce(c.released_at, 'infinity') > platform.present() - interval '30 days'
        union all
        select 'message', '', m.population, 0::smallint, m.published_at, m.ended_at, m.sentence, m.next_news_at, null, null
        from gate.status_messages as m
        where m.ended_at is null or m.ended_at > now() - interval '30 days'
    ) as s (kind, scope, named, mode, since, until, sentence, next_news_at, region, back_by)
    order by s.until is not null,
        array_position(array['platform', 'face', 'profession', '', 'insurer', 'software', 'shape'], s.scope), s.since desc
    limit 500 -- a page that anybody may ask for stays small
$$;

alter function gate.publish_status owner to rempart_gate;
alter function gate.end_status owner to rempart_gate;
alter function gate.status_messages() owner to rempart_gate;
alter function gate.public_status owner to rempart_gate;
revoke all on function gate.publish_status, gate.end_status, gate.status_messages(), gate.public_status from public;
grant execute on function gate.publish_status, gate.end_status, gate.status_messages() to rempart_operator;
grant execute on function gate.public_status to rempart_public;
