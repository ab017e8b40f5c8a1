"""Numbers over many deals by program."""

from __future__ import annotations

from decimal import Decimal

import pytest

SUMMARY, FUNNEL, STAGES = "/analytics/deals/summary", "/analytics/deals/funnel", "/deals/stats/pipeline"
NOTHING = {"count": 0, "total_amount": 0.0, "unconverted": []}


@pytest.fixture
def olga(api, world):
    return api.as_(world.olga)


def test_sums_by_status_and_tells_other_money_apart(olga, world):
    world.another_deal(amount=Decimal("20.50"), stage="won")
    world.another_deal(amount=Decimal(7), currency="CHF")
    world.session.commit()
    told = olga.get(f"{SUMMARY}?days=7").json
    apart = [{"currency": "CHF", "count": 1, "total_amount": 7.0}]
    assert told["by_status"]["new"] == {"count": 2, "total_amount": 1000.0, "unconverted": apart}
    assert told["by_status"]["won"] == {"count": 1, "total_amount": 20.5, "unconverted": []}
    assert told["by_status"]["lost"] == told["by_status"]["in_progress"] == NOTHING
    assert (told["currency"], told["average_won_amount"], told["new_deals_last_30_days"]) == ("EUR", 20.5, 3)
    assert told["new_deals"] == {"days": 7, "count": 3} and olga.get(SUMMARY).json["new_deals"] is None


def test_the_funnel_counts_who_ever_came_so_far(olga, world):
    olga.patch(f"/deals/{world.deal.id}", {"stage": "proposal"})
    world.another_deal()
    world.session.commit()
    told = olga.get(FUNNEL).json
    rates = [(one["stage"], one["count"], one["conversion_rate"]) for one in told["stages"]]
    assert rates[:3] == [("lead", 2, 100.0), ("qualification", 1, 50.0), ("proposal", 1, 100.0)]
    assert rates[-1] == ("won", 0, 0.0) and told["pipeline_id"] == world.pipeline.id
    assert told["stages"][0]["by_status"] == {"new": 1, "in_progress": 1, "won": 0, "lost": 0}


def test_stages_have_the_numbers_of_now(olga, world):
    told = olga.get(f"{STAGES}?pipeline_id={world.pipeline.id}").json
    lead = told["stages"][0]
    assert (lead["id"], lead["deals_count"], lead["total_amount"], lead["weighted_amount"]) == (
        world.stage("lead").id,
        1,
        1000.0,
        100.0,
    )
    assert len(told["stages"]) == 7 and olga.get(STAGES).json == told


@pytest.mark.parametrize("path", [FUNNEL, STAGES])
def test_a_pipeline_that_is_not_there_has_no_stages(olga, world, path):
    for number in (world.foreign["pipeline"], 2**63 - 1):
        assert olga.get(f"{path}?pipeline_id={number}").json["stages"] == []
        assert olga.get(f"{SUMMARY}?pipeline_id={number}").json["total"] == NOTHING


def test_members_count_what_they_see(api, world):
    world.another_deal(by=world.olga)
    world.acme.visibility = "own"
    world.session.commit()
    for who, count in (("olga", 2), ("max", 1), ("vera", 0)):
        program = api.as_(getattr(world, who))
        assert program.get(SUMMARY).json["total"]["count"] == count
        assert program.get(FUNNEL).json["stages"][0]["count"] == count
        assert program.get(STAGES).json["stages"][0]["deals_count"] == count


def test_narrows_to_one_owner(olga, world):
    for path in (SUMMARY, FUNNEL):
        told = [olga.get(f"{path}?owner_id={one}").json for one in (world.max.user_id, world.foreign["user"])]
        counts = [one["total"]["count"] if path == SUMMARY else one["stages"][0]["count"] for one in told]
        assert counts == [1, 0]


@pytest.mark.parametrize("query", ["days=0", "days=3651", "days=x", "pipeline_id=0", "owner_id=x", "page=1"])
def test_refuses_what_it_can_t_mean(olga, query):
    answer = olga.get(f"{SUMMARY}?{query}")
    assert answer.status_code == 400 and list(answer.json["errors"]) == [query.split("=")[0]]
