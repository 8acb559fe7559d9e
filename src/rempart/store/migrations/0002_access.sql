-- Who may ask: professions, organisations, professionals, their accounts, software, sessions.
-- No insured person is in this schema. It is written by the identity process and the operator, and read by the gate.

create schema access;

create table access.professions (
    profession_id smallint primary key,
    code text not null unique,
    label text not null
);

-- What a profession may ask, and its budgets, dated. A change closes a row and opens the next one.
create table access.profession_rules (
    profession_id smallint not null references access.professions,
    valid_from date not null,
    valid_until date not null default 'infinity', -- the first day on which it is no longer in force
    domains int not null, -- those that a member of this profession may ask about
    default_domain smallint not null,
    people_per_day int not null check (people_per_day > 0),
    rate_interval_ms int not null check (rate_interval_ms > 0), -- one question each, in the long run
    rate_burst int not null check (rate_burst > 0), -- questions that may come at once
    source text not null,
    primary key (profession_id, valid_from),
    check (valid_from < valid_until)
);
create unique index one_rule_in_force_per_profession on access.profession_rules (profession_id) where valid_until = 'infinity';

create table access.organisations (
    organisation_id bigint generated always as identity primary key,
    finess text not null unique check (finess ~ '^[0-9AB]{9}$'),
    name text not null constraint a_places_name_is_short_and_on_one_line
        check (length(name) <= 200 and platform.is_one_line(name)),
    region smallint, -- the place's administrative region (domain/regions.py); null: not known
    opening_until timestamptz, -- a place that has just opened knows nobody: until then presence is asked for
    timezone text not null default 'Europe/Paris'
        check ((timestamptz 'epoch' at time zone timezone) is not null), -- an error where the server knows no such zone
    registered_at timestamptz not null default now()
);

create table access.professionals (
    professional_id bigint generated always as identity primary key,
    rpps text not null unique check (rpps ~ '^[0-9]{11}$'),
    profession_id smallint not null references access.professions,
    name text not null constraint a_professionals_name_is_short_and_on_one_line
        check (length(name) between 1 and 200 and name ~ '\S' and platform.is_one_line(name)),
    email text, -- contact of the professional, never of an insured person
    struck_off_at timestamptz
);

create table access.accounts (
    account_id bigint generated always as identity primary key,
    kind text not null check (kind in ('professional', 'staff', 'structure')),
    organisation_id bigint not null references access.organisations,
    professional_id bigint references access.professionals,
    profession_id smallint not null references access.professions,
    holder_account_id bigint not null references access.accounts, -- whose budget it spends; itself for a titulaire
    display_name text not null constraint an_accounts_name_is_short_and_on_one_line
        check (length(display_name) between 1 and 200 and display_name ~ '\S' and platform.is_one_line(display_name)), -- operators read it in what they sign
    enrolled_by bigint references access.accounts,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint a_professional_account_names_its_professional check ((kind = 'professional') = (professional_id is not null)),
    constraint only_staff_spends_anothers_budget check (kind = 'staff' or holder_account_id = account_id)
);
create unique index one_account_per_professional_and_place
    on access.accounts (professional_id, organisation_id) where professional_id is not null and revoked_at is null;
create index accounts_of_a_professional on access.accounts (professional_id); -- those that were revoked too
create index accounts_of_a_holder on access.accounts (holder_account_id);
create index accounts_of_an_organisation on access.accounts (organisation_id);

create table access.software (
    software_id int generated always as identity primary key,
    client_id text not null unique check (client_id ~ '^[ -~]+$' and length(client_id) <= 256),
    name text not null constraint a_softwares_name_is_short_and_on_one_line
        check (length(name) between 1 and 120 and name ~ '\S' and platform.is_one_line(name)),
    jwks jsonb not null, -- public keys only
    registered_at timestamptz not null default now(),
    revoked_at timestamptz
);

create table access.identity_providers (
    issuer text primary key,
    jwks_uri text not null,
    for_tests boolean not null default false,
    registered_at timestamptz not null default now(),
    revoked_at timestamptz
);

create table access.sessions (
    session_id bigint generated always as identity primary key,
    token_digest bytea not null check (length(token_digest) = 32),
    key_thumbprint bytea not null check (length(key_thumbprint) = 32),
    account_id bigint not null references access.accounts,
    holder_account_id bigint not null, -- this and the next three repeat what the account says, which never moves: the gate reads them
    organisation_id bigint not null,
    profession_id smallint not null,
    timezone text not null,
    software_id int references access.software, -- null for a browser
    face smallint check (face in (2, 3)), -- the one for which a browser's was opened: 2 portal, 3 counter; null for a software
    device_since timestamptz not null default platform.present(), -- when the account first asked through this passkey, browser or software's key
    opened_at timestamptz not null default platform.present(),
    expires_at timestamptz not null,
    idle_s int, -- null: never idle
    last_used_at timestamptz not null default now(),
    nonce_digest bytea check (length(nonce_digest) = 32), -- the one that the next proof must carry; browsers only
    revoked_at timestamptz,
    revoked_because text,
    constraint a_browser_session_has_a_nonce check (software_id is not null or nonce_digest is not null),
    constraint a_browser_session_is_for_a_face check ((software_id is null) = (face is not null))
);
create unique index one_session_per_token on access.sessions (token_digest);
create index sessions_of_an_account on access.sessions (account_id, key_thumbprint, opened_at);

create function access.complete_session() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    select a.holder_account_id, a.organisation_id, a.profession_id, o.timezone
    into new.holder_account_id, new.organisation_id, new.profession_id, new.timezone
    from access.accounts as a join access.organisations as o on o.organisation_id = a.organisation_id
    where a.account_id = new.account_id;
    -- Whoever opens it: four hours in all, half an hour unused in a browser (limits).
    new.expires_at := least(new.expires_at, platform.present() + interval '4 hours');
    if new.software_id is null then new.idle_s := least(coalesce(new.idle_s, 1800), 1800); end if;
    return new;
end $$;
create trigger a_session_repeats_its_account before insert or update of account_id on access.sessions
    for each row execute function access.complete_session();
revoke all on function access.complete_session from public;

create table access.passkeys (
    credential_id bytea primary key,
    account_id bigint not null references access.accounts,
    public_key bytea not null,
    sign_count bigint not null,
    label text not null,
    created_at timestamptz not null default platform.present(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index passkeys_of_an_account on access.passkeys (account_id);

-- A link given once to a professional or a named member of the staff, to register a first passkey.
create table access.invitations (
    code_digest bytea primary key check (length(code_digest) = 32),
    account_id bigint not null references access.accounts,
    invited_by bigint references access.accounts, -- null: the operator
    expires_at timestamptz not null,
    used_at timestamptz
);

-- A challenge handed out for one passkey ceremony; consumed by it.
create table access.challenges (
    challenge_digest bytea primary key check (length(challenge_digest) = 32),
    purpose text not null check (purpose in ('register', 'sign-in')),
    account_id bigint references access.accounts,
    key_thumbprint bytea check (length(key_thumbprint) = 32), -- of the browser that began a sign-in: it alone may end it
    expires_at timestamptz not null,
    constraint a_sign_in_belongs_to_a_key check ((purpose = 'sign-in') <= (key_thumbprint is not null))
);

-- Identifiers of client assertions and of the identity process's own DPoP proofs: used once.
create table access.used_assertions (
    assertion_digest bytea primary key check (length(assertion_digest) = 32),
    expires_at timestamptz not null
);

grant usage on schema access to rempart_identity, rempart_operator, rempart_gate;
-- The identity process alone opens sessions. It sets no budget, registers no software, and moves no session to another account.
grant select on all tables in schema access to rempart_identity;
grant insert on access.sessions, access.invitations, access.challenges, access.used_assertions to rempart_identity;
grant insert (credential_id, account_id, public_key, sign_count, label, last_used_at) on access.passkeys to rempart_identity; -- staff is enrolled by gate.enrol_staff alone
grant update (revoked_at) on access.accounts to rempart_identity;
grant update (revoked_at, revoked_because) on access.sessions to rempart_identity;
grant update (sign_count, last_used_at, revoked_at) on access.passkeys to rempart_identity;
grant update (used_at) on access.invitations to rempart_identity;
grant delete on access.challenges, access.used_assertions to rempart_identity;
grant select on all tables in schema access to rempart_gate;
grant update (last_used_at, nonce_digest, revoked_at, revoked_because, timezone) on access.sessions to rempart_gate;
-- The operator registers and revokes, but neither mints a session nor reads one, and widens no budget alone.
grant select on access.professions, access.profession_rules to rempart_operator;
grant select, insert, update on access.organisations, access.professionals, access.accounts, access.software, access.invitations
    to rempart_operator;
grant select on access.identity_providers to rempart_operator; -- whom to believe goes through console.ask (0029)
grant insert, update on access.identity_providers to rempart_gate;
revoke insert, update on access.organisations from rempart_operator;
grant insert (finess, name, region, timezone), update (name, timezone) on access.organisations to rempart_operator;
-- Its region is that of its number, and some are contained by region: no operator moves one out of it.

insert into access.professions (profession_id, code, label)
values
    (1, 'pharmacist', 'Pharmacien'),
    (2, 'optician', 'Opticien-lunetier'),
    (3, 'audioprosthetist', 'Audioprothésiste'),
    (4, 'dentist', 'Chirurgien-dentiste'),
    (5, 'doctor', 'Médecin'),
    (6, 'auxiliary', 'Auxiliaire médical'),
    (7, 'laboratory', 'Laboratoire'),
    (8, 'transporter', 'Transporteur sanitaire'),
    (9, 'hospital', 'Établissement de santé'),
    (10, 'midwife', 'Sage-femme'),
    (11, 'device-supplier', 'Fournisseur de matériel');

-- Caps: on the synthetic honest world, 0.1 % of honest days go past them, and are asked for presence, not refused.
insert into access.profession_rules (
    profession_id, valid_from, domains, default_domain, people_per_day, rate_interval_ms, rate_burst, source
)
select
    profession_id, date '2024-01-01', domains, default_domain, people_per_day, rate_interval_ms, rate_burst,
    'caps measured on the synthetic honest world, November 2026'
from (values
    (1, (1 << 0) | (1 << 12), 0, 400, 500, 60),
    (2, 1 << 10, 10, 40, 1000, 30),
    (3, 1 << 11, 11, 40, 1000, 30),
    (4, (1 << 8) | (1 << 9), 8, 60, 1000, 30),
    (5, (1 << 1) | (1 << 4), 1, 60, 1000, 30),
    (6, 1 << 2, 2, 80, 1000, 30),
    (7, 1 << 3, 3, 600, 500, 60),
    (8, 1 << 6, 6, 80, 1000, 30),
    (9, (1 << 13) - 1, 7, 6000, 50, 200),
    (10, 1 << 5, 5, 60, 1000, 30),
    (11, 1 << 12, 12, 80, 1000, 30)
) as r (profession_id, domains, default_domain, people_per_day, rate_interval_ms, rate_burst);
