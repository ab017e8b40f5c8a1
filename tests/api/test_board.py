"""The board by program."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crm.board.filters import Filter
from crm.board.layout import lay_out


@pytest.fixture
def board(api, world):
    def told(who="olga", query=""):
        answer = api.as_(getattr(world, who)).get(f"/pipelines/{world.pipeline.id}/board{query}")
        assert answer.status_code == 200, answer.json
        return {one["slug"]: one for one in answer.json["stages"]}

    return told


def test_has_every_stage_with_its_numbers_and_deals(board, world):
    world.another_deal("Second", probability=50)
    world.session.commit()
    lead = board()["lead"]
    assert [one["title"] for one in lead["deals"]] == ["Second", "Scanners"]
    assert (lead["deals_count"], lead["total_amount"], lead["weighted_amount"]) == (2, 1100.0, 150.0)
    assert (lead["id"], lead["kind"], lead["color"], lead["has_more"]) == (
        world.stage("lead").id,
        "open",
        "slate",
        False,
    )
    card = lead["deals"][1]
    assert (card["with_name"], card["next_step"], card["rotting"]) == ("Max Tester Corp", "Call Jonas", False)


def test_the_numbers_are_those_of_the_screen(board, world):
    world.another_deal(stage="won")
    world.session.commit()
    layout = lay_out(world.session, world.olga, world.pipeline, Filter())
    told = board()
    for column in layout.columns:
        one = told[column.stage.slug]
        assert (one["deals_count"], one["total_amount"]) == (column.head.count, float(column.head.total))
    assert told["won"]["deals_count"] == 1


def test_money_without_a_rate_stands_apart(board, world):
    for amount in (5, 6):
        world.another_deal(amount=Decimal(amount), currency="CHF", stage="proposal")
    world.session.commit()
    told = board()["proposal"]
    assert (told["deals_count"], told["total_amount"]) == (2, 0.0)
    assert told["unconverted"] == [{"currency": "CHF", "count": 2, "total_amount": 11.0}]
    assert board()["lead"]["unconverted"] == []


def test_shows_the_first_deals_of_many(board, world):
    for number in range(25):
        world.another_deal(f"Deal {number}")
    world.session.commit()
    lead = board()["lead"]
    assert (lead["deals_count"], len(lead["deals"]), lead["has_more"]) == (26, 20, True)


def test_filters(board, world):
    world.another_deal("Idle")
    world.session.commit()
    for query in ("?no_next_step=true", "?search=%20idle", f"?search=Idle&owner_id={world.max.user_id}"):
        lead = board(query=query)["lead"]
        assert [one["title"] for one in lead["deals"]] == ["Idle"] and lead["deals_count"] == 1
    for query in ("?rotting=true", f"?owner_id={world.foreign['user']}", "?search=%25"):
        assert board(query=query)["lead"]["deals_count"] == 0


def test_each_filter_of_the_screen_is_one_here(board, world):
    other = world.another_deal("Robots", by=world.mona, amount=Decimal(5000), expected_close_date=date(2031, 5, 1))
    other.tags = [world.tag]
    world.session.commit()
    ids = {"mona": world.mona.user_id, "max": world.max.user_id, "tag": world.tag.id, "team": world.team.id}
    for query, titles in (
        ("owner_id={mona}", ["Robots"]),
        ("owner_id={mona}&owner_id={max}", ["Robots", "Scanners"]),
        ("team_id={team}", ["Scanners"]),
        ("tag_id={tag}", ["Robots"]),
        ("min_amount=1000.01", ["Robots"]),
        ("max_amount=1000", ["Scanners"]),
        ("close_from=2031-05-01&close_to=2031-05-01", ["Robots"]),
        ("close_to=2031-04-30", []),
        ("no_close_date=true", ["Scanners"]),
        ("order_by=next_step", ["Scanners", "Robots"]),
        ("order_by=amount", ["Robots", "Scanners"]),
    ):
        lead = board(query="?" + query.format(**ids))["lead"]
        assert [one["title"] for one in lead["deals"]] == titles and lead["deals_count"] == len(titles), query


@pytest.mark.parametrize("query", ["group_by=color", "order_by=luck", "owner_id=x", "min_amount=-1", "close_from=may"])
def test_what_no_board_can_show_is_refused(api, world, query):
    answer = api.as_(world.olga).get(f"/pipelines/{world.pipeline.id}/board?{query}")
    assert answer.status_code == 400 and query.partition("=")[0] in str(answer.json["errors"])


def test_grouped_boards_have_columns_that_add_up_to_the_stages(api, world):
    world.another_deal("Robots", by=world.mona, expected_close_date=date(2031, 5, 1), stage="proposal")
    world.another_deal("Francs", amount=Decimal(7), currency="CHF")
    world.another_deal("Done", stage="won")
    world.session.commit()
    olga = api.as_(world.olga)
    assert olga.get(f"/pipelines/{world.pipeline.id}/board").json["columns"] == []
    for group, key, titles in (
        ("owner", str(world.max.user_id), ["Francs", "Scanners"]),
        ("month", "none", ["Francs", "Scanners"]),
        ("month", "later", ["Robots"]),
    ):
        told = olga.get(f"/pipelines/{world.pipeline.id}/board?group_by={group}").json
        columns = {one["key"]: one for one in told["columns"]}
        opened = [one for one in told["stages"] if one["kind"] == "open"]
        assert [one["title"] for one in columns[key]["deals"]] == titles
        for name in ("deals_count", "total_amount", "weighted_amount"):
            assert sum(one[name] for one in columns.values()) == sum(one[name] for one in opened)
        assert not any(one["deals"] for one in opened)
        apart = {"currency": "CHF", "count": 1, "total_amount": 7.0}
        assert columns[key]["unconverted"] == ([apart] if "Francs" in titles else [])
        assert next(one for one in opened if one["slug"] == "lead")["unconverted"] == [apart]
    assert told["group_by"] == "month" and columns["none"]["name"] == "No close date"


@pytest.mark.parametrize("who, count", [("olga", 2), ("max", 1), ("vera", 0)])
def test_what_is_hidden_is_in_no_number(board, world, who, count):
    world.another_deal(by=world.olga)
    world.acme.visibility = "own"
    world.session.commit()
    lead = board(who)["lead"]
    assert lead["deals_count"] == len(lead["deals"]) == count


def test_another_organization_s_board_is_not_there(api, world):
    olga = api.as_(world.olga)
    assert olga.get(f"/pipelines/{world.foreign['pipeline']}/board").status_code == 404
    assert list(olga.get(f"/pipelines/{world.pipeline.id}/board?rotting=2").json["errors"]) == ["rotting"]


def test_takes_as_many_statements_for_three_deals_as_for_twenty(board, world, statements):
    counts = []
    for rows in (2, 17):
        for number in range(rows):
            world.another_deal(f"Deal {number}")
        world.session.commit()
        board()
        statements.clear()
        board()
        counts.append(len(statements))
    assert counts[0] == counts[1]
