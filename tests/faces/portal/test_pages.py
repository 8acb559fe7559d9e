"""The portal's pages: what a browser is told about them, and that nothing in them comes from elsewhere."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from rempart.faces.pages.assets import read_assets
from rempart.faces.pages.headers import security_headers
from rempart.faces.portal.app import build
from rempart.settings import Settings
from tests.support.calling import type_of_call

PATHS = ["/", "/invitation", "/staff", "/account", "/en/", "/en/invitation", "/en/staff", "/en/account"]


def policy_of(headers: dict[str, str]) -> dict[str, str]:
    """Read a content policy by directive."""
    parts = (part.strip().partition(" ") for part in headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_kept_by_nobody_and_loads_nothing_from_elsewhere(
    call: type_of_call, settings: Settings, path: str
) -> None:
    page = await call("GET", path)
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    assert "set-cookie" not in page.headers
    policy = policy_of(page.headers)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {settings.identity_url}"
    assert policy["form-action"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    loaded = re.sub(r"<a .*?>", "", page.text)  # what one may follow is not what the page loads
    addresses = re.findall(r'(?:src|href)="([^"#]+)"', loaded)
    assert addresses
    assert all(address.startswith("/") and not address.startswith("//") for address in addresses)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))|\son\w+=|\sstyle=", page.text)


async def test_every_script_a_page_names_is_there_and_may_be_kept(call: type_of_call) -> None:
    page = await call("GET", "/")
    for address in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text):
        asset = await call("GET", address)
        assert asset.status == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["x-content-type-options"] == "nosniff"


def test_every_module_that_a_script_imports_is_served() -> None:
    assets = read_assets()
    for address, asset in assets.by_path.items():
        folder = address.rpartition("/")[0]
        for imported in re.findall(r'from "([^"]+)"', asset.content.decode()):
            steps = f"{folder}/{imported}".split("/")
            resolved: list[str] = []
            for step in steps:
                if step == "..":
                    resolved.pop()
                elif step != ".":
                    resolved.append(step)
            assert "/".join(resolved) in assets.by_path, f"{address} imports {imported}"


def test_no_script_turns_text_into_markup_or_code() -> None:
    for address, asset in read_assets().by_path.items():
        if address.endswith(".js"):
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function",
                asset.content.decode(),
            ), address


def test_the_address_of_the_assets_follows_their_content(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text("export {};")
    before = read_assets(tmp_path).root
    (tmp_path / "one.js").write_text("export { };")
    assert read_assets(tmp_path).root != before


async def test_a_dead_link_is_answered_in_its_language(call: type_of_call) -> None:
    french, english = await call("GET", "/nowhere"), await call("GET", "/en/nowhere")
    assert french.status == english.status == 404
    assert "Il n’y a pas de page à cette adresse" in french.text
    assert "There is no page at this address" in english.text
    assert (await call("POST", "/")).status == 405


def test_https_is_asked_for_where_the_portal_has_it(settings: Settings) -> None:
    assert "Strict-Transport-Security" not in security_headers(settings.portal_url)
    assert "max-age=" in security_headers("https://portail.example")["Strict-Transport-Security"]


def test_the_portal_can_be_built_before_anything_runs(settings: Settings) -> None:
    assert build(settings) is not None


def test_pro_sante_connect_has_its_page_and_its_button_only_where_it_is_connected(settings: Settings) -> None:
    connected = build(replace(settings, psc_issuer="https://psc.example"))
    for application, is_there in ((connected, True), (build(settings), False)):
        paths = {getattr(route, "path", "") for route in application.routes}
        assert ("/psc" in paths, "/en/psc" in paths) == (is_there, is_there)
