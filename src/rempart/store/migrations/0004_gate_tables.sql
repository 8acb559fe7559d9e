-- What the gate remembers: the state of each account, the people each shop has met, the proofs already used, the repeats,
-- the containments in force, and the receipts. Only rempart_gate reads or writes here.

create schema evidence;
create schema gate;

-- What is remembered of an account's devices between two questions (domain/detectors), and how they stand.
create type gate.watch as (
    scores double precision[], -- of each signal, in nats
    guess_nats double precision, -- of the first: added by guessed codes that were refused, not paid back by right proofs
    rising_since timestamptz[], -- since when each score is above nothing
    recent_cells int[], -- keyed months and communes of birth of the last people asked about
    last_asked_s double precision, -- seconds since 1970, and the gap before it
    last_gap_s double precision,
    stepped_up_at timestamptz, -- since when presence is asked for, by a conviction
    proven_since int, -- people proven here for the first time since then
    healings smallint, -- by people proven, each within thirty days of the one before
    healed_at timestamptz, -- the last time
    last_convicted_at timestamptz,
    heard_at timestamptz -- the last time
);

-- A watch that has heard nothing; or that forgets what was heard and decided, but for what the next question is compared with.
create function gate.new_watch(p_calmed gate.watch default row('{}', 0, '{}', '{}', null, null, null, 0, 0, null, null, null)::gate.watch) returns gate.watch language sql immutable as $$
    select row(
        array_fill(0::double precision, '{7}'), 0, array_fill(null::timestamptz, '{7}'), p_calmed.recent_cells, p_calmed.last_asked_s,
        p_calmed.last_gap_s, null, 0, p_calmed.healings, p_calmed.healed_at, null, p_calmed.heard_at
    )::gate.watch
$$;
revoke all on function gate.new_watch from public;
grant execute on function gate.new_watch to rempart_gate;

-- One row an account, locked while its questions are decided. Wide enough to answer "may this account ask?" alone.
create table gate.account_state (
    account_id bigint primary key,
    holder_account_id bigint not null, -- whose budget it spends
    organisation_id bigint not null,
    profession_id smallint not null,
    professional_id bigint,
    timezone text not null,
    standing smallint not null default 0, -- 0 good, 1 struck off or revoked, 2 frozen by a conviction
    day date not null default '-infinity', -- of the counters below, in the shop's time
    people_today int not null default 0,
    break_glass_today int not null default 0,
    presence_asked_today int not null default 0, -- codes and approvals asked of insured people
    glasses_of_all_today int not null default 0, -- of a holder and the staff together, as the next one; people_today too
    asked_of_all_today int not null default 0,
    next_free_s double precision not null default 0, -- of a holder and the staff together: theoretical arrival time of the rate (GCRA), seconds since 1970
    watch gate.watch not null default gate.new_watch(),
    new_devices gate.watch not null default gate.new_watch(), -- of those younger than sixty days: what one of them asks, the others do not speak for
    reduced_until timestamptz, -- half a budget, after a new device (gate.reduce_budget)
    opening_until timestamptz, -- the place has just opened: presence is asked for
    new_until timestamptz, -- this member of a staff is new: presence is asked for, and nothing speaks for the shop
    newcomers gate.watch not null default gate.new_watch(), -- of a holder: the scores of all whom he enrolled within sixty days
    stepped_up_at timestamptz generated always as (least((watch).stepped_up_at, (new_devices).stepped_up_at)) stored,
    frozen_at timestamptz,
    region smallint
) with (fillfactor = 50);
-- Neither moves: updates of the rest touch no index.
create index account_state_of_a_professional on gate.account_state (professional_id);
create index account_state_of_an_organisation on gate.account_state (organisation_id);

-- The people whom the accounts that spend one budget have asked about at a place (a negative subject is a digest that led to nobody). Who is new
-- is new to the place: a locum with an account of his own meets the patients of whom he replaces.
create table gate.acquaintances (
    organisation_id bigint not null,
    subject bigint not null,
    holder_account_id bigint not null,
    first_seen_on date not null,
    last_seen_on date not null,
    old_seen_on date, -- the last time through a device that is not new: a thief beside the owner would else use his regulars up
    primary key (organisation_id, subject, holder_account_id)
) with (fillfactor = 90);

-- The people who were proven present at a place, whoever of its professionals asked.
create table gate.known_patients (
    organisation_id bigint not null,
    subject bigint not null,
    proven_on date not null, -- the last time
    primary key (organisation_id, subject)
) with (fillfactor = 90);

-- Asked of an insured person through the insurer: a code to read out, or an approval. A subject who is nobody has a row too, which leads to
-- nothing: else the table would tell who is known.
create table gate.presence_requests (
    request_id bigint generated always as identity primary key,
    account_id bigint not null,
    subject bigint not null,
    insurer_id int not null,
    kind smallint not null check (kind in (4, 5)), -- 4 a code, 5 an approval
    receipt_id bigint not null,
    asked_at timestamptz not null,
    ends_at timestamptz not null,
    code_digest bytea, -- HMAC of the code, once it is made
    approved_at timestamptz,
    tries smallint not null default 0
);
create index presence_requests_of_an_account on gate.presence_requests (account_id, subject);
create index presence_requests_of_a_person on gate.presence_requests (subject, asked_at);
create index presence_requests_by_end on gate.presence_requests (ends_at);

-- People who let a place ask about them without being there: their habitual professional, a nursing home's list. Shown to the person.
create table gate.standing_authorisations (
    organisation_id bigint not null,
    subject bigint not null,
    list text not null default '', -- a name that the place gives to a list: a nursing home
    given_on date not null,
    ends_on date not null, -- the first day on which it is no longer in force
    account_id bigint not null, -- who asked for it, with the person there
    receipt_id bigint not null,
    revoked_at timestamptz,
    revoked_by text,
    primary key (organisation_id, subject)
);

-- What insurers have to tell their insured people, and what they said that they did.
create table gate.notices (
    notice_id bigint generated always as identity primary key,
    kind smallint not null check (kind in (1, 2)), -- 1 a glass was broken, 2 a standing authorisation was given
    receipt_id bigint not null,
    insurer_id int not null,
    subject bigint not null,
    noted_at timestamptz not null,
    sent_at timestamptz,
    told_at timestamptz, -- as the insurer reports
    told_by text, -- the insurer's channel
    undeliverable_at timestamptz
);
create index notices_to_send on gate.notices (noted_at) where sent_at is null;

-- Proofs already used, for as long as they could pass again. They belong to their session, whose account is locked when they
-- are looked up and written.
create table gate.proofs (
    session_id bigint not null,
    proof_digest bytea not null,
    proof_at bigint not null, -- seconds since 1970
    constraint a_proof_serves_once primary key (session_id, proof_digest)
);

create table gate.repeats (
    account_id bigint not null,
    key_digest bytea not null,
    body_digest bytea not null, -- HMAC: a plain digest of a body would be a searchable digest of a NIR
    receipt_id bigint not null,
    asked_at timestamptz not null,
    outcome smallint not null,
    answer_on date,
    answer_domains int not null,
    coverages text,
    presence smallint not null,
    data_as_of timestamptz,
    data_is_stale boolean not null,
    primary key (account_id, key_digest)
);
create index repeats_by_age on gate.repeats (asked_at);

create table gate.containments (
    containment_id bigint generated always as identity primary key,
    scope text not null
        check (scope in (
            'platform', 'face', 'software', 'organisation', 'professional', 'profession', 'insurer', 'account', 'person', 'shape'
        )),
    target bigint not null, -- 0 for the platform; of a shape, the profession
    software_id int, -- of a shape; 0: the browsers
    region smallint, -- of a shape; 0: not known
    named text not null default '', -- as whoever decided it named it
    mode smallint not null check (mode between 1 and 4), -- 1 step up (presence is asked for), 2 freeze, 3 revoke (and sessions end), 4 slow
    since timestamptz not null default platform.present(),
    because text not null constraint a_containment_says_why check (
        because ~ '\S' and platform.is_one_line(because)),
    decided_by text not null check (decided_by ~ '\S' and platform.is_one_line(decided_by)),
    is_of_detectors boolean not null default false, -- decided by convictions, whatever name anybody gives himself
    released_at timestamptz, -- may be ahead: a term, or the end of a return by waves
    released_by text,
    waves_from timestamptz, -- accounts come back one after the other between this and released_at
    constraint sessions_are_of_who_asks check (mode <> 3 or scope not in ('insurer', 'person')),
    constraint a_person_has_no_budget check (mode <> 4 or scope <> 'person'),
    constraint a_shape_is_whole check ((scope = 'shape') = (num_nonnulls(software_id, region) = 2))
);
create index containments_by_end on gate.containments (coalesce(released_at, 'infinity'));

-- What the detectors decided, and on what: never changed afterwards.
create table gate.convictions (
    conviction_id bigint generated always as identity primary key,
    convicted_at timestamptz not null,
    account_id bigint not null,
    profession_id smallint not null,
    software_id int not null, -- 0: a browser
    region smallint,
    signal_id smallint not null,
    measure smallint not null, -- 1 step up, 2 freeze
    score double precision, -- null: no score was needed
    threshold double precision,
    scores double precision[] not null,
    since timestamptz not null, -- the answers that convict are this account's receipts from here on
    receipt_id bigint not null, -- to here
    is_of_new_devices boolean not null default false, -- only those that came through them
    devices_new_from timestamptz not null default 'infinity', -- those known for less long were new ones then
    is_of_newcomers boolean not null default false -- the score is that of all whom one holder enrolled lately
);
create index convictions_by_moment on gate.convictions (convicted_at);
create index convictions_of_an_account on gate.convictions (account_id);

-- People who do not exist, one list an insurer and a software: only who stole that list asks about them.
create table gate.canaries (
    person_id bigint primary key,
    insurer_id int not null,
    planted_in text not null -- where the identity was put: an insurer's list, a software's
);

-- One receipt for each question that a known session asked, refusals too. No receipt, no answer: the answer is read from here.
create sequence evidence.receipt_ids as bigint cache 64;
create table evidence.receipts (
    receipt_id bigint primary key,
    asked_at timestamptz not null,
    session_id bigint not null,
    account_id bigint not null,
    subject bigint not null, -- the person; negative: a digest that led to nobody; 0: no insurer to ask
    insurer_id int,
    face smallint not null, -- 1 FHIR, 2 portal, 3 counter
    outcome smallint not null, -- domain/rights.py
    truth smallint, -- what an answer with presence would have said
    presence smallint not null,
    -- A glass is broken for a reason that domain/rights.py names, or not at all: a face that was taken over cannot write another one.
    break_glass smallint constraint a_glass_is_broken_for_a_named_reason check (break_glass between 1 and 5),
    domain smallint not null,
    care_date date not null,
    answer_on date,
    answer_domains int not null,
    repeat_of bigint,
    coverages text, -- rank:last day:domains of each, separated by semicolons
    data_as_of timestamptz,
    data_is_stale boolean not null,
    told_to int not null, -- the server's process whose connection asked; it alone is told
    signals int not null -- on which the answer spoke for a thief (bits 0 to 5) or for an honest shop (bits 8 to 13)
);
-- What was written last is summarised as it comes: else each look at the last minutes reads all that no vacuum has seen yet.
create index receipts_by_moment on evidence.receipts using brin (asked_at) with (pages_per_range = 16, autosummarize = on);

grant usage on schema gate, evidence to rempart_gate;
grant select, insert, update on gate.account_state, gate.acquaintances, gate.known_patients, gate.repeats, gate.containments
    to rempart_gate;
grant select, insert, update on gate.presence_requests, gate.standing_authorisations, gate.notices to rempart_gate;
grant delete on gate.repeats, gate.presence_requests to rempart_gate;
grant select, insert, delete on gate.proofs to rempart_gate;
grant select, insert on evidence.receipts, gate.convictions to rempart_gate;
grant select on gate.canaries to rempart_gate, rempart_loader;
grant usage on sequence evidence.receipt_ids to rempart_gate;

-- The state row of an account is born with it, and follows what access says of it.
create function gate.follow_account() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    held gate.watch := gate.new_watch(); -- what is held of the same person elsewhere is held here: a new account would else release him
    is_frozen boolean;
begin
    if tg_op = 'INSERT' then
        -- A frozen account that was revoked since is still held against its person, until two people release one of his.
        select bool_or(st.standing = 2 or st.standing = 1 and st.frozen_at is not null), max(greatest((st.watch).stepped_up_at, (st.new_devices).stepped_up_at)),
            max(greatest((st.watch).last_convicted_at, (st.new_devices).last_convicted_at))
        into is_frozen, held.stepped_up_at, held.last_convicted_at
        from gate.account_state as st where st.professional_id = new.professional_id;
        insert into gate.account_state (
            account_id, holder_account_id, organisation_id, profession_id, professional_id, timezone, region, opening_until,
            new_until, standing, frozen_at, watch, new_devices
        )
        select new.account_id, new.holder_account_id, new.organisation_id, new.profession_id, new.professional_id, o.timezone,
            o.region, o.opening_until, case when new.kind = 'staff' then platform.present() + interval '24 hours' end,
            case
                when exists (select from access.professionals as p
                             where p.professional_id = new.professional_id and p.struck_off_at <= now()) then 1
                when is_frozen then 2
                else 0
            end,
            case when is_frozen then platform.present() end, held, held
        from access.organisations as o
        where o.organisation_id = new.organisation_id;
        -- So is what operators decided of the account that this one takes the place of.
        insert into gate.containments (scope, target, named, mode, since, because, decided_by, released_at, released_by, waves_from)
        select c.scope, new.account_id, new.account_id::text, c.mode, c.since, c.because, c.decided_by, c.released_at, c.released_by, c.waves_from
        from gate.containments as c
        join gate.account_state as st on st.account_id = c.target
        where c.scope = 'account' and coalesce(c.released_at, 'infinity') > platform.present()
            and st.professional_id = new.professional_id and st.organisation_id = new.organisation_id and st.account_id <> new.account_id;
        if new.kind = 'staff' and not exists (
            select from access.accounts as h
            where h.account_id = new.holder_account_id and h.holder_account_id = h.account_id and h.profession_id = new.profession_id
        ) then
            raise exception 'staff spends the budget of a titulaire of the same profession, not of other staff';
        end if;
    elsif new.revoked_at is not null and old.revoked_at is null then
        update gate.account_state as st
        set standing = 1, frozen_at = case when st.standing = 2 then coalesce(st.frozen_at, platform.present()) end
        where st.account_id = new.account_id;
    elsif row (new.holder_account_id, new.organisation_id, new.profession_id, new.professional_id)
        is distinct from row (old.holder_account_id, old.organisation_id, old.profession_id, old.professional_id)
        or (new.revoked_at is null and old.revoked_at is not null) then
        raise exception 'an account is not moved or revived: revoke it and open another one';
    end if;
    return null;
end $$;
alter function gate.follow_account() owner to rempart_gate;
create trigger account_state_follows after insert or update on access.accounts
    for each row execute function gate.follow_account();

create function gate.follow_professional() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform from gate.account_state where professional_id = new.professional_id order by account_id for update; -- as the gate locks
    update gate.account_state set standing = 1 where professional_id = new.professional_id;
    return null;
end $$;
alter function gate.follow_professional() owner to rempart_gate;
create trigger account_state_follows_the_register after update of struck_off_at on access.professionals
    for each row when (new.struck_off_at is not null and old.struck_off_at is null)
    execute function gate.follow_professional();

-- A revoked software loses its sessions at once.
create function gate.follow_software() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update access.sessions set revoked_at = now(), revoked_because = 'software revoked'
    where software_id = new.software_id and revoked_at is null;
    return null;
end $$;
alter function gate.follow_software() owner to rempart_gate;
create trigger sessions_follow_their_software after update of revoked_at on access.software
    for each row when (new.revoked_at is not null and old.revoked_at is null)
    execute function gate.follow_software();

-- Who was struck off or revoked does not come back, whoever writes: it is registered anew, or not at all.
create function gate.refuse_revival() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'what was struck off or revoked does not come back';
end $$;
create trigger no_revoked_software_comes_back before update of revoked_at on access.software
    for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function gate.refuse_revival();
create trigger no_revoked_session_comes_back before update of revoked_at on access.sessions
    for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function gate.refuse_revival();
create trigger no_revoked_passkey_comes_back before update of revoked_at on access.passkeys
    for each row when (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
    execute function gate.refuse_revival();
create trigger no_professional_struck_off_comes_back before update of struck_off_at on access.professionals
    for each row when (old.struck_off_at is not null and new.struck_off_at is distinct from old.struck_off_at)
    execute function gate.refuse_revival();

-- A place that opens, moves to another region or whose time zone is corrected is another one from the next question on.
create function gate.follow_organisation() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform from gate.account_state where organisation_id = new.organisation_id order by account_id for update; -- as the gate locks
    update gate.account_state set timezone = new.timezone, region = new.region, opening_until = new.opening_until
    where organisation_id = new.organisation_id;
    update access.sessions as s set timezone = new.timezone
    from access.accounts as a
    where a.organisation_id = new.organisation_id and s.account_id = a.account_id and s.revoked_at is null;
    return null;
end $$;
alter function gate.follow_organisation() owner to rempart_gate;
create trigger account_state_follows_its_place after update of timezone, region, opening_until on access.organisations
    for each row when (row (new.timezone, new.region, new.opening_until) is distinct from row (old.timezone, old.region, old.opening_until))
    execute function gate.follow_organisation();

-- Whoever may make a temporary table could hang these on it, and strike off everybody.
revoke all on function gate.follow_account, gate.follow_professional, gate.follow_software, gate.follow_organisation, gate.refuse_revival
    from public;
