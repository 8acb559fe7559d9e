-- Operators: named people, their passkeys, their sessions at the console. No insured person and no professional is in this schema's
-- tables, and none of these sessions is one for the gate, which reads access.sessions alone.
--
-- The database itself checks what an operator's key signed (console.is_signed): whoever owns the console's process, with its role and
-- all that it may execute, opens no session and performs no act that a key did not sign just now. Its role reads no table here.

create schema console;

create table console.operators (
    operator_id bigint generated always as identity primary key,
    name text not null constraint a_name_is_short_and_on_one_line check (
        name ~ '^\S.{0,78}\S$' and platform.is_one_line(name)),
    role text not null check (role in ('support', 'security', 'data-protection')),
    invited_by text not null, -- the user of the machine where the command was typed
    invited_at timestamptz not null default now(),
    needs_approval boolean not null, -- there were two operators already: two who are there sign before this one enters (0029)
    approved_by bigint references console.operators,
    approved_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    constraint nobody_admits_themselves check (approved_by <> operator_id)
);
create unique index one_operator_per_name on console.operators (lower(name)) where revoked_at is null;

create table console.invitations (
    code_digest bytea primary key check (length(code_digest) = 32),
    operator_id bigint not null references console.operators,
    expires_at timestamptz not null,
    used_at timestamptz
);

create table console.passkeys (
    credential_id bytea primary key,
    operator_id bigint not null references console.operators,
    public_key bytea not null, -- COSE, ES256 alone: the map that RFC 9053 7.1 gives, its members in this order
    origin text not null, -- of the console where it was made; it serves nowhere else
    rp_digest bytea not null check (length(rp_digest) = 32),
    sign_count bigint not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint a_key_is_of_p256 check (
        length(public_key) = 77 and substr(public_key, 1, 10) = '\xa5010203262001215820' and substr(public_key, 43, 3) = '\x225820'
    )
);
create index passkeys_of_an_operator on console.passkeys (operator_id);

create table console.sessions (
    session_id bigint generated always as identity primary key,
    token_digest bytea not null unique check (length(token_digest) = 32),
    key_thumbprint bytea not null check (length(key_thumbprint) = 32),
    operator_id bigint not null references console.operators,
    opened_at timestamptz not null default now(),
    expires_at timestamptz not null,
    idle_s int not null,
    last_used_at timestamptz not null default now(), -- by a person: what a page asks by itself does not count
    nonce_digest bytea not null, -- of the nonce that the next proof must carry
    last_proof bytea, -- sent again when its answer was lost
    revoked_at timestamptz,
    revoked_because text
);
create index sessions_of_an_operator on console.sessions (operator_id);

-- Handed out for one ceremony. For an act, it is the digest of a salt and of the sentence that the operator reads.
create table console.challenges (
    challenge bytea primary key check (length(challenge) = 32),
    purpose text not null check (purpose in ('register', 'sign-in', 'act')),
    operator_id bigint references console.operators,
    key_thumbprint bytea, -- of the browser's key that began a sign-in: what the passkey signs opens nothing with another one
    session_id bigint references console.sessions,
    act jsonb,
    sentence text,
    salt bytea,
    expires_at timestamptz not null,
    constraint an_act_is_somebodys check ((purpose = 'act') = (num_nonnulls(session_id, act, sentence, salt) = 4))
);
create index challenges_by_expiry on console.challenges (expires_at);

-- What was done, never changed afterwards: the sentence, and what the key signed, which anybody who has the public key can check again.
create table console.acts (
    act_id bigint generated always as identity primary key,
    operator_id bigint not null references console.operators,
    done_at timestamptz not null default now(),
    sentence text not null,
    act jsonb not null,
    verdict text not null,
    salt bytea not null,
    credential_id bytea not null references console.passkeys,
    client_data bytea not null,
    authenticator_data bytea not null,
    signature bytea not null
);

grant usage on schema console to rempart_gate, rempart_console, rempart_operator;
grant select, insert, update on console.operators, console.invitations, console.passkeys, console.sessions to rempart_gate;
grant select, insert, delete on console.challenges to rempart_gate;
grant select, insert on console.acts to rempart_gate;

-- Signatures: ECDSA on P-256 with SHA-256, verified only. Everything here is public, so no duration tells anything.
-- Sources: FIPS 186-5 6.4.2; formulas dbl-2001-b and madd of the Explicit-Formulas Database, a = -3. It takes some tens of milliseconds.

create function console.number_of(p_bytes bytea) returns numeric language plpgsql immutable strict
set search_path = pg_catalog, pg_temp as $$
declare
    number numeric := 0;
begin
    for i in 0 .. length(p_bytes) - 1 loop
        number := number * 256 + get_byte(p_bytes, i);
    end loop;
    return number;
end $$;

create function console.inverse_of(p_number numeric, p_modulus numeric) returns numeric language plpgsql immutable strict
set search_path = pg_catalog, pg_temp as $$
declare
    r0 numeric := p_modulus; r1 numeric := mod(p_number, p_modulus);
    t0 numeric := 0; t1 numeric := 1;
    q numeric; kept numeric;
begin
    if r1 < 0 then r1 := r1 + p_modulus; end if;
    while r1 <> 0 loop
        q := div(r0, r1);
        kept := r0 - q * r1; r0 := r1; r1 := kept;
        kept := t0 - q * t1; t0 := t1; t1 := kept;
    end loop;
    return case when t0 < 0 then t0 + p_modulus else t0 end;
end $$;

create function console.is_on_curve(p_key bytea) returns boolean language sql immutable strict
set search_path = pg_catalog, pg_temp as $$
    select x < p and y < p and mod(y * y - x * x * x + 3 * x - b, p) = 0
    from (select
        console.number_of(substr(p_key, 11, 32)) as x, console.number_of(substr(p_key, 46, 32)) as y,
        115792089210356248762697446949407573530086143415290314195533631308867097853951::numeric as p,
        41058363725152142129326129780047268409114441015993725554835256314039467401291::numeric as b
    ) as point
$$;

-- A number of a signature in DER; null where it is not written as DER wants it.
create function console.number_in(p_der bytea, p_at int) returns numeric language sql immutable strict
set search_path = pg_catalog, pg_temp as $$
    select case
        when length(p_der) < p_at + 2 or get_byte(p_der, p_at) <> 2 then null
        when get_byte(p_der, p_at + 1) not between 1 and 33 or length(p_der) < p_at + 2 + get_byte(p_der, p_at + 1) then null
        when get_byte(p_der, p_at + 2) > 127 then null
        when get_byte(p_der, p_at + 1) > 1 and get_byte(p_der, p_at + 2) = 0 and get_byte(p_der, p_at + 3) < 128 then null
        else console.number_of(substr(p_der, p_at + 3, get_byte(p_der, p_at + 1)))
    end
$$;

create function console.is_signed(p_key bytea, p_signed bytea, p_signature bytea) returns boolean language plpgsql immutable strict
set search_path = pg_catalog, pg_temp as $$
declare
    p constant numeric := 115792089210356248762697446949407573530086143415290314195533631308867097853951;
    n constant numeric := 115792089210356248762697446949407573529996955224135760342422259061068512044369;
    xs constant numeric[] := array[
        48439561293906451759052585252797914202762949526041747995844080717082404635286, console.number_of(substr(p_key, 11, 32))];
    ys constant numeric[] := array[
        36134250956749795798585127919587881956611106672985015071877198253568414405109, console.number_of(substr(p_key, 46, 32))];
    r numeric; s numeric; w numeric;
    factors numeric[]; bits text[] := array['', ''];
    x numeric := 1; y numeric := 1; z numeric := 0; -- the sum so far, in Jacobian coordinates; z = 0: the point at infinity
    u numeric; v numeric; h numeric; hh numeric; hhh numeric; xx numeric;
    is_double boolean;
begin
    if length(p_key) <> 77 or not console.is_on_curve(p_key) then return false; end if;
    if length(p_signature) < 8 or get_byte(p_signature, 0) <> 48 or get_byte(p_signature, 1) <> length(p_signature) - 2 then return false; end if;
    r := console.number_in(p_signature, 2);
    if r is null then return false; end if;
    s := console.number_in(p_signature, 4 + get_byte(p_signature, 3));
    if s is null or length(p_signature) <> 6 + get_byte(p_signature, 3) + get_byte(p_signature, 5 + get_byte(p_signature, 3)) then
        return false;
    end if;
    if r <= 0 or r >= n or s <= 0 or s >= n then return false; end if;
    w := console.inverse_of(s, n);
    factors := array[mod(console.number_of(sha256(p_signed)) * w, n), mod(r * w, n)];
    for k in 1 .. 2 loop
        u := factors[k];
        for i in 1 .. 256 loop
            bits[k] := mod(u, 2)::text || bits[k];
            u := div(u, 2);
        end loop;
    end loop;
    for i in 1 .. 256 loop
        for k in 0 .. 2 loop -- double, then add the base point and the key's as their bits say
            is_double := k = 0;
            if k > 0 then
                continue when substr(bits[k], i, 1) = '0';
                if z = 0 then
                    x := xs[k]; y := ys[k]; z := 1;
                    continue;
                end if;
                hh := mod(z * z, p);
                h := mod(xs[k] * hh - x, p);
                v := mod(ys[k] * mod(z * hh, p) - y, p);
                if h = 0 and v <> 0 then
                    z := 0;
                    continue;
                end if;
                is_double := h = 0;
            end if;
            if is_double then
                continue when z = 0;
                hh := mod(z * z, p);
                u := mod(y * y, p);
                v := mod(x * u, p);
                h := mod(3 * (x - hh) * (x + hh), p);
                x := mod(h * h - 8 * v, p);
                z := mod((y + z) * (y + z) - u - hh, p);
                y := mod(h * (4 * v - x) - 8 * u * u, p);
            else
                hh := mod(h * h, p);
                hhh := mod(h * hh, p);
                u := mod(x * hh, p);
                xx := mod(v * v - hhh - 2 * u, p);
                y := mod(v * (u - xx) - y * hhh, p);
                z := mod(z * h, p);
                x := xx;
            end if;
        end loop;
    end loop;
    if z = 0 then return false; end if;
    w := console.inverse_of(z, p);
    x := mod(x * mod(w * w, p), p);
    return mod(case when x < 0 then x + p else x end, n) = r;
end $$;

-- Take what a key signed over a challenge: whose it is, or null. The person was verified, on this console's own page, by a key in
-- force of an operator in force. Source: https://www.w3.org/TR/webauthn-3/ 7.2.
create function console.operator_who_signed(
    p_credential bytea, p_client_data bytea, p_authenticator_data bytea, p_signature bytea, p_challenge bytea
) returns bigint language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    k console.passkeys;
    said constant jsonb := convert_from(p_client_data, 'UTF8')::jsonb;
    counted bigint;
begin
    select * into k from console.passkeys as c where c.credential_id = p_credential and c.revoked_at is null for update;
    if not found or length(p_authenticator_data) < 37 then return null; end if;
    counted := console.number_of(substr(p_authenticator_data, 34, 4));
    if said ->> 'type' is distinct from 'webauthn.get'
        or said ->> 'challenge' is distinct from translate(rtrim(encode(p_challenge, 'base64'), '='), '+/', '-_')
        or said ->> 'origin' is distinct from k.origin or coalesce(said ->> 'crossOrigin', 'false') <> 'false'
        or substr(p_authenticator_data, 1, 32) <> k.rp_digest
        or get_byte(p_authenticator_data, 32) & 5 <> 5 -- present, and verified
        or (greatest(counted, k.sign_count) > 0 and counted <= k.sign_count)
        or not console.is_signed(k.public_key, p_authenticator_data || sha256(p_client_data), p_signature)
    then
        return null;
    end if;
    update console.passkeys as c set sign_count = counted, last_used_at = now() where c.credential_id = p_credential;
    return (
        select o.operator_id from console.operators as o
        where o.operator_id = k.operator_id and o.revoked_at is null and (o.approved_at is not null or not o.needs_approval)
    );
end $$;

-- Operators in force: who has a key, and may enter.
create function console.operators_in_force() returns bigint language sql stable
set search_path = pg_catalog, pg_temp as $$
    select count(*) from console.operators as o
    where o.revoked_at is null and (o.approved_at is not null or not o.needs_approval)
        and exists (select from console.passkeys as k where k.operator_id = o.operator_id and k.revoked_at is null)
$$;

-- Invite somebody, at the machine: the first two come by the machine's word, those after them by the signatures of two who are there.
-- Who once had a key counts for ever, and so does who was dismissed since there was a key: whoever dismisses everybody begins nothing
-- again, and the first one there does not put herself in the place of the second who was invited. Null: that name is taken.
create function console.invite(p_name text, p_role text, p_code_digest bytea, p_life_days int, p_by text)
returns table (operator_id bigint, needs_approval boolean, expires_at timestamptz) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made bigint;
    needs boolean;
    until constant timestamptz := now() + make_interval(days => p_life_days);
begin
    lock table console.operators in share row exclusive mode; -- two invitations at once count each other
    -- Those invited and not arrived count: else one person at the machine would invite three before the first has a key.
    select count(*) >= 2 into needs from console.operators as o
    where o.revoked_at is null or exists (select from console.passkeys as k where k.operator_id = o.operator_id)
        or exists (select from console.passkeys as k where k.created_at <= o.revoked_at);
    insert into console.operators (name, role, invited_by, needs_approval) values (p_name, p_role, p_by, needs)
    on conflict do nothing returning operators.operator_id into made;
    if made is null then return; end if;
    insert into console.invitations (code_digest, operator_id, expires_at) values (p_code_digest, made, until);
    return query select made, needs, until;
end $$;

create function console.list_operators()
returns table (
    operator_id bigint, name text, role text, invited_at timestamptz, has_key boolean, needs_approval boolean, approved_by text,
    revoked_at timestamptz, fingerprint text, last_used_at timestamptz
) language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select o.operator_id, o.name, o.role, o.invited_at, k.public_key is not null, o.needs_approval, a.name, o.revoked_at,
        left(encode(sha256(k.public_key), 'hex'), 16), k.last_used_at
    from console.operators as o
    left join console.operators as a on a.operator_id = o.approved_by
    left join lateral (
        select c.public_key, c.last_used_at from console.passkeys as c where c.operator_id = o.operator_id and c.revoked_at is null limit 1
    ) as k on true
    order by o.operator_id
$$;

-- Take an operator's access back, sessions included; false if there is none of that number.
create function console.dismiss(p_operator_id bigint, p_by text) returns boolean language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
    update console.operators as o set revoked_at = now(), revoked_by = p_by
    where o.operator_id = p_operator_id and o.revoked_at is null;
    if not found then return false; end if;
    update console.passkeys as k set revoked_at = now() where k.operator_id = p_operator_id and k.revoked_at is null;
    update console.sessions as s set revoked_at = now(), revoked_because = 'dismissed'
    where s.operator_id = p_operator_id and s.revoked_at is null;
    update console.proposals as r set closed_at = platform.present(), closed_as = 'withdrawn', closed_by = p_by
    where r.kind = 'admit' and r.closed_at is null and (r.what ->> 'operator_id')::bigint = p_operator_id;
    return true;
end $$;

-- Who an invitation is for; it serves once, and only somebody who has no key yet.
create function console.invited(p_code_digest bytea)
returns table (operator_id bigint, name text, role text, needs_approval boolean, expires_at timestamptz)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select o.operator_id, o.name, o.role, o.needs_approval, i.expires_at
    from console.invitations as i join console.operators as o on o.operator_id = i.operator_id
    where i.code_digest = p_code_digest and i.used_at is null and i.expires_at > now() and o.revoked_at is null
        and not exists (select from console.passkeys as k where k.operator_id = o.operator_id)
$$;

-- Hand a challenge out for a registration (whose code is known) or a sign-in; it serves once.
create function console.begin_ceremony(p_challenge bytea, p_code_digest bytea, p_thumbprint bytea, p_life_s int) returns boolean
language sql security definer
set search_path = pg_catalog, pg_temp as $$
    with expired as (delete from console.challenges as c where c.expires_at < now()),
    handed as (
        insert into console.challenges (challenge, purpose, operator_id, key_thumbprint, expires_at)
        select p_challenge, case when p_code_digest is null then 'sign-in' else 'register' end,
            (select i.operator_id from console.invited(p_code_digest) as i), p_thumbprint, now() + make_interval(secs => p_life_s)
        where p_code_digest is null or exists (select from console.invited(p_code_digest))
        returning 1
    )
    select exists (select from handed)
$$;

-- Register the one passkey of an invitation. No session comes of it: signing in is the next act.
create function console.enrol(
    p_code_digest bytea, p_challenge bytea, p_credential bytea, p_public_key bytea, p_sign_count bigint, p_origin text, p_rp_digest bytea
) returns boolean language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
    invited bigint;
    handed_to bigint;
begin
    lock table console.passkeys in share row exclusive mode; -- of two browsers with one code, one is late
    select i.operator_id into invited from console.invited(p_code_digest) as i;
    delete from console.challenges as c
    where c.challenge = p_challenge and c.purpose = 'register' and c.expires_at > now() returning c.operator_id into handed_to;
    if invited is null or handed_to is distinct from invited or not console.is_on_curve(p_public_key) then return false; end if;
    insert into console.passkeys (credential_id, operator_id, public_key, sign_count, origin, rp_digest)
    values (p_credential, invited, p_public_key, p_sign_count, p_origin, p_rp_digest)
    on conflict do nothing;
    if not found then return false; end if;
    update console.invitations as i set used_at = now() where i.code_digest = p_code_digest;
    insert into console.proposals (kind, what, because, asked_by)
    select 'admit', jsonb_build_object('operator_id', o.operator_id), 'invité à la machine', o.invited_by
    from console.operators as o where o.operator_id = invited and o.needs_approval;
    return true;
end $$;

-- The public key of a passkey in force, for the console's own look at a ceremony before the database's; nothing for another.
create function console.public_key_of(p_credential bytea) returns table (public_key bytea, sign_count bigint)
language sql stable security definer
set search_path = pg_catalog, pg_temp as $$
    select k.public_key, k.sign_count from console.passkeys as k where k.credential_id = p_credential and k.revoked_at is null
$$;

-- Open a session for whoever's key signed the challenge; no row where none did.
create function console.sign_in(
    p_credential bytea, p_client_data bytea, p_authenticator_data bytea, p_signature bytea, p_challenge bytea,
    p_token_digest bytea, p_thumbprint bytea, p_nonce_digest bytea, p_life_s int, p_idle_s int
) returns table (name text, role text) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    who bigint;
begin
    delete from console.challenges as c
    where c.challenge = p_challenge and c.purpose = 'sign-in' and c.key_thumbprint = p_thumbprint and c.expires_at > now();
    if not found then return; end if;
    who := console.operator_who_signed(p_credential, p_client_data, p_authenticator_data, p_signature, p_challenge);
    if who is null then return; end if;
    insert into console.sessions (token_digest, key_thumbprint, operator_id, expires_at, idle_s, nonce_digest)
    values (p_token_digest, p_thumbprint, who, now() + make_interval(secs => least(p_life_s, 14400)), least(p_idle_s, 1800), p_nonce_digest);
    return query select o.name, o.role from console.operators as o where o.operator_id = who;
end $$;

-- Take a proof of a session, and exchange its nonce; the verdict is `admitted`, or the code of a refusal. A copy of the browser's profile
-- diverges from its owner at the first proof: both are out. A page that asks by itself keeps nobody's session alive.
create function console.admit(p_token bytea, p_thumbprint bytea, p_proof bytea, p_nonce bytea, p_is_by_hand boolean)
returns table (verdict text, next_nonce text, name text, role text) language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    s console.sessions;
    refused text;
    nonce constant text := replace(gen_random_uuid()::text, '-', '');
begin
    select * into s from console.sessions as c where c.token_digest = p_token for update;
    refused := case
        when s.session_id is null then 'session-unknown'
        when s.revoked_at is not null then 'session-revoked'
        when s.expires_at <= now() then 'session-expired'
        when s.key_thumbprint <> p_thumbprint then 'key-mismatch'
        when s.last_used_at + make_interval(secs => s.idle_s) <= now() then 'session-idle'
        when s.last_proof = p_proof then 'proof-replayed'
        when s.nonce_digest is distinct from p_nonce then 'nonce-diverged'
    end;
    if refused = 'nonce-diverged' then
        update console.sessions as c set revoked_at = now(), revoked_because = refused where c.session_id = s.session_id;
    end if;
    if refused is not null and refused <> 'proof-replayed' then
        return query select refused, null::text, null::text, null::text;
        return;
    end if;
    update console.sessions as c
    set nonce_digest = sha256(convert_to(nonce, 'UTF8')), last_proof = p_proof,
        last_used_at = case when p_is_by_hand and refused is null then now() else c.last_used_at end
    where c.session_id = s.session_id;
    if refused is not null then -- the last proof again, whose answer a page that was left never read: told nothing but the next nonce
        return query select refused, nonce, null::text, null::text;
        return;
    end if;
    return query select 'admitted', nonce, o.name, o.role from console.operators as o where o.operator_id = s.operator_id;
end $$;

create function console.sign_out(p_token bytea) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
    update console.sessions as s set revoked_at = now(), revoked_because = 'signed out'
    where s.token_digest = p_token and s.revoked_at is null
$$;

-- Whose session this is, alive; nobody else is told anything.
create function console.present(p_token bytea) returns console.sessions language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    s console.sessions;
begin
    select * into s from console.sessions as c
    where c.token_digest = p_token and c.revoked_at is null and c.expires_at > now()
        and c.last_used_at + make_interval(secs => c.idle_s) > now();
    if not found then
        raise exception 'no operator is there' using errcode = 'insufficient_privilege';
    end if;
    return s;
end $$;

do $$
declare
    made regprocedure;
begin
    for made in select p.oid from pg_proc as p where p.pronamespace = 'console'::regnamespace loop
        execute format('alter function %s owner to rempart_gate', made);
        execute format('revoke all on function %s from public', made);
    end loop;
end $$;
grant execute on function console.invite, console.list_operators, console.dismiss to rempart_operator;
grant execute on function console.invited, console.begin_ceremony, console.enrol, console.public_key_of, console.sign_in, console.admit,
    console.sign_out to rempart_console;
