"""Every maximum of the platform, named, with its unit and its reason. A number that bounds something is nowhere else."""

BATCH_QUESTIONS_MAX = 64
"""Questions that one gate call takes: beyond, one commit serves no more and the first of the batch waits for the last."""

GATHERING_LULL_S = 0.001
"""A silence after which questions stop waiting for others: a caller on the same machine asks again within half of it."""

GATHERING_MAX_S = 0.010
"""How long questions wait for others at most, while more keep coming: what a batch of 64 takes on a busy machine."""

PROOF_AGE_MAX_S = 60
"""How old a DPoP proof may be (RFC 9449 11.1); its `jti` is remembered longer than that."""

PROOF_LEAD_MAX_S = 5
"""How far ahead of ours a client's clock may be."""

PROOF_MAX_BYTES = 4_096
"""A proof by P-256 is under 700 bytes; some clients add members to their key. Beyond this nobody made it in good faith."""

PROOF_ID_MIN_CHARS = 16
"""96 random bits in base64url, the least that RFC 9449 4.2 asks of a `jti`."""

PROOF_ID_MAX_CHARS = 256
"""The longest `jti`; a UUID has 36 characters."""

SESSIONS_REMEMBERED_MAX = 16_384
"""Sessions that a face process lets go before strangers: as many as keys, some 3 MB."""

PROOF_KEYS_REMEMBERED_MAX = 16_384
"""Keys that a process remembers between proofs: at 1.4 kB a key measured, 23 MB; twice the sessions of a busy day per process."""

STATEMENT_MAX_BYTES = 32_768
"""A client assertion is under 1 kB; an identity token that lists thirty places of exercise is under 20 kB."""

STATEMENT_ID_MIN_CHARS = 8
"""The shortest `jti` of a client assertion: it is the client's own, who alone would suffer from a repeat."""

STATEMENT_ID_MAX_CHARS = 256
"""The longest `jti` of a client assertion."""

KEY_SET_KEYS_MAX = 10
"""Keys of one software or provider: two in rotation, for each of a few algorithms."""

RSA_KEY_MIN_BITS = 2_048
"""The least that ANSSI and NIST still accept for a signature."""

KEY_SET_MAX_BYTES = 65_536
"""The longest key set that is read from a provider."""

PROVIDER_KEYS_FRESH_S = 600
"""How long a provider's keys are used before they are asked for again."""

PROVIDER_KEYS_STALE_MAX_S = 3_600
"""How long they are still used when the provider does not answer: an hour of its outage closes no pharmacy."""

PROVIDER_KEYS_RETRY_S = 30
"""How long before a provider is asked again for a key that its set did not have."""

PROVIDER_TIMEOUT_S = 5
"""How long a provider may take to answer."""

ASSERTION_LIFE_MAX_S = 300
"""The longest life of a client assertion (SMART Backend Services: five minutes)."""

SOFTWARE_SESSION_LIFE_S = 900
"""How long a software's access token lives; the professional's proof of identity is asked for again after that."""

BROWSER_SESSION_LIFE_S = 4 * 3600
"""How long a browser session lives in all, used or not."""

BROWSER_SESSION_IDLE_S = 30 * 60
"""How long a browser session may stay unused."""

CEREMONY_LIFE_S = 300
"""How long a passkey ceremony may take, from its challenge to its answer."""

PSC_ATTEMPT_LIFE_S = 600
"""How long a sign-in at Pro Santé Connect may take: to find one's telephone, open e-CPS and type its code."""

PSC_CHOICE_LIFE_S = 300
"""How long a professional may take to say at which of his places he works."""

PSC_TEXT_MAX_CHARS = 4_096
"""The longest code or state that comes back in an address; Keycloak's codes are under 200 characters."""

PSC_ANSWER_MAX_BYTES = 131_072
"""The longest document of a provider: userinfo with thirty places of exercise is under 30 kB."""

PSC_CALLS_MAX = 8
"""Calls to the provider at once, each in a thread for 5 s at most: a provider that is silent holds no more of us than that."""

PSC_WAITING_MAX = 64
"""Sign-ins that wait for one of these calls: past that the provider is down, and one is told so at once."""

PASSKEYS_PER_ACCOUNT_MAX = 5
"""A telephone, two workstations, a spare key: beyond that nobody knows where they all are."""

INVITATION_LIFE_DAYS = 7
"""How long an invitation serves: a week of holidays, and no more."""

STAFF_PER_TITULAIRE_MAX = 100
"""Named members of one titulaire's staff: several times a large pharmacy's, and all that a stolen session could invite."""

STAFF_PER_STRUCTURE_MAX = 2_000
"""The same of a structure: who admits and bills in the largest hospitals under one FINESS."""

STAFF_ENROLLED_PER_DAY_TITULAIRE = 5
"""Members whom one professional enrols in 24 hours, at all his places, those revoked since included: the whole team of a shop
that begins, and as many as a thief has before the letters are read."""

STAFF_ENROLLED_PER_DAY_STRUCTURE = 50
"""The same for a structure: an admission desk with its night shift in a day, a hospital in a week."""

STAFF_NEW_HOURS = 24
"""How long a new member of a staff proves the presence of whom he asks about: until the holder's letters of it have been read."""

STAFF_NAME_MAX_CHARS = 80
"""A name that fits on one line of the portal."""

UNPROVEN_REQUESTS_BURST = 120
"""Requests without a session that may come at once from one address: a large shop opening in the morning."""

UNPROVEN_REQUESTS_INTERVAL_MS = 200
"""One such request each, in the long run; a sign-in takes two."""

THROTTLED_ADDRESSES_MAX = 65_536
"""Addresses that the throttle remembers, under 10 MB; the one that was idle longest is forgotten first."""

LISTED_PROFESSIONALS_MAX = 10_000
"""Lines of the operator's list: beyond, nobody reads it, and a query says more."""

CLIENT_ID_MAX_CHARS = 100
"""The longest name of a software; it stands in every assertion."""

TOKEN_PARAMETERS_MAX = 32
"""Parameters of a token request: the standards in use name fifteen."""

SERVER_CONNECTIONS = 100
"""Of the embedded server, unless there are many workers: those of all roles below, and twenty for operators and the owner."""

FHIR_CONNECTIONS_PER_WORKER = 4
"""A worker has one lane to the gate; a killed one's connection may outlive it for an instant."""

ROLE_CONNECTIONS = dict(portal=8, counter=8, identity=12, console=12, public=4, feeds=8, worker=16)  # noqa: C408 (a line)
"""At most at once, of each role but operators: twice what its process opens. A face that was taken over cannot take them all."""

HELD_TRANSACTIONS_PERIOD_S = 5
"""How often the worker looks for transactions of faces that stay open."""

HELD_TRANSACTION_MAX_S = 15
"""How long a face's transaction may stay open: none lasts a second, and its statements are stopped after ten."""

DATA_AGE_MIN_H = 24
"""An insurer sends a file a day; what it says of who left is not mistrusted sooner, for the detectors hear nothing of it then."""

IDENTITY_CONNECTIONS = 4
"""Connections of the identity process to the database: two cores cannot keep more busy."""

HOUSEKEEPING_PERIOD_S = 60
"""How often expired challenges, assertions and proofs are swept; the gate's proofs go by the minute."""

REQUEST_HEAD_MAX_BYTES = 131_072
"""A request line and its headers, ten times what any software sends: they are kept in memory before anybody is known."""

REQUEST_BODY_MAX_BYTES = 65_536
"""A rights question is under 4 kB; beyond this it is not one, and nobody may fill our memory."""

REQUEST_BODY_MAX_S = 10
"""How long a body may take to arrive: longer is a caller that holds our memory on purpose, or a line that will not do."""

BREAK_GLASS_PER_DAY = 3
"""Answers without proof of presence that a titulaire and his staff may have a day together, or one account of a structure; each
is told to the person. The holder's and not the account's: else who holds a titulaire's account enrols staff for its glasses."""

BREAK_GLASS_PER_DAY_STRUCTURE = 60
"""The same for all accounts of a structure: twenty desks with three each. A hospital with 300 staff cannot live on three."""

PRESENCE_REQUESTS_PER_DAY = 40
"""Codes and approvals that a titulaire and his staff may have sent a day together, or one account of a structure: each is a
message to somebody, and five guesses."""

PRESENCE_REQUESTS_PER_DAY_STRUCTURE = 400
"""The same for all accounts of a structure: ten desks with forty each."""

KNOWN_PATIENT_MONTHS = 12
"""How long a person proven present at a shop stays a known patient there."""

IDEMPOTENCY_LIFE_H = 24
"""How long a repeat with the same key is recognised."""

IDEMPOTENCY_KEY_MAX_CHARS = 255
"""The length of an Idempotency-Key, as other interfaces bound it; beyond it, it is no key."""

CARE_DATE_PAST_MAX_DAYS = 822
"""Two years after care, the time limit of an invoice, and a quarter for appeals."""

CARE_DATE_AHEAD_MAX_DAYS = 366
"""Care can be planned a year ahead; further, no right is known."""

WAITING_QUESTIONS_MAX = 2_000
"""Questions that wait in one face process: a third of a second of work; past that, a caller is better told to come back."""

KEYRING_FRAME_MAX_BYTES = 8 * 1024 * 1024
"""One request to the keyring or one answer: 8,192 records of 1 kB; more would fill the keyring's memory."""

KEYRING_BULK_ITEMS_MAX = 8_192
"""Records in one long request: unpacking them takes 2 ms, and the online questions wait for that."""

KEYRING_ITEMS_MAX = 1_024
"""Look-ups in one mixed request: the questions of a batch and their bodies, many times over; they are made at one go."""

KEYRING_PENDING_MAX = 256
"""Requests that one client has under way at the keyring; past that, it is out as far as the caller is concerned."""

KEYRING_TIMEOUT_S = 2.0
"""A look-up takes 0.1 ms; a keyring that needs this long is out."""

KEYRING_BULK_TIMEOUT_S = 60.0
"""A full frame of a feed takes half a second of the keyring's time; behind others, some seconds."""

KEYRING_SLICE_ITEMS = 64
"""Records of a feed that the keyring handles before it looks at the online questions: 0.1 ms, up to 0.2 ms to seal."""

KEYRING_OPENINGS_REMEMBERED_MAX = 400_000
"""Spent grants kept in memory to refuse a second use: past that many in one run, nothing more is opened."""

KEYRING_RATES = {
    "fhir": ((40_000, 20_000.0), (5_000_000, 200.0)),
    "portal": ((2_000, 1_000.0), (100_000, 20.0)),
    "counter": ((2_000, 1_000.0), (100_000, 20.0)),
    "feeds": ((200_000_000, 1_000.0),),
    "worker": ((200_000, 10.0),),
}
"""Look-ups (fhir, portal, counter, feeds) or openings (worker) that a role may have: (at once,
then per second), all of them at once.

The country asks three questions a second; a face may ask 200 for as long as it likes, and store what it does not use. Whoever
owns a web server and a stolen dump, and guesses NIR, needs 126 guesses per person (security notes 5.2): 33 million people
would take him 240 days at 200/s. Feeds: four first loads of 33 million, with their aliases, then a million rows in a quarter
of an hour. A role that is not here has none.
"""

SMTP_TIMEOUT_S = 30
"""How long a mail server may take for one answer; those that look a sender up take some seconds."""

NEW_DEVICE_S = 24 * 3600
"""How long a device is new: its letters have a day to be read (controls A5); gate.reduce_budget halves the budget for as long."""

CONTACTS_MAX = 5
"""Addresses that are told of one account: a practice, its titulaire, at home; more would be a mailing list."""

CONTACTS_PER_DAY_MAX = 10
"""Addresses that may be added in a day, removed ones included: each is a letter to somebody who may not have asked for it."""

CONTACT_CODE_DIGITS = 8
"""Digits of the code that confirms an address: with the next line, one chance in ten million."""

CONTACT_CODE_TRIES_MAX = 10
"""Codes that may be tried for one address."""

CONTACT_CODE_LIFE_S = 30 * 60
"""How long such a code serves: a letter may be slow."""

CONTACTS_FORGOTTEN_AFTER_DAYS = 30
"""How long an address that was removed or never confirmed is kept: long enough to tell it, and to look into a theft."""

JOBS_AT_ONCE = 4
"""Jobs that one worker runs together: they wait for other people's servers, and each may hold a connection."""

JOB_WAITS_S = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 86_400)
"""How long a job that failed waits for its next try: for a server that restarts, or is mended in two days; then it is dead."""

JOB_GRACE_S = 8
"""How long a job under way may take to end when the worker is told to stop; less than the supervisor's own patience."""

WORKER_HEARTBEAT_S = 5
"""How often a worker says that it is alive, and looks for the jobs of those that are not."""

WORKER_SILENT_S = 20
"""How long a worker may be silent before its jobs go to another one: a pause of the machine is shorter."""

FINISHED_JOBS_KEPT_H = 24
"""How long a job that succeeded is kept: a day, to find out what became of a letter."""

DEAD_JOBS_KEPT_H = 90 * 24
"""How long a job that failed for good waits for an operator."""

LISTED_JOBS_MAX = 1_000
"""Jobs that one command lists: beyond, something is wrong that a list does not tell."""

STATUS_PERIOD_S = 2.0
"""How often the public page looks: what is closed is told within 10 seconds, with the two below and what a cache keeps."""

STATUS_READ_TIMEOUT_S = 2.0
"""The base gives the state in some milliseconds; one that needs this long is called silent."""

STATUS_PROBE_TIMEOUT_S = 1.0
"""A face answers its health page in a millisecond; one that needs this long answers nobody."""

STATUS_SILENCES_BEFORE_TELLING = 2
"""A process that ends is back in less than a second: one silence is no news."""

STATUS_CACHED_S = 2
"""How long a cache may keep the public page while it is fresh; past that, it may show the old one for a day if we are gone."""

STATUS_SENTENCE_CHARS_MAX = 500
"""A message is read on a telephone by somebody who has a customer waiting."""

PRESENCE_CODE_DIGITS = 8
"""Digits of a code that an insured person reads out: with the gate's five tries, one chance in twenty million."""

CHANNEL_TIMEOUT_S = 5.0
"""How long an insurer's webhook may take, from the first byte to the last: the person is at the counter."""

CHANNEL_ANSWER_MAX_BYTES = 4_096
"""An insurer answers with one word or three."""

CHANNEL_ASKED_AGAIN_S = 3
"""How soon an insurer is asked again what became of an approval, or to send a code when it did not answer."""

CHANNEL_SILENT_S = 10
"""How long an insurer that did not answer is left alone: it must not hold the worker while others can be told."""

WEBHOOK_AGE_MAX_S = 300
"""How far from the present a signed message may be: clocks differ, and a copy of an old one is nobody's."""

CONSOLE_CONNECTIONS = 4
"""A dozen operators who look every two seconds need a few milliseconds of one."""

CONSOLE_PAGE_LINES = 50
"""What one reads at a time of what is contained, of what was, and of the accounts convicted; the rest is on the next page."""

CONSOLE_PAGES_MAX = 1_000_000
"""A page that is asked for is a number that fits; beyond the last page comes the last one."""

CONSOLE_COUNTS_KEPT_S = 1.5
"""A live view asks every two seconds: what was counted serves all who look at the same time."""

CONSOLE_MINUTES_READ_AGAIN = 2
"""A batch is given up after ten seconds (statement_timeout): a minute that ended two minutes ago has all its receipts."""

ACT_LIFE_S = 120
"""How long a sentence may wait for its signature: the time to read it, and no more."""

ACT_REASON_CHARS_MAX = 300
"""A reason is read in a list, by somebody who was not there."""

LABEL_CHARS_MAX = 80
"""What somebody who asks at the machine calls himself, as in a list: it gives no right."""

PROPOSALS_WAITING_MAX = 100
"""What waits for the signatures of two operators: nobody reads more, and one that matters would be lost (0029)."""

RELEASE_WAVES_MINUTES_MAX = 10_080
"""A week: a return that takes longer is two decisions."""
