"""Browser windows: whose they are, how large, and what they complain about."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# No service worker: once one is in control, page.route does not see what it lets pass.
BARE = {"service_workers": "block"}
TELL = """
window.EventSource = class extends EventSource {
  constructor(address) {
    super(address);
    this.addEventListener("open", () => document.documentElement.dataset.hears = "");
  }
};
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error(`against the policy: ${violatedDirective} ${blockedURI} ${sourceFile}`))"""
# A refusal is an answer, and being offline is part of the play; a fault of the server or the page is neither.
NO_COMPLAINT = re.compile(
    r"status of 4\d\d|Status Error Code 4\d\d|ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|^htmx:(sendError|afterRequest)"
    r"|^Service Worker registration blocked by Playwright"
    r"|oobErrorNoTarget, #(?:deal|head)-"  # a card or column that is new on this board: place.js sees to it
)


class Windows:
    """All windows of a test. Each person signs in once by the form; further windows start from there."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.open: list[BrowserContext] = []
        self.signed_in: dict[str, Any] = {}
        self.complaints: list[str] = []

    def stranger(self, path: str, **options: Any) -> Page:
        """A window in which nobody is signed in."""
        context = self.chromium.new_context(base_url=self.address, **(DESK | options))
        context.set_default_timeout(10_000)
        context.add_init_script(TELL)
        context.on("console", self.note)
        context.on("weberror", lambda error: self.complaints.append(str(error.error.stack)))
        self.open.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    def of(self, email: str, password: str, path: str, **options: Any) -> Page:
        """A window of that person."""
        if email in self.signed_in:
            return self.stranger(path, storage_state=self.signed_in[email], **options)
        page = self.stranger(f"/sign-in?next={path}", **options)
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        self.signed_in[email] = page.context.storage_state()
        return page

    def note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not NO_COMPLAINT.search(message.text):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def close(self) -> None:
        for context in self.open:
            context.close()
        self.open.clear()


def hearing(page: Page) -> Page:
    """The window, once its event stream is open."""
    page.locator("html[data-hears]").wait_for(state="attached")
    return page
