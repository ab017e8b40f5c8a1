"""A personal token in a browser: made, shown once, revoked."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.barriers import barriers


def test_a_token_is_made_shown_once_and_revoked(office):
    window = office.window(office.olga, "/settings/tokens", reduced_motion="reduce")
    window.get_by_label("Name").fill("Nightly export")
    window.get_by_text("contacts:read", exact=True).click()
    window.get_by_role("button", name="Make token").click()
    assert window.get_by_label("Token", exact=True).input_value().startswith("crm_")
    assert barriers(window) == []
    window.get_by_role("button", name="Revoke Nightly export").click()
    expect(window.get_by_text("The token Nightly export is revoked.")).to_be_visible()
