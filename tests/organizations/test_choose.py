"""Choosing the organization, and tabs that were made for another one."""

import pytest
from sqlalchemy import select

from crm.organizations.models import Membership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.pipelines.models import Pipeline


@pytest.fixture
def both(world, browser):
    """Olga's browser in Acme; she is a manager of Bolt too."""
    world.in_bolt()
    take_in(world.session, world.bolt, world.olga.user, Role.ADMIN)
    world.session.commit()
    world.in_acme()
    return browser.as_(world.olga)


def to(browser, organization):
    """Another tab of the same browser switches."""
    return browser.post(f"/organizations/{organization.id}/select")


def test_the_list_shows_mine_with_my_role_and_nobody_elses(world, both):
    page = both.get("/organizations").text
    assert "Acme" in page and "owner" in page and "Bolt" in page and "admin" in page
    both.as_(world.max)
    assert "Bolt" not in both.get("/organizations").text


def test_choosing_changes_what_the_next_request_sees(world, both):
    assert to(both, world.bolt).location == "/deals/"
    assert "Ruslan" not in both.get("/settings/profile").text and "· Bolt" in both.get("/settings/profile").text
    assert both.get(f"/settings/pipelines/{world.pipeline.id}").status_code == 404
    assert both.get(f"/settings/pipelines/{world.foreign['pipeline']}").status_code == 200


def test_strangers_organizations_are_not_found(world, browser):
    browser.as_(world.max)
    for id in (world.bolt.id, 999_999, 10**30):
        assert browser.post(f"/organizations/{id}/select").status_code == 404
    assert browser.get(f"/settings/pipelines/{world.pipeline.id}").status_code == 200


def test_an_ended_membership_is_no_choice_and_no_entry(world, both):
    to(both, world.bolt)
    world.in_bolt()
    place = world.session.get(Membership, (world.bolt.id, world.olga.user_id))
    place.ended_at = place.created_at
    world.session.commit()
    assert both.get("/settings/pipelines").location.startswith("/organizations?next=")
    assert "Bolt" not in both.get("/organizations").text
    assert to(both, world.bolt).status_code == 404


def test_who_has_not_chosen_yet_comes_back_to_the_page_that_was_asked_for(world, both):
    with both.client.session_transaction() as cookie:
        cookie.pop("organization_id")
    sent = both.get("/settings/pipelines")
    assert sent.location == "/organizations?next=/settings/pipelines"
    page = both.get(sent.location).text
    action = f"/organizations/{world.acme.id}/select?next=/settings/pipelines"
    assert f'action="{action}"' in page
    assert both.post(action).location == "/settings/pipelines"


def test_next_never_leads_elsewhere(world, both):
    assert both.post(f"/organizations/{world.bolt.id}/select?next=//evil.example").location == "/deals/"


def test_a_stale_tab_is_refused_and_shows_what_was_typed(world, both):
    to(both, world.bolt)
    answer = both.post(f"/settings/pipelines/{world.pipeline.id}/rename", {"name": "Typed words", "version": 1})
    assert answer.status_code == 409 and "Typed words" in answer.text
    assert "This tab shows Acme, but you are in Bolt now." in answer.text


def test_a_stale_tab_writes_nothing_not_even_to_its_old_organization(world, both):
    to(both, world.bolt)
    both.post("/settings/pipelines/new", {"name": "Strayed"})
    for enter in (world.in_bolt, world.in_acme):
        enter()
        assert "Strayed" not in world.session.scalars(select(Pipeline.name)).all()


def test_a_stale_tab_of_htmx_keeps_its_page_and_gets_a_notice(world, both):
    to(both, world.bolt)
    answer = both.send(f"/settings/pipelines/{world.pipeline.id}/rename", {"name": "Typed words", "version": 1})
    assert answer.status_code == 409 and answer.headers["HX-Reswap"] == "none"
    assert "you are in Bolt now" in answer.text and "what you typed is still here" in answer.text


def test_a_tab_of_the_right_organization_is_welcome(world, both):
    to(both, world.bolt)
    both.organization = str(world.bolt.id)
    assert both.post("/settings/pipelines/new", {"name": "Welcome"}).status_code == 303


def test_a_form_without_its_organization_is_stale(world, both):
    both.organization = ""
    assert both.post("/settings/pipelines/new", {"name": "Homeless"}).status_code == 409
