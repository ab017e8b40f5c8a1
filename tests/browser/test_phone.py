"""A rep on a phone, between two meetings."""

import re
import time
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.contacts.models import Contact
from crm.tasks.models import Task, add_task
from crm.timeline.models import Activity
from tests.browser.hand import Finger, point
from tests.browser.office import card, column
from tests.browser.windows import BARE, PHONE


@pytest.fixture
def deal(office):
    """With somebody to call, and a step that is due today."""
    deal = office.deal("Warehouse scanners", "proposal", amount="84000")
    contact = Contact(name="Jonas Brandt", phone="+49 30 1234", email="jonas@brandt.example")
    contact.organization_id, contact.owner_id = office.olga.organization_id, office.max.user_id
    office.session.add(contact)
    office.session.flush()
    deal.change({"contact_id": contact.id}, by=office.max)
    add_task(deal, "Call Jonas", office.max.today(), by=office.max)
    office.session.commit()
    return deal


@pytest.fixture
def page(office, deal):
    page = office.window(office.max, **PHONE | BARE)
    page.locator(".stage-tabs").get_by_text("Proposal").tap()
    return page


def kinds(office, deal):
    office.session.rollback()
    mine = select(Activity.type).where(Activity.deal_id == deal.id).order_by(Activity.id)
    return list(office.session.scalars(mine))


def test_a_call_is_logged_and_the_next_step_planned_in_ten_seconds(office, page, deal):
    start = time.monotonic()
    card(page, deal).locator(".card__title").tap()
    sheet = page.get_by_role("dialog", name="Warehouse scanners")
    expect(sheet).to_contain_text("Jonas Brandt")
    expect(sheet.get_by_role("link", name="Call Jonas Brandt")).to_have_attribute("href", "tel:+49301234")
    sheet.get_by_text("Call", exact=True).last.tap()
    sheet.get_by_text("No answer").tap()
    sheet.get_by_label(re.compile("Text")).fill("Try on Monday")
    sheet.get_by_label("Done: Call Jonas").check()
    sheet.get_by_text("+3 days").tap()
    sheet.get_by_label("Stage").select_option("Negotiation")
    sheet.get_by_role("button", name="Save update").tap()
    expect(sheet).to_have_count(0)
    expect(column(page, office.stage("negotiation"))).to_have_text(["Warehouse scanners"])
    assert time.monotonic() - start < 10
    assert kinds(office, deal)[-5:] == ["call", "task_done", "task_created", "stage_changed", "status_changed"]
    step = office.session.scalars(select(Task).where(Task.deal_id == deal.id, Task.done_at.is_(None))).one()
    assert step.due_on == office.max.today() + timedelta(days=3)


def test_the_sheet_opens_without_the_network_and_what_it_saves_waits(office, page, deal):
    page.route("**/update*", lambda route: route.abort("internetdisconnected"))
    page.route("**/update/brief*", lambda route: route.abort("internetdisconnected"))
    sheet, text = page.get_by_role("dialog", name="Warehouse scanners"), re.compile("Text")
    card(page, deal).locator(".card__title").tap()
    expect(sheet.get_by_label("Stage")).to_have_value(str(deal.stage_id))
    sheet.get_by_label(text).fill("Wants two lots")
    sheet.get_by_role("button", name="Close").tap()
    page.reload()
    card(page, deal).locator(".card__title").tap()
    expect(sheet.get_by_label(text)).to_have_value("Wants two lots")
    sheet.get_by_role("button", name="Save update").tap()
    expect(sheet).to_have_count(0)
    expect(page.locator("#outbox [data-count=waiting]")).to_have_text("Waiting to be sent: 1")
    page.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#outbox")).to_have_attribute("data-waiting", "0")
    assert "comment" in kinds(office, deal)
    card(page, deal).locator(".card__title").tap()
    expect(sheet.get_by_label(text)).to_have_value("")


def test_the_parts_that_come_later_leave_what_is_typed(page, deal):
    sheet, text = page.get_by_role("dialog", name="Warehouse scanners"), re.compile("Text")
    card(page, deal).locator(".card__title").tap()
    sheet.get_by_label(text).fill("Wants two lots")
    for _ in range(2):
        sheet.get_by_role("button", name="Close").tap()
        expect(sheet).to_have_count(0)
        card(page, deal).locator(".card__title").tap()
        expect(sheet.get_by_role("link", name="Call Jonas Brandt")).to_be_visible()
        expect(sheet.get_by_label(text)).to_have_value("Wants two lots")


def test_among_people_the_way_back_is_closed_too_and_a_stage_without_network_waits(office, page, deal):
    page.goto("/deals/?group=owner")
    card(page, deal).locator(".card__title").tap()
    earlier = page.locator("#update-stage option", has_text="Qualification")
    expect(earlier).to_be_disabled()
    page.get_by_role("button", name="Close").tap()
    page.route("**/move?*", lambda route: route.abort("internetdisconnected"))
    card(page, deal).scroll_into_view_if_needed()
    finger = Finger(page)
    finger.lift(deal)
    for slug, sign in (("qualification", "is-refusing"), ("contract", "is-target")):
        target = page.locator(f"#dock .dock__target[data-stage='{office.stage(slug).id}']")
        finger.go(*point(target, 0.5, 20), steps=6)
        finger.until(lambda t=target, s=sign: s in t.get_attribute("class"), lambda t=target: point(t, 0.5, 20))
    finger.let_go()
    expect(card(page, deal)).to_contain_text("Queued")
    expect(page.locator("#outbox [data-part=words]")).to_have_text("Warehouse scanners → Contract")
    expect(page.locator(f"#cards-owner-{office.max.user_id} #deal-{deal.id}")).to_have_count(1)


def test_a_long_press_raises_the_stages_at_the_thumb(office, page, deal):
    finger, contract = Finger(page), office.stage("contract")
    expect(page.locator("#dock")).to_be_hidden()
    card(page, deal).scroll_into_view_if_needed()  # once the column has come to rest
    finger.lift(deal)
    target = page.locator(f"#dock .dock__target[data-stage='{contract.id}']")
    box = target.bounding_box()
    assert box["y"] > 740 / 2 and box["height"] >= 44
    finger.go(box["x"] + box["width"] / 2, box["y"] + 20, steps=6)
    finger.until(lambda: "is-target" in target.get_attribute("class"), lambda: (box["x"] + 30, box["y"] + 20))
    finger.let_go()
    expect(page.locator(f"#cards-{contract.id} #deal-{deal.id}")).to_have_count(1)
    expect(page.locator(".stage-tabs").get_by_text("Contract")).to_contain_text("1")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert office.stored(deal).stage_id == contract.id


def test_a_card_that_is_kept_open_after_all_stays_where_it_was(office, page, deal):
    finger, lost = Finger(page), office.stage("lost")
    card(page, deal).scroll_into_view_if_needed()
    finger.dock(deal, lost)
    page.get_by_role("dialog", name="Mark as lost").get_by_role("button", name="Keep it open").tap()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(column(page, deal.stage)).to_have_text(["Warehouse scanners"])
    assert office.stored(deal).status == "new"
