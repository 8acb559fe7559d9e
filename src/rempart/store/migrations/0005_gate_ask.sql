-- gate.ask: the only door to people's records.
--
-- It takes a batch of questions as parallel arrays and answers each as if they had been asked one by one, in the order given.
-- Reads and writes go by the set; the eight steps of a question are decided one after the other, in memory: a statement for
-- each step of each question was measured twice as slow. A batch first locks the state of its accounts, in the order of their
-- number; whatever else it writes belongs to an account that it holds: two batches never wait for each other in a circle.
--
-- It answers with the numbers of the receipts: what was decided is read from them by gate.tell, in a later transaction. Whoever
-- owns a face could otherwise read the answers, then roll the receipts and the budgets back.
--
-- Outcomes, presences and domains are numbered in domain/rights.py.

-- What a person's rights say for a domain on a day: the best line decides. `verdict` is an outcome; all its days are last or
-- first days as the outcome reads. Lines are compared as arrays: rank of the state, then the order inside that state, then its day.
-- Of the domains covered, only those of the caller's profession (`p_domains`) are told.
create function gate.right_on(p_person bigint, p_day date, p_domain int, p_domains int)
returns table (verdict smallint, answer_on date, answer_domains int, coverages text)
language sql stable as $$
    select
        (array[1, 8, 7, 5, 3, 6, 2, 4])[s.best[1]]::smallint,
        date '2000-01-01' + s.best[3],
        s.open_domains,
        s.open_coverages
    from (
        select
            min(array[l.state, case l.state when 7 then l.day when 8 then -l.day else l.coverage_rank end, l.day]) as best,
            bit_or(l.open_domains) filter (where l.state = 1) as open_domains,
            string_agg(l.coverage_rank || ':' || coalesce(l.ends_on::text, '') || ':' || l.open_domains, ';')
                filter (where l.state = 1) as open_coverages
        from (
            select
                r.coverage_rank, r.ends_on, k.state,
                r.domains & p_domains & ~(case when p_day < r.waiting_until then r.waiting_domains else 0 end) as open_domains,
                (case k.state when 2 then r.waiting_until when 7 then r.opens_on else r.ends_on end) - date '2000-01-01' as day
            from members.rights as r
            cross join lateral (
                select case
                    when p_day < r.opens_on then 7 -- opens on
                    when p_day > r.ends_on then case r.situation when 2 then 5 else 8 end -- in renewal, ended
                    when r.situation = 1 then 4 -- suspended
                    when (r.domains >> p_domain) & 1 = 1
                        then case when (r.waiting_domains >> p_domain) & 1 = 1 and p_day < r.waiting_until then 2 else 1 end
                    when (r.domains_without_tp >> p_domain) & 1 = 1 then 3 -- covered, to be claimed by the patient
                    else 6 -- not covered
                end as state
            ) as k
            where r.person_id = p_person
        ) as l
    ) as s
$$;

create function gate.ask(
    p_tokens bytea[], -- SHA-256 of the access tokens
    p_thumbprints bytea[], -- SHA-256 thumbprints of the keys that signed the proofs
    p_proofs bytea[], -- SHA-256 of the proofs' jti
    p_proof_ats bigint[], -- seconds since 1970
    p_nonces bytea[], -- SHA-256 of the nonces in the proofs, or null
    p_amcs text[], -- null: the question is about nobody, only whether its caller may go on
    p_aliases bytea[], -- null where the insurer has no index key
    p_domains smallint[], -- null: the profession's own
    p_care_dates date[], -- null: today, where the shop is
    p_cards bytea[], -- SHA-256 of the card secrets, or null
    p_break_glass smallint[], -- reasons, or null
    p_keys bytea[], -- SHA-256 of the Idempotency-Key, or null
    p_bodies bytea[], -- HMAC of the body, where a key is given
    p_cells int[], -- keyed month and commune of birth, or null
    p_births smallint[], -- region of birth, or null: abroad, or not told
    p_codes bytea[], -- HMAC of a code that the person read out, or null
    p_asked_for smallint[], -- presence to be asked of the person: 4 a code, 5 an approval; or null
    p_lists text[] -- a standing authorisation to be kept, in this list; null: none
)
returns table (
    ordinal bigint, receipt_id bigint, outcome smallint, retry_after_s int, next_nonce text, account_id bigint, why jsonb
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set enable_material = off
as $$
#variable_conflict use_variable
declare
    clock_s constant double precision := extract(epoch from clock_timestamp()); -- proofs are made by the world's clock
    batch_at constant timestamptz := platform.present();
    batch_s constant double precision := extract(epoch from batch_at);
    this_face constant smallint := case session_user
        when 'rempart_fhir' then 1 when 'rempart_portal' then 2 when 'rempart_counter' then 3 when 'rempart_identity' then 9 end;
    is_sandbox boolean;
    contained gate.containments[]; -- in force
    involved bigint[]; -- the accounts that ask and those whose budget they spend: the rows to lock
    states gate.account_state[]; -- theirs, at the same places
    holders_meet_once boolean; -- no two questions of this batch spend the same budget
    used bytea[] := '{}'; -- sessions and proofs of this batch, where two may be the same: one session, so one budget
    revoked bigint[] := '{}'; -- sessions that this batch revoked
    q record; -- the question at hand, with all that was read for it
    me gate.account_state; -- the account that asks it
    purse gate.account_state; -- the holder of its budget; often the same row, of which `me` then keeps the rest
    watch gate.watch; -- that of the device it asks from
    crowd gate.watch; -- that of all whom the holder enrolled lately
    devices_new_from timestamptz; -- those known for less long are new
    is_new_device boolean;
    is_newcomer boolean; -- a member of a staff who was enrolled within sixty days
    is_first boolean; -- of the day about this person, for the watch that hears it
    containment int; -- the modes that apply to who asks, or to the insurer: 2 step up, 4 freeze, 8 revoke, 16 slow
    kept_hidden int; -- the mode that applies to whom it is about: 1 unless proven present, 2 whatever is shown
    rules record; -- the detectors' tests in force
    is_new_today boolean;
    level smallint;
    truth smallint;
    presence smallint;
    answer_on date;
    answer_domains int;
    coverages text;
    required smallint;
    is_stepped_up boolean;
    is_new_account boolean;
    repeat_of bigint;
    data_as_of timestamptz;
    data_is_stale boolean;
    burst_s double precision; -- how much of the rate may be spent at once
    wait_s double precision;
    pace double precision; -- a slowed account has a tenth of its budgets, a new device half
    is_code_right boolean;
    is_guess boolean; -- a wrong code that nobody expected, or the first wrong one of a request
    is_request boolean; -- for a code or an approval: nothing is told yet
    is_told boolean; -- whether the insurer's data are young enough to say that somebody left, or is nobody
    is_lately_enrolled boolean;
    gap_s double precision;
    settles_days int; -- after which somebody once met is an acquaintance
    says boolean[]; -- on each signal: true speaks for a thief, false for an honest shop, null says nothing
    said double precision;
    said_together double precision;
    spoke int;
    first_rule int; -- of this profession, less one
    convicting smallint; -- the signal that convicts
    convicting_scores double precision[]; -- as they stood then
    rising_since timestamptz; -- the one that convicts
    is_of_newcomers boolean;
    measure smallint;
    nonce text;
    original gate.repeats;
    guessed text[] := '{}'; -- account and subject of each wrong code of this batch
    met gate.acquaintances[] := '{}';
    proven gate.known_patients[] := '{}';
    proofs gate.proofs[] := '{}';
    receipts evidence.receipts[] := '{}';
    convictions gate.convictions[] := '{}';
    requests gate.presence_requests[] := '{}';
    authorisations gate.standing_authorisations[] := '{}';
    notices gate.notices[] := '{}';
begin
    if this_face is null then
        raise exception 'only a face asks questions' using errcode = 'insufficient_privilege';
    end if;
    -- Only in a transaction that gate.ask_and_tell opened, itself called alone: a transaction is younger than its statement there and
    -- in a DO block, and nowhere else. Whoever owns a face could otherwise ask, measure (EXPLAIN tells bytes and buffers), roll back.
    if transaction_timestamp() <= statement_timestamp() or current_query() !~ '^\s*call gate\.ask_and_tell\(' then
        raise exception 'questions come by gate.ask_and_tell, called alone' using errcode = 'active_sql_transaction';
    end if;
    if current_setting('transaction_isolation') <> 'read committed' then -- an old snapshot would not see what was contained since
        raise exception 'the gate sees the present only' using errcode = 'active_sql_transaction';
    end if;
    if current_setting('synchronous_commit') = 'off' then -- which a role may set on itself, for good
        raise exception 'a receipt is on the disk before its answer is told' using errcode = 'object_not_in_prerequisite_state';
    end if;

    -- Lock the accounts asked for, and those whose budget they spend. A session never changes account.
    select array_agg(s.account_id) || array_agg(s.holder_account_id), count(distinct s.holder_account_id) = count(*)
    into involved, holders_meet_once
    from unnest(p_tokens) as u (token)
    cross join lateral (
        select s.account_id, s.holder_account_id from access.sessions as s where s.token_digest = u.token offset 0
    ) as s;
    select array_agg(st), array_agg(st.account_id) into states, involved
    from (
        select * from gate.account_state as st where st.account_id = any(involved) order by st.account_id for update
    ) as st;

    -- Only now: what was contained while we waited holds.
    select (select e.name = 'sandbox' from platform.environment as e),
           (select array_agg(c) from gate.containments as c where coalesce(c.released_at, 'infinity') > batch_at)
    into is_sandbox, contained;
    select * into rules from gate.tests_of_the_day as t where t.day = (batch_at at time zone 'Europe/Paris')::date;
    if not found then
        select * into rules from gate.gather_tests((batch_at at time zone 'Europe/Paris')::date);
    end if;

    -- Each look-up is fenced (offset 0): a plan made while the tables were small, or flattened, would read them whole.
    for q in
        select
            u.place, u.proof, u.proof_at, u.nonce, u.amc, u.break_glass, u.repeat_key, u.body, t.domain, t.today, t.on_day,
            s.session_id, s.account_id, s.organisation_id, s.software_id, s.nonce_digest,
            s.device_since,
            array_position(involved, s.account_id) as at_me, array_position(involved, s.holder_account_id) as at_purse,
            case -- steps 1 and 2: the session, bound to a key, alive, on the face it was opened for; the proof, young and new
                when s.session_id is null then 40
                when s.revoked_at is not null then 42
                when s.expires_at <= batch_at or s.opened_at > batch_at + interval '5 minutes' then 41 -- of a clock that was put back
                when s.key_thumbprint is distinct from u.thumbprint then 44
                when case this_face when 9 then u.amc is not null else coalesce(s.face, 1) <> this_face end then 48
                when s.last_used_at + make_interval(secs => s.idle_s) <= batch_at then 43
                when u.proof_at not between clock_s - 60 and clock_s + 5 then 47
                when e.session_id is not null then 45
            end::smallint as caller_verdict,
            case -- what cannot be asked here, whoever it is about
                when i.insurer_id is null or i.served_until <= batch_at then 20
                when t.domain not between 0 and 30 or (n.domains >> t.domain) & 1 = 0 then 26 -- a shift goes round at 32
                when t.on_day not between t.today - 822 and t.today + 366 then 28
            end::smallint as question_verdict,
            n.people_per_day, n.rate_interval_ms / 1000.0::double precision as interval_s, n.rate_burst, u.cell, u.birth,
            i.insurer_id, i.data_as_of, coalesce(y.required, 0::smallint) as required,
            coalesce(y.required_when_stepped_up, 1::smallint) as required_when_stepped_up, coalesce(y.accepted, 126) as accepted,
            u.asked_for, u.list, u.code is not null as has_code, z.tries_before, z.tries_so_far, z.is_code_expected, z.is_approved, v.is_standing,
            i.data_as_of is null or i.data_as_of < batch_at - make_interval(hours => i.data_age_max_h) as data_is_stale,
            d.subject, u.card is not null as has_card, m.card_matches,
            k.first_seen_on, k.own_first_seen_on, k.was_seen_today, k.was_seen_lately, k.old_seen_on, k.is_met,
            b.is_canary, w.proven_on > t.today - interval '12 months' as is_known,
            case when l.is_known then coalesce(r.verdict, 9::smallint) else 9::smallint end as truth, r.answer_on, r.answer_domains, r.coverages
        from unnest(
            p_tokens, p_thumbprints, p_proofs, p_proof_ats, p_nonces, p_amcs, p_aliases, p_domains, p_care_dates, p_cards,
            p_break_glass, p_keys, p_bodies, p_cells, p_births, p_codes, p_asked_for, p_lists
        ) with ordinality as u (
            token, thumbprint, proof, proof_at, nonce, amc, alias, domain, care_date, card, break_glass, repeat_key, body, cell, birth,
            code, asked_for, list, place
        )
        left join lateral (select * from access.sessions as s where s.token_digest = u.token offset 0) as s on true
        left join lateral (
            select * from gate.proofs as e where e.session_id = s.session_id and e.proof_digest = u.proof offset 0
        ) as e on true
        left join lateral (select (batch_at at time zone s.timezone)::date as today) as c on true
        left join access.profession_rules as n
            on n.profession_id = s.profession_id and n.valid_from <= c.today and c.today < n.valid_until
        left join lateral (
            select c.today, coalesce(u.care_date, c.today) as on_day, coalesce(u.domain, n.default_domain) as domain
        ) as t on true
        left join members.insurers as i on i.amc_number = u.amc
        left join members.presence_policies as y
            on y.insurer_id = i.insurer_id and y.valid_from <= c.today and c.today < y.valid_until
        left join lateral ( -- the alias, or the one after it: known or not, one is read, and the records of its person. Else the time that
            -- an answer takes, or the server's statistics, would tell who is known
            select a.person_id, a.alias_digest = u.alias and a.insurer_id = i.insurer_id as is_known
            from (
                (select * from members.aliases as l where l.alias_digest >= u.alias order by l.alias_digest limit 1)
                union all
                (select * from members.aliases as l where u.alias is not null order by l.alias_digest limit 1)
            ) as a
            limit 1
        ) as l on true
        left join lateral ( -- a digest that leads to nobody is a negative subject
            select coalesce(
                case when l.is_known then l.person_id end,
                -1 - (('x' || encode(substr(u.alias, 1, 8), 'hex'))::bit(64)::bigint & 9223372036854775807),
                0
            ) as subject
            offset 0
        ) as d on true
        left join lateral (
            select case when u.card is null then false else coalesce(
                (select m.card_digest = u.card and l.is_known from members.people as m where m.person_id = l.person_id),
                false) end as card_matches
            offset 0
        ) as m on true
        left join lateral (
            select
                bool_or(e.is_own and e.last_seen_on = t.today) as was_seen_today,
                bool_or(e.is_own and e.last_seen_on > t.today - 7) as was_seen_lately,
                max(e.old_seen_on) filter (where e.is_own) as old_seen_on,
                bool_or(e.is_fresh) as is_met,
                min(e.first_seen_on) filter (where e.is_fresh) as first_seen_on,
                min(e.first_seen_on) filter (where e.is_fresh and e.is_own) as own_first_seen_on
            from (
                select
                    k.first_seen_on, k.last_seen_on, k.old_seen_on, k.holder_account_id = s.holder_account_id as is_own,
                    k.last_seen_on > t.today - interval '12 months' as is_fresh
                from gate.acquaintances as k where k.organisation_id = s.organisation_id and k.subject = d.subject offset 0
            ) as e
            where e.is_own or e.first_seen_on < t.today -- whom a colleague met today is no acquaintance yet, in whatever order we two ask
        ) as k on true
        left join lateral (
            select * from gate.known_patients as w where w.organisation_id = s.organisation_id and w.subject = d.subject offset 0
        ) as w on true
        left join lateral (
            select
                min(e.tries) filter (where e.kind = 4 and e.code_digest = u.code) as tries_before, -- of the code that is right
                max(e.tries) filter (where e.kind = 4) as tries_so_far,
                bool_or(e.kind = 4) as is_code_expected,
                bool_or(e.kind = 5 and e.approved_at is not null) as is_approved
            from (
                select * from gate.presence_requests as e where e.account_id = s.account_id and e.subject = d.subject offset 0
            ) as e
            where e.ends_at > batch_at and e.asked_at < batch_at + interval '5 minutes'
        ) as z on true
        left join lateral (
            select e.revoked_at is null and e.ends_on > t.today as is_standing from gate.standing_authorisations as e
            where e.organisation_id = s.organisation_id and e.subject = d.subject offset 0
        ) as v on true
        left join lateral gate.right_on(l.person_id, t.on_day, t.domain, n.domains) as r on true
        left join lateral (
            select true as is_canary from gate.canaries as b where b.person_id = d.subject offset 0
        ) as b on true
        order by u.place
    loop
        ordinal := q.place;
        receipt_id := null;
        repeat_of := null;
        answer_on := null;
        answer_domains := 0;
        coverages := null;
        presence := 0;
        data_as_of := null;
        data_is_stale := false;
        retry_after_s := 0;
        next_nonce := null;
        account_id := null;
        truth := null;
        spoke := 0;
        convicting := null;
        if q.session_id is not null then
            me := states[q.at_me];
            purse := states[q.at_purse];
            -- One that was new when it was stepped up stays so: age alone ends no step-up.
            devices_new_from := least(batch_at, (me.new_devices).stepped_up_at) - interval '60 days';
            is_new_device := coalesce(q.device_since > devices_new_from, false);
            is_newcomer := q.at_purse <> q.at_me and coalesce(me.new_until > batch_at - interval '60 days', false);
            watch := case when is_new_device then me.new_devices else me.watch end;
            crowd := purse.newcomers;
        end if;

        <<decision>>
        begin
            -- 1 and 2. Who is asking, and with which proof.
            if q.session_id = any(revoked) then outcome := 42; exit decision; end if;
            if q.caller_verdict is not null then outcome := q.caller_verdict; exit decision; end if;
            if not holders_meet_once then
                if int8send(q.session_id) || q.proof = any(used) then outcome := 45; exit decision; end if;
                used := array_append(used, int8send(q.session_id) || q.proof);
            end if;
            proofs := array_append(proofs, row(q.session_id, q.proof, q.proof_at)::gate.proofs);
            if q.nonce_digest is not null then -- a browser: its nonce is the one that we gave last, or a copy of it is about
                nonce := replace(gen_random_uuid()::text, '-', '');
                update access.sessions as s set nonce_digest = sha256(convert_to(nonce, 'UTF8')), last_used_at = batch_at
                where s.session_id = q.session_id and s.revoked_at is null and s.nonce_digest = q.nonce;
                if not found then
                    update access.sessions as s set revoked_at = batch_at, revoked_because = 'nonce diverged'
                    where s.session_id = q.session_id and s.revoked_at is null;
                    outcome := case when found then 46 else 42 end;
                    revoked := array_append(revoked, q.session_id);
                    exit decision;
                end if;
                next_nonce := nonce;
            end if;

            -- 3. Containment, of this account first.
            is_lately_enrolled := coalesce(me.new_until > batch_at - interval '30 days', false); -- and stands or falls with who enrolled him
            if me.standing = 2 or is_lately_enrolled and purse.standing = 2 then outcome := 24; exit decision; end if;
            if me.standing = 1 or purse.standing = 1 then outcome := 25; exit decision; end if;
            containment := 0;
            kept_hidden := 0;
            if contained is not null then
                select
                    coalesce(bit_or(1 << c.mode) filter (where c.scope <> 'person'), 0),
                    coalesce(max(c.mode) filter (where c.scope = 'person'), 0)
                into containment, kept_hidden
                from unnest(contained) as c
                where (c.scope = 'account' and is_lately_enrolled and c.target = purse.account_id or c.target = case c.scope
                    when 'platform' then 0 when 'face' then this_face when 'software' then q.software_id
                    when 'organisation' then me.organisation_id when 'professional' then purse.professional_id
                    when 'profession' then me.profession_id when 'account' then me.account_id
                    when 'insurer' then q.insurer_id when 'person' then q.subject
                    when 'shape' then
                        case
                            when c.software_id = coalesce(q.software_id, 0) and c.region = coalesce(me.region, 0) then me.profession_id
                        end
                    end)
                    and (c.waves_from is null or not gate.is_back(me.account_id, c.waves_from, c.released_at, batch_at));
                if containment & 12 <> 0 then outcome := 23; exit decision; end if;
            end if;
            if q.amc is null then -- nobody is asked about
                outcome := 30;
                account_id := q.account_id;
                exit decision;
            end if;
            if q.question_verdict is not null then outcome := q.question_verdict; exit decision; end if;

            -- 4. How sure we are that the person is there, and what the insurer or the mode asks for.
            if watch.heard_at < batch_at - interval '60 days' then watch := gate.new_watch(); end if; -- no device that it heard is there any more
            if me.day < q.today then -- never back: shops of one holder may live in several time zones
                me.day := q.today; me.people_today := 0; me.break_glass_today := 0; me.presence_asked_today := 0;
            end if;
            if purse.day < q.today then
                purse.day := q.today; purse.people_today := 0; purse.break_glass_today := 0; purse.presence_asked_today := 0;
                purse.glasses_of_all_today := 0; purse.asked_of_all_today := 0;
            end if;
            -- A clock that was days ahead must not keep a day open until it comes: what was spent stays spent until tomorrow's end.
            me.day := least(me.day, q.today + 1);
            purse.day := least(purse.day, q.today + 1);
            is_new_today := q.was_seen_today is not true;
            is_first := case when is_new_device then is_new_today else q.old_seen_on = q.today is not true end;
            if not holders_meet_once then
                select is_new_today and count(*) = 0, is_first and count(*) filter (where is_new_device or e.old_seen_on is not null) = 0,
                    coalesce(q.is_met, false) or count(*) > 0
                into is_new_today, is_first, q.is_met
                from unnest(met) as e
                where e.organisation_id = q.organisation_id and e.holder_account_id = purse.account_id and e.subject = q.subject;
            end if;
            if proven <> '{}' then
                select coalesce(q.is_known, false) or count(*) > 0 into q.is_known
                from unnest(proven) as e where e.organisation_id = q.organisation_id and e.subject = q.subject;
            end if;
            is_code_right := false;
            is_guess := false;
            if q.has_code then -- five guesses, and the code is worth nothing; each counts, whatever becomes of the question
                is_code_right := q.tries_before + cardinality(array_positions(guessed, me.account_id || '/' || q.subject)) < 5;
                if is_code_right is not true then -- one failure a request: an older code is read out, a digit mistyped
                    is_guess := q.is_code_expected is not true
                        or q.tries_so_far + cardinality(array_positions(guessed, me.account_id || '/' || q.subject)) = 0;
                    guessed := array_append(guessed, me.account_id || '/' || q.subject);
                    update gate.presence_requests as e set tries = e.tries + 1
                    where e.account_id = me.account_id and e.subject = q.subject and e.ends_at > batch_at;
                end if;
            end if;
            is_new_account := coalesce(me.new_until > batch_at, false);
            is_stepped_up := containment & 2 <> 0 or watch.stepped_up_at is not null
                or is_new_device and (me.watch).stepped_up_at is not null or coalesce(me.opening_until > batch_at, false)
                or is_new_account;
            required := case
                when this_face = 3 then 3 when is_stepped_up then greatest(q.required, q.required_when_stepped_up) else q.required
            end;
            level := case
                when q.card_matches and q.accepted & 8 <> 0 then 3
                when is_code_right and q.accepted & 16 <> 0 then 4
                when q.is_approved and q.accepted & 32 <> 0 then 5
                when q.is_standing and q.accepted & 64 <> 0 then 6
                when q.is_known and q.accepted & 2 <> 0 and (required <= 1 or q.break_glass is null) then 1
                when q.break_glass is not null and q.accepted & 4 <> 0 then 2
                else 0
            end;
            if level < 3 and kept_hidden = 1 or kept_hidden = 2 then -- as nobody: whoever could tell would know that this person exists
                q.truth := 9;
                level := case when q.break_glass is not null and q.accepted & 4 <> 0 then 2 else 0 end;
            end if;
            is_request := false;
            if q.asked_for is not null and level < 3 then -- the person is asked; whoever it is about, the answer is the same
                if q.accepted & (1 << q.asked_for) = 0 then outcome := 21; exit decision; end if;
                if me.presence_asked_today >= 40 or purse.asked_of_all_today >= (case when purse.professional_id is null then 400 else 40 end) then
                    outcome := 29;
                    exit decision;
                end if;
                level := 0;
                is_request := true;
            elsif level < required and (level <> 2 or this_face = 3) then
                outcome := 21;
                exit decision;
            end if;

            -- A repeat has its first answer again, for no second budget.
            if q.repeat_key is not null and kept_hidden = 0 then
                select * into original from gate.repeats as e
                where e.account_id = me.account_id and e.key_digest = q.repeat_key and e.asked_at > batch_at - interval '24 hours';
                if found then
                    if original.body_digest is distinct from q.body then outcome := 27; exit decision; end if;
                    outcome := original.outcome;
                    repeat_of := original.receipt_id;
                    answer_on := original.answer_on;
                    answer_domains := original.answer_domains;
                    coverages := original.coverages;
                    presence := original.presence;
                    data_as_of := original.data_as_of;
                    data_is_stale := original.data_is_stale;
                    exit decision;
                end if;
            end if;

            -- 5. Budgets. Past them a proof of presence is asked for; an honest shop is never refused.
            pace := case when containment & 16 <> 0 then 10 when me.reduced_until > batch_at then 2 else 1 end;
            -- Nobody owes more than a full burst: else a clock that was put back would close honest accounts for as long.
            purse.next_free_s := least(purse.next_free_s, batch_s + (q.rate_burst - 1 + pace) * q.interval_s);
            burst_s := (q.rate_burst - 1) * q.interval_s;
            if q.at_purse <> q.at_me then
                me.next_free_s := least(me.next_free_s, batch_s + burst_s + greatest(2, pace) * q.interval_s);
            end if;
            if level = 0 then
                wait_s := greatest(purse.next_free_s, case when q.at_purse <> q.at_me then me.next_free_s end) - batch_s - burst_s;
                if wait_s > 0 then
                    retry_after_s := ceil(wait_s);
                    outcome := 21;
                    exit decision;
                end if;
                if is_new_today and not is_request and purse.people_today >= q.people_per_day / pace then
                    outcome := 21;
                    exit decision;
                end if;
            elsif level = 1 then -- a shop's own patients are a list too, in the hands of whoever carried its files off: twice a day's people
                if is_new_today and purse.people_today >= 2 * q.people_per_day / pace then
                    outcome := 21;
                    exit decision;
                end if;
            elsif level = 2 then
                -- Those of a titulaire and his staff are his: else staff would be enrolled for its glasses. A structure's are each account's.
                if me.break_glass_today >= 3 or purse.glasses_of_all_today >= (case when purse.professional_id is null then 60 else 3 end) then
                    outcome := 22;
                    exit decision;
                end if;
                me.break_glass_today := me.break_glass_today + 1;
                purse.glasses_of_all_today := purse.glasses_of_all_today + 1;
            end if;
            -- A member of the staff has half of the rate at most, and one who is slowed slows nobody else: a stolen account would else stop
            -- all its colleagues.
            if q.at_purse = q.at_me then
                purse.next_free_s := greatest(purse.next_free_s, batch_s) + q.interval_s * pace;
            else
                if me.next_free_s - batch_s <= burst_s then
                    purse.next_free_s := greatest(purse.next_free_s, batch_s) + q.interval_s;
                end if;
                me.next_free_s := greatest(me.next_free_s, batch_s) + q.interval_s * greatest(2, pace);
            end if;
            if is_new_today and not is_request then -- of whom only a code was asked, nothing was told: the next question is the first one
                purse.people_today := purse.people_today + 1;
            end if;
            if (is_new_today or is_first) and not is_request then
                met := array_append(met, row(
                    q.organisation_id, q.subject, purse.account_id, coalesce(q.own_first_seen_on, q.today), q.today,
                    case when not is_new_device then q.today end
                )::gate.acquaintances);
            end if;
            if level between 3 and 5 then
                if q.list is not null then
                    authorisations := array_append(authorisations, row(
                        q.organisation_id, q.subject, q.list, q.today, (q.today + interval '12 months')::date, me.account_id, null, null, null
                    )::gate.standing_authorisations);
                end if;
                if watch.stepped_up_at is not null and q.is_known is not true then -- an honest shop's next patients have their cards
                    watch.proven_since := watch.proven_since + 1;
                    if watch.healed_at > batch_at - interval '30 days' is not true then watch.healings := 0; end if;
                    if watch.proven_since >= 3 * 10 ^ watch.healings then
                        watch.healings := watch.healings + 1; watch.healed_at := batch_at;
                        watch := gate.new_watch(watch);
                        if is_newcomer then crowd := gate.new_watch(); end if;
                    end if;
                end if;
                proven := array_append(proven, row(q.organisation_id, q.subject, q.today)::gate.known_patients);
                if is_new_today and watch.guess_nats > 0 then -- who mistypes has the right card next: it takes back what a wrong one added, and no more
                    said := least(watch.guess_nats, watch.scores[1], -rules.reliefs[(me.profession_id - 1) * 7 + 1]);
                    watch.scores[1] := watch.scores[1] - said;
                    watch.guess_nats := watch.guess_nats - said;
                    if watch.scores[1] = 0 then watch.rising_since[1] := null; end if;
                    if is_newcomer then crowd.scores[1] := greatest(0, crowd.scores[1] - said); end if;
                end if;
            end if;

            -- 7. The right; it comes before the detectors, which judge what it said.
            truth := q.truth;
            presence := level;
            watch.heard_at := batch_at;
            data_as_of := q.data_as_of;
            data_is_stale := q.data_is_stale;
            outcome := case
                when is_request then 31
                when truth = 1 and (level > 0 or not (q.has_card or q.has_code)) then 1 -- another's card, a guessed code: nothing
                when data_is_stale then 11
                when level = 0 then 10
                else truth
            end;
            if outcome = 1 then
                answer_on := q.answer_on;
                answer_domains := q.answer_domains;
                coverages := q.coverages;
            elsif outcome in (2, 4, 8) then
                answer_on := q.answer_on;
            end if;

            -- 6. Detectors: on what this answer speaks for a thief, or for an honest shop (domain/detectors says why). Whoever
            -- proves presence has the person there, and says nothing. Nor does a request, which is told nothing; nor a place that has just
            -- opened, which is asked for presence; nor a question about somebody contained, whom an honest shop serves too.
            if level < 3 and not is_request and kept_hidden = 0 and (me.opening_until > batch_at) is not true then
                gap_s := batch_s - watch.last_asked_s;
                says := array[null, null, null, null, null, null];
                settles_days := case when me.opening_until > batch_at - interval '60 days' and q.is_known then 7 else 60 end;
                is_told := case truth -- else an insurer that is late would have its shops convicted
                    when 4 then not data_is_stale
                    when 9 then q.data_as_of > batch_at - interval '7 days' is true -- fewer are new than left, and a thief finds who is late
                    else true
                end;
                if is_guess or is_first and is_told then says[1] := truth in (4, 9) or is_guess; end if;
                if is_first then
                    if truth <> 9 then
                        if is_told then says[3] := truth = 4; end if;
                        if q.is_met is not true and level <> 1 then
                            says[2] := true;
                            says[5] := q.birth <> me.region;
                        elsif (case when is_new_device then q.was_seen_lately else q.old_seen_on > q.today - 7 end) is not true
                            and q.first_seen_on <= q.today - settles_days then
                            says[2] := false; -- an acquaintance of some time, and not one that is asked about day after day
                        end if;
                    end if;
                    if q.cell is not null then
                        says[4] := cardinality(array_positions(watch.recent_cells, q.cell)) >= 3;
                        watch.recent_cells := (watch.recent_cells || q.cell)[greatest(1, cardinality(watch.recent_cells) - 30):];
                    end if;
                    if q.is_met is not true and gap_s > 0 and gap_s <= 60 and watch.last_gap_s > 0 and watch.last_gap_s <= 60 then
                        says[6] := abs(gap_s - watch.last_gap_s) <= 0.05 * watch.last_gap_s;
                    end if;
                end if;
                if q.is_met and is_first then -- a list of regulars, as of a nursing home: its few new ones are not a machine's
                    watch.last_asked_s := null; watch.last_gap_s := null;
                elsif gap_s is null or gap_s > 0 or gap_s < -60 then -- those of one batch came together: they have no gap; or the clock was put back
                    watch.last_asked_s := batch_s; watch.last_gap_s := gap_s;
                end if;

                -- Each score, and that of all together, is a one-sided CUSUM of log likelihood ratios. One that reaches its
                -- threshold convicts at once.
                first_rule := (me.profession_id - 1) * 7;
                said_together := 0;
                measure := 0;
                for i in 1..6 loop
                    if says[i] or not says[i] and not is_new_account then -- who is new is no relief to himself
                        said := case when says[i] then rules.gains[first_rule + i] else rules.reliefs[first_rule + i] end;
                        spoke := spoke | case when says[i] then 1 << (i - 1) else 1 << (i + 7) end;
                        if i in (1, 2, 3, 5) then said_together := said_together + said; end if;
                        watch.scores[i] := greatest(0, watch.scores[i] + said);
                        if watch.scores[i] = 0 then
                            if watch.rising_since[i] is not null then watch.rising_since[i] := null; end if;
                        elsif watch.rising_since[i] is null then
                            watch.rising_since[i] := batch_at;
                        end if;
                        if is_newcomer then crowd.scores[i] := greatest(0, crowd.scores[i] + said); end if;
                        if rules.measures[first_rule + i] > measure and (watch.scores[i] >= rules.thresholds[first_rule + i]
                            or is_newcomer and crowd.scores[i] >= rules.thresholds[first_rule + i]) then
                            convicting := i;
                            measure := rules.measures[first_rule + i];
                        end if;
                    end if;
                end loop;
                watch.guess_nats := least(watch.guess_nats, watch.scores[1]);
                if spoke <> 0 then
                    watch.scores[7] := greatest(0, watch.scores[7] + said_together);
                    if watch.scores[7] = 0 then
                        if watch.rising_since[7] is not null then watch.rising_since[7] := null; end if;
                    elsif watch.rising_since[7] is null then
                        watch.rising_since[7] := batch_at;
                    end if;
                    if is_newcomer then crowd.scores[7] := greatest(0, crowd.scores[7] + said_together); end if;
                    if rules.measures[first_rule + 7] > measure and (watch.scores[7] >= rules.thresholds[first_rule + 7]
                        or is_newcomer and crowd.scores[7] >= rules.thresholds[first_rule + 7]) then
                        convicting := 7;
                        measure := rules.measures[first_rule + 7];
                    end if;
                end if;
            end if;
            if q.is_canary then convicting := 8; measure := 2; end if;
        end;
        -- A guessed code speaks where it was refused for lack of presence too, whoever it was about: it is a failure. A wrong card does not,
        -- anywhere: nobody guesses one, it opens nothing, and last year's are shown at every counter.
        if outcome in (21, 22, 29) and is_guess then
            first_rule := (me.profession_id - 1) * 7;
            spoke := 1;
            watch.scores[1] := watch.scores[1] + rules.gains[first_rule + 1];
            watch.guess_nats := watch.guess_nats + rules.gains[first_rule + 1];
            watch.rising_since[1] := coalesce(watch.rising_since[1], batch_at);
            if is_newcomer then crowd.scores[1] := crowd.scores[1] + rules.gains[first_rule + 1]; end if;
            if watch.scores[1] >= rules.thresholds[first_rule + 1] or is_newcomer and crowd.scores[1] >= rules.thresholds[first_rule + 1] then
                convicting := 1;
                measure := rules.measures[first_rule + 1];
            end if;
        end if;
        if convicting is not null then
            -- Once may be bad luck, through whichever devices.
            if greatest(watch.last_convicted_at, (me.watch).last_convicted_at, (me.new_devices).last_convicted_at) > batch_at - interval '30 days' then
                measure := 2;
            end if;
            is_of_newcomers := convicting < 8 and watch.scores[convicting] < rules.thresholds[first_rule + convicting];
            convicting_scores := case when is_of_newcomers then crowd.scores else watch.scores end;
            rising_since := watch.rising_since[convicting];
            if is_newcomer and convicting < 8 then -- just below, not forgotten: the next newcomer's next word convicts him
                crowd.scores[convicting] := least(crowd.scores[convicting], rules.thresholds[first_rule + convicting] - 0.5);
            end if;
            if measure = 2 then
                me.standing := 2; me.frozen_at := batch_at;
            else
                watch := gate.new_watch(watch); -- else the next word convicts again, and freezes
                watch.stepped_up_at := batch_at;
            end if;
            watch.last_convicted_at := batch_at;
        end if;

        -- 8. The receipt, for refusals too. No receipt, no answer.
        if q.session_id is not null then
            if outcome = 31 and repeat_of is null then
                me.presence_asked_today := me.presence_asked_today + 1;
                purse.asked_of_all_today := purse.asked_of_all_today + 1;
            end if;
            if q.at_purse = q.at_me then
                me.people_today := purse.people_today;
                me.next_free_s := purse.next_free_s;
                me.glasses_of_all_today := purse.glasses_of_all_today;
                me.asked_of_all_today := purse.asked_of_all_today;
            else
                if is_newcomer then purse.newcomers := crowd; end if;
                states[q.at_purse] := purse;
            end if;
            if is_new_device then me.new_devices := watch; else me.watch := watch; end if;
            states[q.at_me] := me;
            if outcome <> 30 then
                receipt_id := nextval('evidence.receipt_ids');
                receipts := array_append(receipts, row(
                    receipt_id, batch_at, q.session_id, q.account_id, q.subject, q.insurer_id, this_face, outcome, truth, presence,
                    case when presence = 2 then q.break_glass end, q.domain, q.on_day, answer_on, answer_domains, repeat_of,
                    coverages, data_as_of, data_is_stale, pg_backend_pid(), spoke
                )::evidence.receipts);
            end if;
            if outcome = 31 and repeat_of is null then
                requests := array_append(requests, row(
                    null, me.account_id, q.subject, q.insurer_id, q.asked_for, receipt_id, batch_at, batch_at + interval '10 minutes',
                    null, null, 0
                )::gate.presence_requests);
            elsif presence = 2 and repeat_of is null and outcome < 20 and q.subject > 0 then
                notices := array_append(notices, row(
                    null, 1, receipt_id, q.insurer_id, q.subject, batch_at, null, null, null, null
                )::gate.notices);
            elsif presence between 3 and 5 and q.list is not null and repeat_of is null then
                authorisations[cardinality(authorisations)].receipt_id := receipt_id;
                notices := array_append(notices, row(
                    null, 2, receipt_id, q.insurer_id, q.subject, batch_at, null, null, null, null
                )::gate.notices);
            end if;
            if convicting is not null then
                convictions := array_append(convictions, row(
                    null, batch_at, me.account_id, me.profession_id, coalesce(q.software_id, 0), me.region, convicting, measure,
                    convicting_scores[convicting], rules.thresholds[first_rule + convicting], convicting_scores,
                    coalesce(rising_since, batch_at), receipt_id, is_new_device, devices_new_from, is_of_newcomers
                )::gate.convictions);
            end if;
            if q.repeat_key is not null and repeat_of is null and (outcome < 20 or outcome = 31) then
                insert into gate.repeats as e
                values (q.account_id, q.repeat_key, q.body, receipt_id, batch_at, outcome, answer_on, answer_domains, coverages,
                        presence, data_as_of, data_is_stale)
                on conflict on constraint repeats_pkey do update set (
                    body_digest, receipt_id, asked_at, outcome, answer_on, answer_domains, coverages, presence, data_as_of, data_is_stale
                ) = (
                    excluded.body_digest, excluded.receipt_id, excluded.asked_at, excluded.outcome, excluded.answer_on,
                    excluded.answer_domains, excluded.coverages, excluded.presence, excluded.data_as_of, excluded.data_is_stale
                );
            end if;
            if is_sandbox then
                why := jsonb_build_object(
                    'truth', q.truth, 'person_found', q.subject > 0, 'insurer_found', q.insurer_id is not null,
                    'card_matches', case when q.has_card then q.card_matches end, 'people_today', purse.people_today,
                    'people_per_day', q.people_per_day,
                    'scores', (
                        select coalesce(jsonb_object_agg(g.code, round((case when convicting is null then watch.scores else convicting_scores end)[g.signal_id]::numeric, 2)), '{}')
                        from access.signals as g where (case when convicting is null then watch.scores else convicting_scores end)[g.signal_id] >= 0.01
                    ),
                    'convicted_by', (select g.code from access.signals as g where g.signal_id = convicting)
                );
            end if;
        end if;
        if receipt_id is not null then outcome := null; end if; -- gate.tell says it, once the receipt is there to stay
        return next;
    end loop;

    insert into evidence.receipts select r.* from unnest(receipts) as r;
    insert into gate.proofs select e.* from unnest(proofs) as e;
    insert into gate.acquaintances as k (organisation_id, subject, holder_account_id, first_seen_on, last_seen_on, old_seen_on)
    select e.organisation_id, e.subject, e.holder_account_id, min(e.first_seen_on), max(e.last_seen_on), max(e.old_seen_on)
    from unnest(met) as e
    group by e.organisation_id, e.subject, e.holder_account_id
    on conflict on constraint acquaintances_pkey do update
    set first_seen_on = excluded.first_seen_on, last_seen_on = excluded.last_seen_on,
        old_seen_on = coalesce(excluded.old_seen_on, k.old_seen_on);
    if proven <> '{}' then -- in one order: several batches may prove people at one place
        insert into gate.known_patients as w (organisation_id, subject, proven_on)
        select e.organisation_id, e.subject, max(e.proven_on)
        from unnest(proven) as e
        group by e.organisation_id, e.subject
        order by e.organisation_id, e.subject
        on conflict on constraint known_patients_pkey do update set proven_on = greatest(w.proven_on, excluded.proven_on);
    end if;
    update gate.account_state as st
    set standing = n.standing, day = n.day, people_today = n.people_today, break_glass_today = n.break_glass_today,
        presence_asked_today = n.presence_asked_today, glasses_of_all_today = n.glasses_of_all_today,
        asked_of_all_today = n.asked_of_all_today, next_free_s = n.next_free_s, watch = n.watch, new_devices = n.new_devices, newcomers = n.newcomers, frozen_at = n.frozen_at
    from unnest(states) as n
    where st.account_id = n.account_id;
    if convictions <> '{}' then
        perform gate.convict(convictions);
    end if;
    if requests <> '{}' or notices <> '{}' then
        perform gate.ask_insurers(requests, authorisations, notices);
    end if;
end $$;
alter function gate.ask owner to rempart_gate;
alter function gate.right_on owner to rempart_gate;
revoke all on function gate.ask, gate.right_on from public;

-- Tell the answers of questions just asked on this connection. A transaction that has written nothing sees only what others have
-- committed: then the receipts can no longer be taken back.
create function gate.tell(
    p_receipts bigint[],
    out outcomes smallint[], out repeats_of bigint[], out answer_ons date[], out answer_domains int[], out coverages text[],
    out presences smallint[], out data_as_ofs timestamptz[], out data_are_stale boolean[]
)
language plpgsql security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
    if pg_current_xact_id_if_assigned() is not null then
        raise exception 'an answer is told once its receipt is there to stay' using errcode = 'active_sql_transaction';
    end if;
    select
        array_agg(r.outcome), array_agg(r.repeat_of), array_agg(r.answer_on), array_agg(r.answer_domains), array_agg(r.coverages),
        array_agg(r.presence), array_agg(r.data_as_of), array_agg(r.data_is_stale)
    into outcomes, repeats_of, answer_ons, answer_domains, coverages, presences, data_as_ofs, data_are_stale
    from (
        select e.*
        from unnest(p_receipts) with ordinality as u (receipt_id, place)
        left join lateral ( -- fenced: planned while there are few receipts, it would read them all
            select * from evidence.receipts as e
            where e.receipt_id = u.receipt_id and e.told_to = pg_backend_pid() and e.asked_at > platform.present() - interval '1 minute'
            offset 0
        ) as e on true
        order by u.place
    ) as r;
end $$;
alter function gate.tell owner to rempart_gate;
revoke all on function gate.tell from public;

-- Ask, commit, tell: the two transactions in one call. It has its caller's powers and no more; what holds, holds in gate.ask, which
-- comes by no other way, and in gate.tell. Its first commit fails where somebody else's transaction could take the asking back.
create procedure gate.ask_and_tell(
    p_tokens bytea[], p_thumbprints bytea[], p_proofs bytea[], p_proof_ats bigint[], p_nonces bytea[], p_amcs text[],
    p_aliases bytea[], p_domains smallint[], p_care_dates date[], p_cards bytea[], p_break_glass smallint[], p_keys bytea[],
    p_bodies bytea[], p_cells int[], p_births smallint[], p_codes bytea[], p_asked_for smallint[], p_lists text[],
    out receipt_ids bigint[], out refusals smallint[], out retry_after_s int[], out next_nonces text[], out account_ids bigint[],
    out whys jsonb[],
    out outcomes smallint[], out repeats_of bigint[], out answer_ons date[], out answer_domains int[], out coverages text[],
    out presences smallint[], out data_as_ofs timestamptz[], out data_are_stale boolean[]
)
language plpgsql as $$
begin
    commit;
    select
        array_agg(a.receipt_id), array_agg(a.outcome), array_agg(a.retry_after_s), array_agg(a.next_nonce), array_agg(a.account_id),
        array_agg(a.why)
    into receipt_ids, refusals, retry_after_s, next_nonces, account_ids, whys
    from gate.ask(
        p_tokens, p_thumbprints, p_proofs, p_proof_ats, p_nonces, p_amcs, p_aliases, p_domains, p_care_dates, p_cards,
        p_break_glass, p_keys, p_bodies, p_cells, p_births, p_codes, p_asked_for, p_lists
    ) as a;
    commit;
    begin
        select * into outcomes, repeats_of, answer_ons, answer_domains, coverages, presences, data_as_ofs, data_are_stale
        from gate.tell(receipt_ids);
    exception when others or query_canceled then -- what was asked is recorded: it must not be asked again
        raise exception 'answers lost: %', sqlerrm using errcode = 'RP001';
    end;
end $$;
revoke all on procedure gate.ask_and_tell from public;

-- Forget the proofs that are too old to pass again, and the repeats whose key serves anew. Forgetting to call it costs room, never safety.
-- An hour is added to what a proof lives: one forgotten while the clock was ahead would serve again once it is put back.
create function gate.forget_expired() returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with proofs as (
        delete from gate.proofs where proof_at < extract(epoch from clock_timestamp()) - 3720 returning 1
    ), repeats as (
        delete from gate.repeats where asked_at < platform.present() - interval '25 hours' returning 1
    ), requests as (
        delete from gate.presence_requests where ends_at < platform.present() - interval '1 day' returning 1
    )
    select (select count(*) from proofs) + (select count(*) from repeats) + (select count(*) from requests)
$$;
alter function gate.forget_expired owner to rempart_gate;
revoke all on function gate.forget_expired from public;

grant usage on schema gate to rempart_fhir, rempart_portal, rempart_identity;
grant execute on function gate.ask, gate.tell to rempart_fhir, rempart_portal, rempart_identity;
grant execute on procedure gate.ask_and_tell to rempart_fhir, rempart_portal, rempart_identity;
grant execute on function gate.forget_expired to rempart_identity;
