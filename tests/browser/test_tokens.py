"""A personal token in a browser: made, shown once, revoked; on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_pages import AXE, BARRIERS, SIDEWAYS, SIZES, TAGS


@pytest.mark.parametrize("size", SIZES)
def test_a_token_is_made_shown_once_and_revoked(office, size):
    window = office.window(office.olga)
    window.set_viewport_size(SIZES[size])
    window.goto("/settings/tokens")
    window.get_by_label("Name").fill("Nightly export")
    window.get_by_text("contacts:read", exact=True).click()
    window.get_by_role("button", name="Make token").click()
    assert window.get_by_label("Token", exact=True).input_value().startswith("crm_")
    assert window.evaluate(SIDEWAYS) == 0
    window.evaluate(AXE)
    assert window.evaluate(BARRIERS, {"runOnly": TAGS}) == []
    window.get_by_role("button", name="Revoke Nightly export").click()
    expect(window.get_by_text("The token Nightly export is revoked.")).to_be_visible()
