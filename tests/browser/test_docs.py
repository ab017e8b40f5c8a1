"""The API reference in a browser: no script needed, nothing sideways, no barrier, light and dark."""

from __future__ import annotations

import pytest

from tests.browser.test_pages import AXE, BARRIERS, SIDEWAYS, SIZES, TAGS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_reference_is_calm_and_whole(windows, size, scheme):
    context = windows.chromium.new_context(viewport=SIZES[size], color_scheme=scheme, java_script_enabled=True)
    page = context.new_page()
    page.on("console", lambda message: windows.complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{windows.address}/docs")
    assert page.evaluate(SIDEWAYS) == 0
    page.evaluate(AXE)
    assert page.evaluate(BARRIERS, {"runOnly": TAGS}) == []
    context.close()


def test_it_is_read_without_script(windows):
    context = windows.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{windows.address}/docs")
    page.get_by_label("Contents").get_by_text("Sign in by e-mail and password").click()
    assert page.url.endswith("#accounts_login")
    context.close()
