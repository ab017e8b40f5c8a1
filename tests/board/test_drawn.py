"""A card's HTML is kept, and kept apart for all to whom it looks different."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.board.drawn import draw_once
from crm.tasks.models import add_task


@pytest.fixture
def look(world, browser):
    """The card of the cast's deal as that member's board has it."""
    draw_once.cache_clear()

    def looked(member, path="/deals/"):
        page = browser.as_(member).get(path).text
        begin = page.index(f'<li class="card" id="deal-{world.deal.id}"')
        return page[begin : page.index("</li>", begin)]

    return looked


def test_it_is_drawn_once_for_who_sees_the_same(world, look):
    assert look(world.olga) == look(world.adam) == look(world.mona)
    assert draw_once.cache_info().misses == 1


def test_what_the_reader_may_is_told_apart(world, look):
    assert "data-move" in look(world.max)
    assert "data-move" not in look(world.vera)
    assert "data-move" in look(world.olga)


def test_the_reader_s_day_and_the_board_s_address_are_told_apart(world, look):
    east, west = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")
    world.max.user.timezone, world.mona.user.timezone = east.key, west.key
    add_task(world.deal, "Write", datetime.now(west).date(), by=world.mona)
    world.session.commit()
    assert 'data-next="today"' in look(world.mona)
    assert 'data-next="overdue"' in look(world.max)
    assert "sort=age" in look(world.max, "/deals/?sort=age")
    assert "sort=age" not in look(world.max)


def test_another_day_in_the_stage_and_another_title_are_told(world, look):
    assert "0 d<" in look(world.max)
    world.deal.stage_entered_at = datetime.now(UTC) - timedelta(days=1, minutes=1)
    world.session.commit()
    assert "1 d<" in look(world.max)
    world.deal.change({"title": "Large <b>scanners"}, by=world.max)
    world.session.commit()
    assert "Large &lt;b&gt;scanners</a>" in look(world.max)
