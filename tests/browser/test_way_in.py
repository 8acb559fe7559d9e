"""From an invitation to an answer, with a real browser on the real platform."""

import re
from datetime import timedelta

from rempart.faces.wording import in_words
from tests.support.counter import Counter


def test_an_optician_goes_from_her_invitation_to_an_answer(counter: Counter) -> None:
    claire = counter.titulaire("Claire Fontaine")
    window = counter.window()
    window.touch(claire)
    window.page.goto(claire.link)
    window.page.get_by_role("button", name="Enregistrer ma clé d’accès").wait_for()
    window.photograph("invitation")
    assert "code=" not in window.page.url, "the code stays neither in the address nor in the history"
    window.page.get_by_role("button", name="Enregistrer ma clé d’accès").click()
    window.page.wait_for_url(f"{counter.url}/")
    window.page.locator("#who-name", has_text="Claire Fontaine").wait_for()
    window.photograph("counter-empty")

    window.scan(counter.patients["Nadia"].card)
    window.keys(counter.patients["Nadia"].birth_date)
    window.press("Enter")

    last_day = counter.opened_on + timedelta(40)
    assert window.answer() == f"Droits ouverts jusqu’au {in_words(last_day)}."
    assert window.focused() == "answer-sentence"
    evidence = window.page.locator(".evidence").inner_text()
    assert re.search(r"Numéro de trace\s+[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-.", evidence)
    assert "L’assuré peut voir cette consultation." in evidence
    assert "Claire Fontaine" in evidence
    rows = window.page.locator("#answer tbody tr")
    assert rows.count() == 2
    assert "Complémentaire" in rows.nth(0).inner_text()
    assert "Optique" in rows.nth(0).inner_text()
    window.photograph("answer-open")
    assert window.complaints == []
