"""Deleting stages and pipelines: their deals are never lost."""

import pytest
from sqlalchemy import select

from crm.deals.models import Deal
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.operations import add_pipeline
from crm.timeline.models import Activity


def url(world, slug="lead"):
    return f"/settings/stages/{world.stage(slug).id}/delete"


def slugs(world):
    query = select(Stage.slug).where(Stage.pipeline_id == world.pipeline.id).order_by(Stage.position)
    return world.session.scalars(query).all()


def stage_of(world, deal):
    return world.session.scalar(select(Deal.stage_id).where(Deal.id == deal.id))


def test_the_page_says_how_many_deals_move_and_where_they_can(world, browser):
    page = browser.as_(world.adam).get(url(world)).text
    assert "1 deal is in this stage" in page and "Proposal" in page
    assert ">Won</option>" not in page and ">New lead</option>" not in page


def test_a_stage_with_deals_goes_and_its_deals_move(world, browser):
    target = world.stage("proposal")
    answer = browser.as_(world.adam).post(url(world), {"move_to": target.id})
    assert answer.status_code == 303 and "New lead is deleted." in browser.get(answer.location).text
    assert "lead" not in slugs(world) and stage_of(world, world.deal) == target.id
    told = select(Activity.payload).where(Activity.deal_id == world.deal.id, Activity.type == "stage_changed")
    assert world.session.scalars(told).one()["new_stage"] == "Proposal"


def test_an_empty_stage_goes_without_a_choice(world, browser):
    page = browser.as_(world.adam).get(url(world, "contract")).text
    assert "No deal is in this stage" in page and 'name="move_to"' not in page
    assert browser.post(url(world, "contract")).status_code == 303
    assert "contract" not in slugs(world)


@pytest.mark.parametrize("target", ["", "lead", "won", "foreign", "x", "\x00", "9" * 30])
def test_deals_need_an_open_stage_of_the_same_pipeline(world, browser, target):
    id = {"foreign": world.foreign["stage"]}.get(target) or (
        world.stage(target).id if target in ("lead", "won") else target
    )
    answer = browser.as_(world.adam).post(url(world), {"move_to": id})
    assert answer.status_code == 400 and 'id="move_to-error"' in answer.text
    assert "lead" in slugs(world) and stage_of(world, world.deal) == world.stage("lead").id


@pytest.mark.parametrize("slug", ["won", "lost"])
def test_won_and_lost_stay(world, browser, slug):
    answer = browser.as_(world.adam).post(url(world, slug))
    assert answer.status_code == 409 and "needs its won and lost stages" in answer.text
    assert "Keep it" in answer.text, "the question stays, with the sentence above it"
    assert slug in slugs(world)


def test_the_last_open_stage_stays(world, browser):
    browser.as_(world.adam)
    for slug in ("qualification", "proposal", "negotiation", "contract"):
        assert browser.post(url(world, slug)).status_code == 303
    answer = browser.post(url(world))
    assert answer.status_code == 409 and "at least one open stage" in answer.text
    assert slugs(world) == ["lead", "won", "lost"]


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_only_owners_and_admins_delete(world, browser, who):
    browser.as_(getattr(world, who))
    for path in (url(world), f"/settings/pipelines/{world.pipeline.id}/delete"):
        assert browser.get(path).status_code == browser.post(path).status_code == 403
    assert len(slugs(world)) == 7


def test_an_empty_pipeline_goes(world, browser):
    other = add_pipeline(world.session, "Renewals", by=world.olga)
    world.session.commit()
    answer = browser.as_(world.adam).post(f"/settings/pipelines/{other.id}/delete")
    assert answer.status_code == 303 and "Renewals is deleted." in browser.get(answer.location).text
    assert world.session.scalars(select(Pipeline.name)).all() == ["New business"]


def test_a_pipeline_with_deals_stays(world, browser):
    add_pipeline(world.session, "Renewals", by=world.olga)
    world.session.commit()
    answer = browser.as_(world.adam).post(f"/settings/pipelines/{world.pipeline.id}/delete")
    assert answer.status_code == 409 and "There are deals in this pipeline" in answer.text
    assert stage_of(world, world.deal) == world.stage("lead").id


def test_the_last_pipeline_stays(world, browser):
    browser.as_(world.adam)
    assert "Delete pipeline" not in browser.get("/settings/pipelines").text
    assert browser.post(f"/settings/pipelines/{world.pipeline.id}/delete").status_code == 409


def test_a_forged_token_deletes_nothing(world, browser):
    browser.as_(world.adam).token = "forged"
    assert browser.post(url(world, "contract")).status_code == 400
    assert "contract" in slugs(world)
