-- Whom a letter about an account goes to: professionals and their staff, never an insured person. And what such a letter tells: the
-- passkeys and software that are new to an account.

do $$
begin
    if not exists (select from pg_roles where rolname = 'rempart_registrar') then
        create role rempart_registrar nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- two databases of one server migrated at once: the other one made it
end $$;

-- A professional has the same contacts at every place; a member of a staff and a structure have their own.
create table access.contacts (
    contact_id bigint generated always as identity primary key,
    professional_id bigint references access.professionals,
    account_id bigint references access.accounts,
    address text not null check (length(address) between 3 and 254 and address ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$'),
    added_at timestamptz not null default now(),
    confirmed_at timestamptz, -- by a code mailed to it, or by the operator who registered the professional
    removed_at timestamptz,
    code_digest bytea check (length(code_digest) = 32),
    code_expires_at timestamptz,
    code_tries int not null default 0,
    constraint a_contact_is_somebodys check (num_nonnulls(professional_id, account_id) = 1)
);
create unique index one_contact_per_address on access.contacts (coalesce(professional_id, -account_id), lower(address))
    where removed_at is null;

insert into access.contacts (professional_id, address, confirmed_at)
select professional_id, email, now() from access.professionals where email is not null;
alter table access.professionals drop column email;

-- The contacts of one account, those not confirmed included.
create function access.contacts_of(p_account_id bigint) returns setof access.contacts language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.* from access.accounts as a
    join access.contacts as c on c.professional_id = a.professional_id or c.account_id = a.account_id
    where a.account_id = p_account_id and c.removed_at is null
$$;

-- Whom to tell of what happens to an account: its confirmed contacts, and those of the titulaire whose budget it spends.
create function access.contacts_to_tell(p_account_id bigint) returns setof bigint language sql stable
set search_path = pg_catalog, pg_temp as $$
    select distinct c.contact_id
    from access.accounts as a
    cross join lateral unnest(array[a.account_id, a.holder_account_id]) as told (account_id)
    cross join lateral access.contacts_of(told.account_id) as c
    where a.account_id = p_account_id and c.confirmed_at is not null
$$;

-- The first contact of a professional, from the operator who registers him; false if there is one: the operator adds no other.
create function access.give_first_contact(p_professional_id bigint, p_address text) returns boolean language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    perform from access.professionals where professional_id = p_professional_id for update;
    insert into access.contacts (professional_id, address, confirmed_at)
    select p_professional_id, p_address, now()
    where not exists (select from access.contacts where professional_id = p_professional_id);
    return found;
end $$;

-- For the worker, by the number of the contact: where to write. Null when it is forgotten.
create function access.address_of_contact(p_contact_id bigint) returns text language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select address from access.contacts where contact_id = p_contact_id
$$;

-- For the worker, which makes the code as it writes the letter, so that no table ever holds it: keep its digest, and say where to send it
-- and which place it is for. No row when the contact waits for none any more.
create function access.expect_code(p_contact_id bigint, p_code_digest bytea, p_life_s int) returns table (address text, place text)
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    update access.contacts as c
    set code_digest = p_code_digest, code_expires_at = now() + make_interval(secs => p_life_s)
    where c.contact_id = p_contact_id and c.confirmed_at is null and c.removed_at is null
    returning c.address, (
        select min(o.name) from access.accounts as a join access.organisations as o on o.organisation_id = a.organisation_id
        where a.revoked_at is null and (a.professional_id = c.professional_id or a.account_id = c.account_id)
    )
$$;

-- An address that was removed, or never confirmed, is forgotten in the end.
create function access.forget_contacts(p_after_days int) returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with gone as (
        delete from access.contacts
        where coalesce(removed_at, case when confirmed_at is null then added_at end) < now() - make_interval(days => p_after_days)
        returning 1
    )
    select count(*) from gone
$$;

grant usage on schema access to rempart_registrar, rempart_worker;
grant select, insert, update, delete on access.contacts to rempart_registrar;
grant select on access.accounts, access.organisations to rempart_registrar;
grant select on access.professionals to rempart_registrar;
grant update (name) on access.professionals to rempart_registrar; -- to lock the row: PostgreSQL asks for a right to update
alter function access.give_first_contact(bigint, text) owner to rempart_registrar;
alter function access.address_of_contact(bigint) owner to rempart_registrar;
alter function access.expect_code(bigint, bytea, int) owner to rempart_registrar;
alter function access.forget_contacts(int) owner to rempart_registrar;
revoke all on function access.contacts_of, access.contacts_to_tell, access.give_first_contact, access.address_of_contact,
    access.expect_code, access.forget_contacts from public;
grant execute on function access.contacts_of, access.contacts_to_tell to rempart_identity;
grant execute on function access.give_first_contact to rempart_operator;
grant execute on function access.address_of_contact, access.expect_code, access.forget_contacts to rempart_worker;

grant select on access.contacts to rempart_identity;
grant insert (professional_id, account_id, address) on access.contacts to rempart_identity;
grant update (confirmed_at, removed_at, code_tries) on access.contacts to rempart_identity;

-- The software that an account has asked through: the first time of each is told.
create table access.software_met (
    account_id bigint not null references access.accounts,
    software_id int not null references access.software,
    met_at timestamptz not null default now(),
    primary key (account_id, software_id)
);
grant select, insert on access.software_met to rempart_identity;

-- The passkey that opened a session, so that both end together.
alter table access.sessions add column credential_id bytea references access.passkeys;
create index sessions_of_a_passkey on access.sessions (credential_id) where revoked_at is null;

-- A new device halves the budget for a day. The gate reads the date; it is moved here alone, and only ever later.
create function gate.reduce_budget(p_account_id bigint) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    update gate.account_state
    set reduced_until = greatest(reduced_until, now() + interval '24 hours')
    where account_id = p_account_id
$$;
alter function gate.reduce_budget(bigint) owner to rempart_gate;
revoke all on function gate.reduce_budget from public;
grant usage on schema gate to rempart_identity;
grant execute on function gate.reduce_budget to rempart_identity;

-- Who may vouch for somebody who lost every passkey: another professional of the same place, named in advance. A titulaire vouches for
-- his own staff without being named. In force a day after the naming, which every contact was told of.
create table access.guarantors (
    account_id bigint not null references access.accounts,
    guarantor_account_id bigint not null references access.accounts,
    named_at timestamptz not null default now(),
    removed_at timestamptz,
    primary key (account_id, guarantor_account_id, named_at),
    constraint nobody_vouches_for_himself check (account_id <> guarantor_account_id)
);
create unique index one_naming_per_guarantor on access.guarantors (account_id, guarantor_account_id) where removed_at is null;
create index wards_of_a_guarantor on access.guarantors (guarantor_account_id) where removed_at is null;
grant select, insert (account_id, guarantor_account_id), update (removed_at) on access.guarantors to rempart_identity;

-- The professionals of the same place who are somebody else than the holder of an account.
create function access.colleagues_of(p_account_id bigint) returns setof access.accounts language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.* from access.accounts as a
    join access.accounts as c on c.organisation_id = a.organisation_id and c.kind = 'professional'
    where a.account_id = p_account_id and a.kind = 'professional' and c.professional_id <> a.professional_id and access.may_ask(c.account_id)
$$;

-- The accounts that somebody may give back, and from when: at once for a titulaire's own staff, a day later for who named him.
create function access.wards_of(p_guarantor_account_id bigint) returns table (account_id bigint, opens_after interval) language sql stable
set search_path = pg_catalog, pg_temp as $$
    select a.account_id, interval '0' from access.accounts as a
    where a.holder_account_id = p_guarantor_account_id and a.kind = 'staff' and access.may_ask(a.account_id)
    union all
    select g.account_id, interval '24 hours' from access.guarantors as g
    where g.guarantor_account_id = p_guarantor_account_id and g.removed_at is null and g.named_at <= now() - interval '24 hours'
        and access.may_ask(g.account_id)
        and exists (select from access.colleagues_of(g.account_id) as c where c.account_id = p_guarantor_account_id)
$$;
revoke all on function access.colleagues_of, access.wards_of from public;
grant execute on function access.colleagues_of, access.wards_of to rempart_identity;

-- An invitation that gives an account back opens from its hour on, and what was there before ends when it is used.
alter table access.invitations add column opens_at timestamptz not null default now(),
    add column gives_back boolean not null default false;
-- The operator invites who has no passkey, and gives nothing back.
revoke insert, update on access.invitations from rempart_operator;
grant insert (code_digest, account_id, expires_at) on access.invitations to rempart_operator;
alter table access.challenges drop constraint challenges_purpose_check,
    add constraint challenges_purpose_check check (purpose in ('register', 'sign-in', 'vouch'));
