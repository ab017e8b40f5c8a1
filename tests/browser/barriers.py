"""What bars somebody's way on a page: what axe finds on a desk and on a phone, in light and dark, and its width."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
BARRIERS = """async (options) => {
  const moving = () => document.getAnimations().filter(({ playState }) => playState !== "finished");
  for (let some; (some = moving()).length; ) some.forEach((change) => change.finish()); // colours on their way
  return (await axe.run(document, options)).violations.map(({ id, nodes }) =>
  `${id}: ${nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 200) + " " + (any[0]?.message ?? "")).join(" | ")}`);
}"""
SIZES = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 360, "height": 740}}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def barriers(page: Page) -> list[str]:
    """All rules in light; colours alone change with the theme. Nothing is wider than the window."""
    found = []
    page.evaluate(AXE)
    for name, size in SIZES.items():
        page.set_viewport_size(size)
        found += [f"{name}: too wide"] if page.evaluate(SIDEWAYS) > 0 else []
        for scheme, only in (("light", {"type": "tag", "values": TAGS}), ("dark", ["color-contrast"])):
            page.emulate_media(color_scheme=scheme)
            found += page.evaluate(BARRIERS, {"runOnly": only, "resultTypes": ["violations"]})
    return found
