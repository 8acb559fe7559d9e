-- What goes on through the insurers' channels: codes and approvals asked of people, standing authorisations, notices.

-- Where an insurer is asked to reach its people; without a row, nobody is reached there, and what waits ends by itself.
create table members.channels (
    insurer_id int primary key references members.insurers,
    url text not null check (url ~ '^https://[^/]' or url ~ '^http://(localhost|127\.0\.0\.1|\[::1\])[:/]'),
    since timestamptz not null default now()
);
grant select on members.channels to rempart_operator; -- changed by console.ask alone (0029): who answers a channel answers for its people
grant select, insert, update, delete on members.channels to rempart_gate;
grant delete on gate.notices, gate.standing_authorisations to rempart_gate;
create index standing_authorisations_by_subject on gate.standing_authorisations (subject);

-- Write down what insurers have to do, and a job for each. People in one order: several batches may speak of one place. A request about
-- nobody has its job too, which finds nothing to do: what is asked takes the same time whoever it is about.
create function gate.ask_insurers(
    p_requests gate.presence_requests[], p_authorisations gate.standing_authorisations[], p_notices gate.notices[]
) returns void language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    deferred bigint;
begin
    update gate.presence_requests as e set ends_at = r.asked_at -- the last code alone counts: else forty would be guessed at once
    from unnest(p_requests) as r
    where e.account_id = r.account_id and e.subject = r.subject and e.kind = 4 and r.kind = 4 and e.ends_at > r.asked_at;
    with asked as (
        insert into gate.presence_requests (account_id, subject, insurer_id, kind, receipt_id, asked_at, ends_at)
        select r.account_id, r.subject, r.insurer_id, r.kind, r.receipt_id, r.asked_at, r.ends_at from unnest(p_requests) as r
        returning request_id
    )
    select count(platform.defer('ask_person', jsonb_build_object('request_id', a.request_id))) into deferred from asked as a;
    insert into gate.standing_authorisations as e
    select distinct on (a.organisation_id, a.subject) a.*
    from unnest(p_authorisations) as a
    order by a.organisation_id, a.subject, a.receipt_id desc
    on conflict on constraint standing_authorisations_pkey do update
    set (list, given_on, ends_on, account_id, receipt_id, revoked_at, revoked_by) = (
        excluded.list, excluded.given_on, excluded.ends_on, excluded.account_id, excluded.receipt_id, null, null
    );
    with noted as (
        insert into gate.notices (kind, receipt_id, insurer_id, subject, noted_at)
        select n.kind, n.receipt_id, n.insurer_id, n.subject, n.noted_at from unnest(p_notices) as n
        returning notice_id
    )
    select count(platform.defer('tell_person', jsonb_build_object('notice_id', n.notice_id))) into deferred from noted as n;
end $$;
alter function gate.ask_insurers owner to rempart_gate;

-- What was noted while an insurer had no channel is told once it has one: a channel is closed in an alarm, and people are told all the same.
create function gate.tell_what_is_owed() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform platform.defer('tell_person', jsonb_build_object('notice_id', t.notice_id))
    from gate.notices as t
    where t.insurer_id = new.insurer_id and t.sent_at is null and t.told_at is null and t.undeliverable_at is null
        and t.noted_at > platform.present() - interval '60 days';
    return null;
end $$;
alter function gate.tell_what_is_owed owner to rempart_gate;
revoke all on function gate.tell_what_is_owed from public;
create trigger a_new_channel_tells_what_is_owed after insert or update of url on members.channels
    for each row execute function gate.tell_what_is_owed();
revoke all on function gate.ask_insurers from public;

-- What the worker says to an insurer about a request under way; no row where there is nobody to ask, no channel, or no more time.
create function gate.person_to_ask(p_request_id bigint)
returns table (
    amc_number text, url text, person text, receipt_id bigint, place text, profession text, kind smallint, asked_at timestamptz,
    ends_at timestamptz
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select i.amc_number, c.url, encode(m.reference_digest, 'hex'), r.receipt_id, o.name, n.label, r.kind, r.asked_at, r.ends_at
    from gate.presence_requests as r
    join members.people as m on m.person_id = r.subject
    join members.insurers as i on i.insurer_id = r.insurer_id
    join members.channels as c on c.insurer_id = r.insurer_id
    join gate.account_state as a on a.account_id = r.account_id
    join access.organisations as o on o.organisation_id = a.organisation_id
    join access.professions as n on n.profession_id = a.profession_id
    where r.request_id = p_request_id and r.ends_at > platform.present() and r.approved_at is null
        and not exists (select from gate.canaries as b where b.person_id = r.subject) -- its insurer has nobody to ask
        -- A telephone is not made to ring all day, whoever holds how many accounts: beyond, nothing is sent, and nobody is told so.
        and (select count(*) filter (where e.account_id = r.account_id and e.asked_at > r.asked_at - interval '15 minutes') < 5 and count(*) < 20
             from gate.presence_requests as e
             where e.subject = r.subject and e.request_id <> r.request_id and (e.kind = 5 or e.code_digest is not null) and e.asked_at > r.asked_at - interval '1 hour')
$$;

-- Expect a code of a person, in place of the one that was expected before; false if nobody waits for one.
create function gate.expect_code(p_request_id bigint, p_code_digest bytea) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update gate.presence_requests as r set code_digest = p_code_digest
    where r.request_id = p_request_id and r.kind = 4 and r.ends_at > platform.present() and octet_length(p_code_digest) = 32;
    return found;
end $$;

-- Note that a person approved, as the insurer reports; false if nobody waits for it any more.
create function gate.approve_presence(p_request_id bigint) returns boolean
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update gate.presence_requests as r set approved_at = platform.present()
    where r.request_id = p_request_id and r.kind = 5 and r.ends_at > platform.present() and r.approved_at is null;
    return found;
end $$;

-- What the worker says to an insurer about a notice; no row once it was told or cannot be, or where the insurer has no channel.
create function gate.person_to_tell(p_notice_id bigint)
returns table (
    amc_number text, url text, person text, receipt_id bigint, place text, profession text, kind smallint, noted_at timestamptz,
    reason smallint, list text, ends_on date
)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select i.amc_number, c.url, encode(m.reference_digest, 'hex'), t.receipt_id, o.name, n.label, t.kind, t.noted_at, e.break_glass,
        s.list, s.ends_on
    from gate.notices as t
    join members.people as m on m.person_id = t.subject
    join members.insurers as i on i.insurer_id = t.insurer_id
    join members.channels as c on c.insurer_id = t.insurer_id
    join evidence.receipts as e on e.receipt_id = t.receipt_id
    join gate.account_state as a on a.account_id = e.account_id
    join access.organisations as o on o.organisation_id = a.organisation_id
    join access.professions as n on n.profession_id = a.profession_id
    left join gate.standing_authorisations as s
        on t.kind = 2 and s.organisation_id = a.organisation_id and s.subject = t.subject
    where t.notice_id = p_notice_id and t.told_at is null and t.undeliverable_at is null
        and not exists (select from gate.canaries as b where b.person_id = t.subject)
$$;

-- Keep what an insurer reports of a notice. A person who was told of an authorisation may take it back in the same breath.
create function gate.note_notice(p_notice_id bigint, p_state text, p_told_by text, p_is_revoked boolean) returns void
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update gate.notices as t
    set sent_at = coalesce(t.sent_at, platform.present()),
        told_at = case p_state when 'told' then platform.present() end,
        told_by = case p_state when 'told' then p_told_by end,
        undeliverable_at = case p_state when 'undeliverable' then platform.present() end
    where t.notice_id = p_notice_id and t.told_at is null and t.undeliverable_at is null;
    if p_is_revoked then
        update gate.standing_authorisations as s set revoked_at = platform.present(), revoked_by = 'insurer'
        from gate.notices as t
        join evidence.receipts as e on e.receipt_id = t.receipt_id
        join gate.account_state as a on a.account_id = e.account_id
        where t.notice_id = p_notice_id and t.kind = 2 and s.organisation_id = a.organisation_id and s.subject = t.subject
            and s.revoked_at is null;
    end if;
end $$;

-- The standing authorisations of one person, by a trace number or by the insurer's reference of the person: never of all people.
create function gate.standing_of(p_receipt_id bigint, p_reference bytea)
returns table (receipt_id bigint, place text, list text, given_on date, ends_on date, revoked_at timestamptz, revoked_by text)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select s.receipt_id, o.name, s.list, s.given_on, s.ends_on, s.revoked_at, s.revoked_by
    from gate.standing_authorisations as s
    join access.organisations as o on o.organisation_id = s.organisation_id
    where s.receipt_id = p_receipt_id
        or s.subject = (select m.person_id from members.people as m where m.reference_digest = p_reference)
    order by s.given_on, s.receipt_id
$$;

-- Take them back; give their number.
create function gate.revoke_standing(p_receipt_id bigint, p_reference bytea, p_by text) returns int
language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    revoked int;
begin
    update gate.standing_authorisations as s set revoked_at = platform.present(), revoked_by = p_by
    where s.revoked_at is null and s.receipt_id in (select o.receipt_id from gate.standing_of(p_receipt_id, p_reference) as o);
    get diagnostics revoked = row_count;
    return revoked;
end $$;

-- Forget the authorisations that are over, and the notices, a year later: until then the person may ask what there was.
create function gate.retire_presence() returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with authorisations as (
        delete from gate.standing_authorisations
        where least(ends_on, (revoked_at at time zone 'Europe/Paris')::date) < platform.present()::date - interval '12 months' returning 1
    ), notices as (
        delete from gate.notices where noted_at < platform.present() - interval '12 months' returning 1
    )
    select (select count(*) from authorisations) + (select count(*) from notices)
$$;

alter function gate.person_to_ask owner to rempart_gate;
alter function gate.expect_code owner to rempart_gate;
alter function gate.approve_presence owner to rempart_gate;
alter function gate.person_to_tell owner to rempart_gate;
alter function gate.note_notice owner to rempart_gate;
alter function gate.standing_of owner to rempart_gate;
alter function gate.revoke_standing owner to rempart_gate;
alter function gate.retire_presence owner to rempart_gate;
revoke all on function gate.person_to_ask, gate.expect_code, gate.approve_presence, gate.person_to_tell, gate.note_notice,
    gate.standing_of, gate.revoke_standing, gate.retire_presence from public;
grant usage on schema gate to rempart_worker;
grant execute on function gate.person_to_ask, gate.expect_code, gate.approve_presence, gate.person_to_tell, gate.note_notice,
    gate.retire_presence to rempart_worker;
grant execute on function gate.standing_of, gate.revoke_standing to rempart_operator;
