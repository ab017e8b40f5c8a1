"""The API reference in a browser: no script needed, nothing sideways, no barrier, light and dark."""

from __future__ import annotations

from tests.browser.barriers import SIDEWAYS, barriers

# All endpoints are drawn alike; axe takes its time with each.
FEWER = """() => {
  document.querySelectorAll(".endpoint").forEach((one, number) => number % 9 && one.remove());
  return document.querySelectorAll(".endpoint").length;
}"""


def test_the_reference_is_calm_and_whole(windows):
    page = windows.stranger("/docs", reduced_motion="reduce")
    assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate(FEWER) > 5
    assert not barriers(page)


def test_it_is_read_without_script(windows):
    context = windows.chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{windows.address}/docs")
    page.get_by_label("Contents").get_by_text("Sign in by e-mail and password").click()
    assert page.url.endswith("#accounts_login")
    context.close()
