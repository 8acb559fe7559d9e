-- Sign-in by Pro Santé Connect: what is remembered between the page that leaves and the page that comes back, each bound to the
-- key of the browser that began; and the browsers under which an account was seen.
--
-- The identity process reaches this by the functions alone. State, nonce and choice are kept as digests; the verifier of PKCE is
-- kept as it is, for it must be shown to the provider: without the code, which it never meets here, it opens nothing.

create table access.psc_attempts (
    state_digest bytea primary key check (length(state_digest) = 32),
    key_thumbprint bytea not null check (length(key_thumbprint) = 32),
    verifier text not null,
    nonce_digest bytea not null check (length(nonce_digest) = 32),
    redirect_uri text not null,
    expires_at timestamptz not null
);
create index psc_attempts_by_expiry on access.psc_attempts (expires_at);

-- A professional who signed in and has several places: the page asks which.
create table access.psc_choices (
    choice_digest bytea primary key check (length(choice_digest) = 32),
    key_thumbprint bytea not null check (length(key_thumbprint) = 32),
    account_ids bigint[] not null,
    expires_at timestamptz not null
);
create index psc_choices_by_expiry on access.psc_choices (expires_at);

create table access.devices (
    account_id bigint not null references access.accounts,
    key_thumbprint bytea not null check (length(key_thumbprint) = 32),
    label text not null,
    first_seen_at timestamptz not null default platform.present(),
    primary key (account_id, key_thumbprint)
);

-- What the holder of an account was told of: a passkey, a browser or a software that was new under it.
create table access.new_devices (
    new_device_id bigint generated always as identity primary key,
    account_id bigint not null references access.accounts,
    label text not null,
    seen_at timestamptz not null default now()
);

grant select, insert, delete on access.psc_attempts, access.psc_choices to rempart_access;
grant select, insert on access.devices, access.new_devices to rempart_access;

create function access.begin_psc(
    p_state_digest bytea, p_key_thumbprint bytea, p_verifier text, p_nonce_digest bytea, p_redirect_uri text, p_life_s int
) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    insert into access.psc_attempts (state_digest, key_thumbprint, verifier, nonce_digest, redirect_uri, expires_at)
    values (p_state_digest, p_key_thumbprint, p_verifier, p_nonce_digest, p_redirect_uri, now() + make_interval(secs => p_life_s))
$$;

-- Take an attempt back, once, with the key that began it; with any other key nothing is taken, and nothing is lost.
create function access.take_psc(p_state_digest bytea, p_key_thumbprint bytea)
returns table (verifier text, nonce_digest bytea, redirect_uri text) language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with taken as (
        delete from access.psc_attempts as a
        where a.state_digest = p_state_digest and a.key_thumbprint = p_key_thumbprint
        returning a.verifier, a.nonce_digest, a.redirect_uri, a.expires_at
    )
    select t.verifier, t.nonce_digest, t.redirect_uri from taken as t where t.expires_at > now()
$$;

create function access.offer_places(p_choice_digest bytea, p_key_thumbprint bytea, p_account_ids bigint[], p_life_s int)
returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    insert into access.psc_choices (choice_digest, key_thumbprint, account_ids, expires_at)
    values (p_choice_digest, p_key_thumbprint, p_account_ids, now() + make_interval(secs => p_life_s))
$$;

-- Take a choice back, once, with the same key; give the account at the place that was chosen, if it was offered.
create function access.choose_place(p_choice_digest bytea, p_key_thumbprint bytea, p_finess text)
returns bigint language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with taken as (
        delete from access.psc_choices as c
        where c.choice_digest = p_choice_digest and c.key_thumbprint = p_key_thumbprint
        returning c.account_ids, c.expires_at
    )
    select a.account_id
    from taken as t
    join access.accounts as a on a.account_id = any (t.account_ids)
    join access.organisations as o on o.organisation_id = a.organisation_id
    where t.expires_at > now() and o.finess = p_finess
$$;

-- The accounts of a professional, one a place, with all that a sign-in weighs: the codes under which their profession is
-- exercised, whether they may ask at all, and what the register has against them.
create function access.psc_accounts(p_rpps text)
returns table (
    account_id bigint, finess text, organisation text, profession_codes text[], is_open boolean, objection text
) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select a.account_id, o.finess, o.name,
        array(
            select m.profession_code from access.register_professions as m
            where m.profession_id = a.profession_id order by m.profession_code
        ),
        access.may_ask(a.account_id),
        access.register_objects(p.rpps, o.finess, a.profession_id)
    from access.professionals as p
    join access.accounts as a on a.professional_id = p.professional_id
    join access.organisations as o on o.organisation_id = a.organisation_id
    where p.rpps = p_rpps and a.revoked_at is null
    order by o.name, o.finess
$$;
grant execute on function access.may_ask to rempart_access;

-- Meet a browser under an account; true the first time.
create function access.meet_device(p_account_id bigint, p_key_thumbprint bytea, p_label text) returns boolean
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with met as (
        insert into access.devices (account_id, key_thumbprint, label) values (p_account_id, p_key_thumbprint, p_label)
        on conflict do nothing
        returning 1
    )
    select exists (select from met)
$$;

create function access.note_new_device(p_account_id bigint, p_label text) returns void
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    insert into access.new_devices (account_id, label) values (p_account_id, p_label)
$$;

-- A session knows since when its device has been one of the account's; whoever opens it does not say.
create function access.date_device() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    new.opened_at := platform.present();
    new.device_since := coalesce(
        case
            when new.credential_id is not null then (
                select p.created_at from access.passkeys as p
                where p.credential_id = new.credential_id and p.account_id = new.account_id)
            when new.software_id is not null then (
                select min(s.opened_at) from access.sessions as s
                where s.account_id = new.account_id and s.key_thumbprint = new.key_thumbprint and s.software_id = new.software_id)
            else (
                select d.first_seen_at from access.devices as d
                where d.account_id = new.account_id and d.key_thumbprint = new.key_thumbprint)
        end,
        new.opened_at
    );
    return new;
end $$;
alter function access.date_device owner to rempart_access;
revoke all on function access.date_device from public;
grant select on access.passkeys to rempart_access;
grant select (account_id, key_thumbprint, software_id, opened_at) on access.sessions to rempart_access;
create trigger a_session_dates_its_device before insert on access.sessions for each row execute function access.date_device();

create function access.forget_psc() returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    delete from access.psc_choices where expires_at < now();
    delete from access.psc_attempts where expires_at < now()
$$;

do $$
declare
    name text;
begin
    foreach name in array array[
        'begin_psc', 'take_psc', 'offer_places', 'choose_place', 'psc_accounts', 'meet_device', 'note_new_device', 'forget_psc'
    ] loop
        execute format('alter function access.%I owner to rempart_access', name);
        execute format('revoke all on function access.%I from public', name);
        execute format('grant execute on function access.%I to rempart_identity', name);
    end loop;
end $$;
