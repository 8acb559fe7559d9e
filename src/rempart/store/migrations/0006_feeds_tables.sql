-- The files that were brought, and the staging tables where the file at hand is held against what is known.
--
-- rempart_feeds may write into the staging tables and call the functions of the files that follow; it reads no row of people, not
-- even those that it staged. A file is one transaction: whoever is killed leaves the database as it was. The staging tables are
-- emptied when a file is opened, which also makes loads take turns, so a name is in use by one load at a time.
--
-- No table here is unlogged, although it would spare some writing: when PostgreSQL is killed while a transaction has made or truncated
-- an unlogged table, it may not start again ("could not create file …: File exists"; seen on 18.6, tests/feeds/test_load_crashes.py).
-- The backend takes its files back without the log knowing; recovery makes them again and finds the remains of the others.

create schema feeds;
create schema staging;

create table feeds.files (
    file_id bigint generated always as identity primary key,
    insurer_id int not null references members.insurers,
    sequence int not null check (sequence > 0),
    kind text not null check (kind in ('full', 'delta')),
    effective_on date not null,
    sha256 bytea not null check (length(sha256) = 32),
    row_count bigint not null,
    name text not null, -- of the file, without its directory
    state text not null check (state in ('waiting', 'approved', 'taken', 'withdrawn')),
    brought_by text not null,
    brought_at timestamptz not null default now(),
    approved_by text,
    approved_at timestamptz,
    taken_at timestamptz,
    difference jsonb not null, -- counts, and samples by digest: no identity
    constraint nobody_approves_what_he_brought check (approved_by <> brought_by),
    constraint approved_and_taken_say_when check (
        (state <> 'approved' or approved_at is not null) and (state <> 'taken' or taken_at is not null)
    )
);
create unique index one_file_taken_per_sequence on feeds.files (insurer_id, sequence) where state = 'taken';
create unique index one_file_waits_per_insurer on feeds.files (insurer_id) where state in ('waiting', 'approved');

-- The file at hand. One row.
create table staging.file (
    insurer_id int not null,
    sequence int not null,
    kind text not null,
    effective_on date not null,
    sha256 bytea not null,
    row_count bigint not null check (row_count between 0 and 1000000000),
    name text not null,
    brought_by text not null,
    is_first boolean not null,
    is_approved boolean not null,
    first_person_id bigint, -- of a file that is absorbed: its people are this number and those that follow
    inserted_before bigint[] -- of a file that is absorbed: see feeds.inserted_so_far
);

-- A load that was opened is ended in the same transaction, or nothing of it is kept.
create function staging.refuse_half_a_load() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from staging.file) then
        raise exception 'a load was opened and not ended';
    end if;
    return null;
end $$;
create constraint trigger a_load_is_ended after insert on staging.file deferrable initially deferred
    for each row execute function staging.refuse_half_a_load();

-- The staging tables have no null: rows of one length are laid out at once by the loader. No date is `infinity`, no card is zeros.
-- `place` numbers people from 0 in the order in which they come: in a file that is absorbed, a person has one place.
--
-- A person is here once per batch of lines in which he appears.
create table staging.people (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    card_digest bytea not null,
    alias_digest bytea not null, -- of the number in column nir
    traits_mark bigint not null -- hash of the identity columns: two of them for one person contradict each other
);
create table staging.other_aliases (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    alias_digest bytea not null
);
create table staging.lines (
    line bigint not null,
    place bigint not null check (place >= 0),
    reference_digest bytea not null,
    change smallint not null, -- 0 upsert, 1 close, 2 a bad line of this person
    contract_digest bytea not null,
    opens_on date not null,
    ends_on date not null,
    coverage_rank smallint not null,
    situation smallint not null,
    domains int not null,
    domains_without_tp int not null,
    waiting_domains int not null,
    waiting_until date not null,
    product_place int not null
);
create table staging.products (product_place int primary key, product_id int not null);
create table staging.identities (
    insurer_id int not null,
    contract_digest bytea not null,
    opens_on date not null,
    traits_digest bytea not null,
    sealed bytea not null
);
-- People who stay as they are: a line of theirs is bad, or contradicts another.
create table staging.held (reference_digest bytea primary key);
-- Aliases that two people claim: two lines of the file, or a line and who has it now.
create table staging.claims (
    line bigint not null,
    column_name text not null,
    alias_digest bytea not null,
    reference_digest bytea not null,
    owner_digest bytea -- null: claimed by another line
);
create table staging.complaints (line bigint not null, column_name text not null, reason text not null);
-- What the file changes, line by line; lines that change nothing are not here.
create table staging.changes (
    action smallint not null, -- 1 new, 2 changed, 3 closed, 4 never opens
    line bigint, -- null: closed for being absent
    person_id bigint, -- null: a new person
    reference_digest bytea not null,
    contract_digest bytea not null,
    opens_on date not null,
    ends_on date,
    former_ends_on date,
    closes boolean not null,
    reopens boolean not null,
    is_backdated boolean not null
);
