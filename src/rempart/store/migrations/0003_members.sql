-- Insured people, as their insurers' feeds tell them. Nobody who can log in reads a row of people here: the gate (rempart_gate)
-- answers questions, the loader (rempart_loader) applies a staged file. A row of rights holds no identity; what identifies is
-- sealed under the insurer's data key, and is opened by no rights answer.

create schema members;

create table members.insurers (
    insurer_id int generated always as identity primary key,
    amc_number text not null unique check (amc_number ~ '^[0-9A-Z]{10}$'),
    name text not null constraint an_insurers_name_is_short_and_on_one_line
        check (length(name) between 1 and 120 and name ~ '\S' and platform.is_one_line(name) and name !~ '[→«»]'), -- operators read it in what they sign
    data_age_max_h int not null default 48 check (data_age_max_h >= 24), -- older, a negative answer is not trusted
    data_as_of timestamptz, -- when the last file was taken; null: none yet
    people_count bigint not null default 0,
    rights_count bigint not null default 0,
    served_until timestamptz
);

-- What an insurer asks of those who ask, dated; without a row: nothing, then the known patient, and every proof is good. Presences are
-- numbered in domain/rights.py. A change closes a row and opens the next one.
create table members.presence_policies (
    insurer_id int not null references members.insurers,
    valid_from date not null,
    valid_until date not null default 'infinity', -- the first day on which it is no longer in force
    required smallint not null check (required in (0, 1, 3)), -- the least on an ordinary day
    required_when_stepped_up smallint not null check (required_when_stepped_up in (1, 3)), -- and where presence is asked for
    accepted int not null, -- the presences that count, by their bits: an insurer whose cards have no secret yet leaves them out
    primary key (insurer_id, valid_from),
    check (valid_from < valid_until)
);
create unique index one_policy_in_force_per_insurer on members.presence_policies (insurer_id) where valid_until = 'infinity';

create table members.people (
    person_id bigint generated always as identity primary key,
    insurer_id int not null, -- no foreign key: it would be looked up a million times a load, and the loader has locked the insurer
    reference_digest bytea not null, -- keyed digest of the insurer's own number of the person (feeds/digests.py)
    card_digest bytea, -- SHA-256 of the secret of the current card; 80 random bits or more, so it cannot be searched
    aliases_mark bigint not null default 0 -- of the aliases that were last said: the first 8 bytes of each, by exclusive or
);
create unique index one_person_per_reference on members.people (reference_digest);
create index people_of_an_insurer on members.people using brin (insurer_id); -- a load gives its people neighbouring numbers

-- Each way to name a person at an insurer: HMAC-SHA256(index key of the insurer, NIR | birth date | rank).
create table members.aliases (
    alias_digest bytea primary key,
    person_id bigint not null,
    insurer_id int not null
);
-- People whose numbers are near have their aliases near, to a few thousand pages: enough to count those of a first file. The aliases
-- of one person are looked for when they changed only, which his mark tells; a tree would cost a first load a tenth of its speed.
create index aliases_of_a_person on members.aliases using brin (person_id) with (pages_per_range = 32);

-- What is known today. What was known before is in rights_history.
create table members.rights (
    person_id bigint not null,
    contract_digest bytea not null, -- keyed digest of the person's reference and the contract number (feeds/digests.py)
    opens_on date not null,
    ends_on date, -- the last day covered; null: no known end
    coverage_rank smallint not null,
    situation smallint not null check (situation in (0, 1, 2)), -- active, suspended, renewal in progress
    domains int not null,
    domains_without_tp int not null,
    waiting_domains int not null,
    waiting_until date, -- the first day covered in these domains
    product_id int not null,
    known_from timestamptz not null,
    constraint a_period_ends_after_it_opens check (ends_on is null or ends_on >= opens_on),
    primary key (person_id, contract_digest, opens_on)
);

create table members.rights_history (
    person_id bigint not null,
    contract_digest bytea not null,
    opens_on date not null,
    ends_on date,
    coverage_rank smallint not null,
    situation smallint not null,
    domains int not null,
    domains_without_tp int not null,
    waiting_domains int not null,
    waiting_until date,
    product_id int not null,
    known_from timestamptz not null,
    known_until timestamptz not null
);
create index history_of_a_person on members.rights_history (person_id, contract_digest, opens_on);

-- Identity traits and contract numbers, sealed (AES-256-GCM-SIV; associated data: the line's identity and the insurer). One
-- partition an insurer: a first load fills a table of its own at the speed of COPY, and an insurer who leaves is one table dropped.
create table members.identities (
    insurer_id int not null,
    contract_digest bytea not null,
    opens_on date not null,
    traits_digest bytea not null, -- keyed digest of what is sealed, so that an identity that did not change is not written again
    sealed bytea not null,
    primary key (insurer_id, contract_digest, opens_on)
) partition by list (insurer_id);

create table members.products (
    product_id int generated always as identity primary key,
    insurer_id int not null references members.insurers,
    code text not null,
    unique (insurer_id, code)
);

grant usage on schema members to rempart_gate, rempart_loader, rempart_feeds, rempart_operator;
grant select on members.insurers to rempart_feeds, rempart_operator, rempart_identity;
grant usage on schema members to rempart_identity;
grant insert (amc_number, name, data_age_max_h) on members.insurers to rempart_operator;
grant update (name, data_age_max_h, served_until) on members.insurers to rempart_operator;
grant select on members.presence_policies to rempart_operator; -- changed by console.ask alone (0029), which tells what loosens
grant insert, update, delete on members.presence_policies to rempart_gate;
grant select on members.insurers, members.presence_policies, members.people, members.aliases, members.rights to rempart_gate;
grant select, insert, update, delete on all tables in schema members to rempart_loader;
