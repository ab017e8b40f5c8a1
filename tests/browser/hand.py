"""A hand at the board: mouse or finger, in the steps that a person's hand makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle

from playwright.sync_api import Locator, Page

from crm.deals.models import Deal
from crm.pipelines.models import Stage

PATIENCE = 10
STANDS = """([deal, list, side, other]) => {
  const card = document.getElementById(deal), near = side && card[side];
  return card.classList.contains("is-ghost") && card.parentNode.id === list && (!side || near?.id === other);
}"""


class Mouse:
    """Carries a card by mouse. Nothing waits for a while: each step waits until the page shows it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, x: float, y: float) -> None:
        self.page.mouse.move(x, y)
        self.page.mouse.down()

    def go(self, x: float, y: float, steps: int = 1) -> None:
        self.page.mouse.move(x, y, steps=steps)

    def let_go(self) -> None:
        self.page.mouse.up()

    def lift(self, deal: Deal) -> None:
        """Until the card is in the air. While it still glides to its place, Sortable takes no hold of it."""
        self.page.wait_for_function("id => !document.getElementById(id).animated", arg=f"deal-{deal.id}")
        x, y = point(self.page.locator(f"#deal-{deal.id}"), 0.5, 16)
        self.press(x, y)
        self.until(lambda: self.page.locator("#board[data-dragging]").count() == 1, lambda: (x + 8, y + 8))

    def carry(self, deal: Deal, *, below: Deal | None = None, above: Deal | None = None, into: Stage | None = None):
        """Until the card's place is open below or above that other one, or in that empty column."""
        other = below or above
        stage_id = into.id if into else other.stage_id
        target = self.page.locator(f"#cards-{stage_id}" if into else f"#deal-{other.id}")
        side = None if into else "previousElementSibling" if below else "nextElementSibling"
        where = [f"deal-{deal.id}", f"cards-{stage_id}", side, other and f"deal-{other.id}"]
        down = 40 if into else target.bounding_box()["height"] * (0.8 if below else 0.2)
        self.go(*point(target, 0.5, down), steps=8)
        self.until(lambda: self.page.evaluate(STANDS, where), lambda: point(target, 0.5, down))

    def drag(self, deal: Deal, **where) -> None:
        self.lift(deal)
        self.carry(deal, **where)
        self.let_go()

    def dock(self, deal: Deal, stage: Stage) -> None:
        """Drops the card on Won or Lost."""
        self.lift(deal)
        target = self.page.locator(f".dock__target[data-stage='{stage.id}']")
        self.go(*point(target, 0.5, 20), steps=8)
        self.until(lambda: "is-target" in target.get_attribute("class"), lambda: point(target, 0.5, 20))
        self.let_go()

    def until(self, reached: Callable[[], bool], spot: Callable[[], tuple[float, float]]) -> None:
        """Trembles at the spot, as hands do, until the page has seen it; from then on the hand is still."""
        deadline = time.monotonic() + PATIENCE
        for tremble in cycle((1, 0)):
            if reached():
                return
            assert time.monotonic() < deadline, "the card does not follow the hand"
            x, y = spot()
            self.go(x + tremble, y)


class Finger(Mouse):
    """The same by touch: a long press lifts."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.screen = page.context.new_cdp_session(page)
        self.at = (0.0, 0.0)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        self.screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    def press(self, x: float, y: float) -> None:
        self.at = (x, y)
        self.touch("touchStart", self.at)
        self.page.locator(".sortable-chosen").wait_for()  # the finger rests until the card is ready to come

    def go(self, x: float, y: float, steps: int = 1) -> None:
        left, top = self.at
        for step in range(1, steps + 1):
            self.touch("touchMove", (left + (x - left) * step / steps, top + (y - top) * step / steps))
        self.at = (x, y)

    def let_go(self) -> None:
        self.touch("touchEnd")

    def swipe(self, y: float, start: float, end: float) -> None:
        """Quickly: nothing is lifted."""
        self.touch("touchStart", (start, y))
        self.at = (start, y)
        self.go(end, y, steps=10)
        self.let_go()


def point(target: Locator, across: float, down: float) -> tuple[float, float]:
    """A place on the element: a share of its width, and pixels from its top."""
    box = target.bounding_box()
    return box["x"] + box["width"] * across, box["y"] + down


def reach(page: Page, target: Locator) -> None:
    """By the Tab key alone."""
    for _ in range(80):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the Tab key does not lead there")
