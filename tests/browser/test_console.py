"""The operations console as a security officer uses it: from the alarm to the release, in the console alone, by the keyboard.

A thief asks under a pharmacist's stolen session about people who do not exist; the detectors convict the account. Nadia sees the
alarm, opens the account, reads why, revokes; later she asks for its release, and Hugo agrees. Everything is real: the processes,
the browser, the passkeys; the database itself checks what the keys signed.
"""

import subprocess
import sys
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Route

from rempart.domain.rights import Outcome
from tests.support.console import Console, say_why, sign, tab_to, until
from tests.support.counter import PHONE, WIDE, Window
from tests.support.database import environ_for
from tests.support.world import Account, Session, outcome

PARIS = ZoneInfo("Europe/Paris")  # where the windows are


def see_the_alarm(console: Console, window: Window, session: Session) -> None:
    """Look at the live view while the thief walks; open the account from the alarm; read why it was convicted."""
    window.page.locator("#no-alarm:not([hidden])").wait_for()
    console.walk(session)
    window.page.locator("#alarm a").wait_for(timeout=8_000)
    assert "Camille Martin" in window.page.locator("#alarm").inner_text()
    assert window.page.locator("#frozen").inner_text() == "1"
    window.photograph("console-alarm")
    until(window, "document.activeElement.closest('#alarm')")
    window.press("Enter")
    window.page.locator(".conviction").first.wait_for()
    why = window.page.locator(".conviction").first.inner_text()
    assert "Échecs" in why
    assert "pour un seuil de 13,8" in why
    assert "Seuls sont en cause les appareils que le compte a depuis moins de soixante jours." in why
    assert "Inconnu" not in window.page.content(), "who was asked about is nowhere"
    window.photograph("console-account")


def revoke(console: Console, window: Window, account: Account) -> None:
    """Revoke the account whose page is open."""
    window.press("F4")
    until(window, "document.activeElement.id === 'act-mode'")
    window.keys("rév")  # a list takes what is typed
    say_why(window, "session volée, confirmée par la pharmacie")
    assert sign(window, console.nadia).startswith("C’est fait. Révoquer le compte")
    alive = "select count(*) from access.sessions where account_id = %s and revoked_at is null"
    assert console.world.one(alive, account.account_id) == 0
    assert (
        console.world.one("select decided_by from gate.containments order by 1 desc limit 1") == "Nadia Roux"
    )
    window.photograph("console-revoked")


def test_from_the_alarm_to_the_release_in_the_console_alone(console: Console) -> None:
    account, session = console.stolen()
    window = console.counter.window()
    console.enter(window, console.nadia)
    see_the_alarm(console, window, session)
    revoke(console, window, account)

    tab_to(window, "#contained button")
    window.press("Enter")
    say_why(window, "le pharmacien a changé de poste et de clé")
    assert sign(window, console.nadia).startswith("Demande notée")
    assert "Vous l’avez demandée" in window.page.locator("#contained").inner_text()

    other = console.counter.window()
    console.enter(other, console.hugo)
    other.press("F9")
    other.page.locator("#in-force button").wait_for()
    assert "Levée demandée par Nadia Roux" in other.page.locator("#in-force").inner_text()
    assert "a changé de poste et de clé" in other.page.locator("#releases").inner_text()
    assert other.page.title().startswith("(1) ")
    tab_to(other, "#releases button")
    other.press("Enter")
    say_why(other, "vu avec lui par téléphone")
    said = sign(other, console.hugo)
    assert said.startswith("C’est levé.")
    assert "comme l’a demandé Nadia Roux" in said
    other.page.locator("#no-in-force:not([hidden])").wait_for()
    other.photograph("console-released")
    assert window.complaints == []
    assert other.complaints == []


def test_the_account_that_detection_froze_is_found_and_given_back_by_two(console: Console) -> None:
    account, session = console.stolen()
    console.walk(session)
    finess = console.world.one(
        "select finess from access.organisations where organisation_id = %s", account.organisation_id
    )
    for person, said in ((console.hugo, "Demande notée"), (console.nadia, "C’est levé.")):
        window = console.counter.window()
        console.enter(window, person)
        window.press("F2")
        window.keys(finess)
        window.press("Enter")
        until(window, "document.activeElement.closest('#found-list')")
        window.press("Enter")
        window.page.locator("#release:not([hidden])").wait_for()
        tab_to(window, "#release")
        window.press("Enter")
        say_why(window, "c’était un essai")
        assert sign(window, person).startswith(said)
    assert window.page.locator("#standing").inner_text() == "en règle"
    standing = "select standing from gate.account_state where account_id = %s"
    assert console.world.one(standing, account.account_id) == 0


def test_a_third_operator_waits_for_two_who_are_there(console: Console) -> None:
    ines = console.invite("Inès Moreau", "support")
    hers = console.counter.window()
    console.enrol(hers, ines)
    assert "vous admettre" in hers.page.locator("#done").inner_text()
    hers.photograph("console-enrolled")
    hers.press("Enter")
    until(hers, "document.activeElement.id === 'sign-in-act'")
    hers.press("Enter")
    until(hers, "document.querySelector('#sign-in-why').textContent.startsWith('Cette clé')")

    hers.keep_credential(ines)
    for person, said in (
        (console.nadia, "Demande notée"),
        (console.hugo, "C’est fait. Appliquer la demande"),
    ):
        window = console.counter.window()
        console.enter(window, person, "/containments")
        window.page.locator("#proposals button").first.wait_for()
        assert "Opérateur Inès Moreau, assistance" in window.page.locator("#proposals").inner_text()
        decide(window, "Signer")
        say_why(window, "embauchée lundi, clé lue au téléphone")
        assert sign(window, person).startswith(said)
    console.enter(hers, ines)
    assert hers.page.locator("#who-role").inner_text() == "assistance"


def typed(console: Console, *words: str) -> str:
    """Type a command at the machine, which waits for signatures; give what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "rempart.cli", *words],
        env=environ_for(console.running.settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    return done.stdout


def decide(window: Window, label: str) -> None:
    """Go to the button of a proposal that begins with this label, and press it."""
    tab_to(window, f"#proposals button[aria-label^='{label}']")
    window.press("Enter")


def test_what_was_asked_at_the_machine_is_read_and_signed_by_two(console: Console) -> None:
    insurer = console.counter.insurer(required_presence=3)
    hook, thiefs = "https://mutuelle.example/rempart", "https://voleur.example/rempart"
    console.world.do(
        "insert into members.channels (insurer_id, url) values (%s, %s)", insurer.insurer_id, hook
    )
    because = "cartes en panne, dit l’assureur"
    for words in (
        ("presence", "--required", "none", "--because", because),
        ("channel", "--url", thiefs, "--because", "nouvelle adresse reçue par courriel"),
    ):
        said = typed(console, "insurer", *words, "--amc", insurer.amc, "--by", "karim")
        assert "deux opérateurs l’auront signée" in said
        assert f"{console.url}/containments" in said
    required = (
        "select required from members.presence_policies where insurer_id = %s and valid_until = 'infinity'"
    )
    assert console.world.one(required, insurer.insurer_id) == 3

    window = console.counter.window()
    console.enter(window, console.nadia)
    until(window, "document.querySelector('#waiting').textContent === '2'")
    window.press("F9")
    window.page.locator("#proposals button").first.wait_for()
    listed = window.page.locator("#proposals").inner_text()
    assert "en temps ordinaire, une preuve" in listed
    assert "en temps ordinaire, rien" in listed
    assert hook in listed
    assert thiefs in listed
    assert "karim\u00a0: cartes en panne, dit l’assureur" in listed
    window.photograph("console-proposals")
    decide(window, "Signer")
    say_why(window, "confirmé par l’assureur au téléphone")
    assert sign(window, console.nadia).startswith("Demande notée")
    assert "Vous l’avez signée" in window.page.locator("#proposals").inner_text()
    assert console.world.one(required, insurer.insurer_id) == 3, "one signature changes nothing"

    other = console.counter.window()
    console.enter(other, console.hugo, "/containments")
    other.page.locator("#proposals button").first.wait_for()
    other.photograph("console-proposals-second")
    decide(other, "Refuser\u00a0: Canal")
    say_why(other, "l’assureur n’a rien demandé")
    assert sign(other, console.hugo).startswith("C’est fait. Refuser la demande")
    decide(other, "Signer et appliquer")
    say_why(other, "vu avec Nadia")
    said = sign(other, console.hugo)
    assert "déjà signée par Nadia Roux" in said
    assert console.world.one(required, insurer.insurer_id) == 0
    assert (
        console.world.one("select url from members.channels where insurer_id = %s", insurer.insurer_id)
        == hook
    )
    other.page.locator("#no-proposals:not([hidden])").wait_for()
    other.page.locator("#settled-details summary").click()
    settled = other.page.locator("#settled").inner_text()
    assert "appliquée par Hugo Lenoir" in settled
    assert "refusée par Hugo Lenoir" in settled
    other.photograph("console-proposals-settled")
    assert window.complaints == []
    assert other.complaints == []


def test_the_public_is_told_and_told_no_more(console: Console) -> None:
    window = console.counter.window()
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#operators tr").first.wait_for()
    tab_to(window, "#publish")
    window.press("Enter")
    window.page.locator("#act").wait_for()
    window.keys("Opt")
    tab_to(window, "#act-sentence")
    window.keys("Le portail est fermé. Le comptoir répond.")
    tab_to(window, "#act-go")
    window.press("Enter")
    until(window, "document.activeElement.id === 'act-go' && !document.querySelector('#act-to-sign').hidden")
    window.press("Enter")
    window.page.locator("#messages button").wait_for()
    window.keep_credential(console.nadia)
    told = "select population, sentence, published_by from gate.status_messages where ended_at is null"
    assert console.world.owner.execute(told).fetchall() == [
        ("optician", "Le portail est fermé. Le comptoir répond.", "Nadia Roux")
    ]
    tab_to(window, "#messages button")
    window.press("Enter")
    window.page.locator("#act-to-sign:not([hidden])").wait_for()
    until(window, "document.activeElement.id === 'act-go'")
    window.press("Enter")
    window.page.locator("#act").wait_for(state="hidden")
    window.keep_credential(console.nadia)
    assert console.world.owner.execute(told).fetchall() == []


def test_a_page_that_was_left_while_it_asked_costs_no_session(console: Console) -> None:
    window = console.counter.window()
    console.enter(window, console.nadia)
    window.page.locator("#no-alarm, #alarms").first.wait_for(state="attached")
    kept: list[object] = []

    def never_told(route: Route) -> None:
        kept.append(route.fetch())  # it arrives, and its answer never comes back

    window.page.route("**/api/live", never_told)
    for _ in range(60):
        if kept:
            break
        window.page.wait_for_timeout(100)
    assert kept
    window.page.unroute_all(behavior="ignoreErrors")
    window.press("F9")
    window.page.locator("#operators tr").first.wait_for()
    assert window.page.locator("#sign-in").is_hidden()


def test_a_copied_profile_puts_both_out(console: Console) -> None:
    window = console.counter.window()
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#operators tr").first.wait_for()
    console.world.do("update console.sessions set nonce_digest = sha256('a copy asked meanwhile')")
    window.press("F9")
    window.page.locator("#sign-in").wait_for()
    assert "copie de cette session" in window.page.locator("#sign-in-why").inner_text()
    assert (
        console.world.one("select count(*) from console.sessions where revoked_because = 'nonce-diverged'")
        == 1
    )


def test_who_asked_about_a_canary_is_shown_with_the_list_that_was_stolen(console: Console) -> None:
    account, session = console.stolen()
    lured = console.world.person("Personne", console.world.insurer())
    console.world.do(
        "insert into gate.canaries (person_id, insurer_id, planted_in) values (%s, %s, 'fichier client d’Officine 9')",
        lured.person_id,
        lured.insurer.insurer_id,
    )
    assert outcome(console.world.ask(session.about(lured))) is Outcome.OPEN
    window = console.counter.window()
    console.enter(window, console.nadia, f"/account#{account.account_id}")
    window.page.locator(".conviction").first.wait_for()
    why = window.page.locator(".conviction").first.inner_text()
    assert "Identité leurre" in why
    assert "La liste volée\u00a0: fichier client d’Officine 9." in why
    window.photograph("console-canary")
    window.wear(PHONE, "light")
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    window.photograph("console-canary-390")


def test_a_long_timeline_is_read_page_by_page_by_the_keyboard(console: Console) -> None:
    account, _ = console.stolen()
    poured = (
        "insert into evidence.receipts select nextval('evidence.receipt_ids'),"
        " now() - interval '1 hour' - n / 10 * interval '1 minute', 1, %s, -n, 1, 1, 9, 9, 0, null, 0,"
        " current_date, null, 0, null, null, now(), false, 1, 0 from generate_series(0, 249) as n"
    )
    console.world.do(poured, account.account_id)
    old = poured.replace("1 hour", "40 hours").replace("249", "2")
    console.world.do(old, account.account_id)
    console.world.set_state(account, **{"watch.last_asked_s": time.time() - 3600})
    window = console.counter.window()
    console.enter(window, console.nadia, f"/account#{account.account_id}")
    seen: list[str] = []
    for count in (200, 50, 3):
        until(window, f"document.querySelectorAll('#questions tbody tr').length === {count}")
        seen += window.page.locator("#questions tbody td:last-child").all_inner_texts()
        if count != 3:
            tab_to(window, "#before", 300)
            window.press("Enter")
    assert len(set(seen)) == 253, "each once, and none left out"
    window.photograph("console-timeline")
    tab_to(window, "#later", 300)
    window.press("Enter")
    until(window, "document.querySelectorAll('#questions tbody tr').length === 50")
    window.press("Enter")
    until(window, "document.querySelectorAll('#questions tbody tr').length === 200")
    until(window, "document.activeElement.id === 'questions-title'")
    window.page.locator("#go-until").fill(
        (datetime.now(PARIS) - timedelta(hours=39)).strftime("%Y-%m-%dT%H:%M")
    )
    window.page.locator("#go-until").press("Enter")
    until(window, "document.querySelectorAll('#questions tbody tr').length === 3")
    for size in (WIDE, PHONE):
        window.wear(size, "light")
        window.photograph(f"console-timeline-{size['width']}")
        assert window.overflow() <= 0
        assert window.faults() == []


def test_the_next_news_is_promised_and_signed(console: Console) -> None:
    window = console.counter.window()
    console.enter(window, console.nadia, "/containments")
    window.page.locator("#operators tr").first.wait_for()
    window.page.locator("#publish").press("Enter")
    window.page.locator("#act-sentence").fill("Nous cherchons.")
    window.page.locator("#act-news").fill(
        (datetime.now(PARIS) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    )
    window.page.locator("#act-go").press("Enter")
    window.page.locator("#act-defect", has_text="Cette heure est passée.").wait_for()
    promised = datetime.now(PARIS) + timedelta(days=1)
    window.page.locator("#act-news").fill(promised.strftime("%Y-%m-%dT%H:%M"))
    window.page.locator("#act-go").press("Enter")
    window.page.locator("#act-to-sign:not([hidden])").wait_for()
    assert "Prochaines nouvelles le " in window.page.locator("#act-to-sign").inner_text()
    until(window, "document.activeElement.id === 'act-go'")
    window.press("Enter")
    window.page.locator("#messages", has_text="Prochaines nouvelles le").wait_for()
    window.keep_credential(console.nadia)
    told = console.world.one(
        "select next_news_at from gate.status_messages where sentence = 'Nous cherchons.'"
    )
    assert abs(told.timestamp() - promised.timestamp()) < 61
    console.world.do("update gate.status_messages set ended_at = now()")
