"""The report of a drill in a real browser: nothing for axe to find, nothing wider than the screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from rempart.drill.report.page import write_report
from tests.support.counter import AXE, NARROW, SCREENSHOTS, WIDE
from tests.support.drilled import told
from tests.support.programs import missing


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("wide", WIDE), ("narrow", NARROW)])
def test_a_director_reads_it(
    browser: Browser, tmp_path: Path, name: str, size: dict[str, int], scheme: str
) -> None:
    if not AXE.exists():
        missing("axe-core", "make test installs it")
    write_report(told(), tmp_path / "drill.html")
    page = browser.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page.goto((tmp_path / "drill.html").as_uri())
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"drill-report-{name}-{scheme}.png", full_page=True)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found] == []
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    finally:
        page.close()
