"""What is changed without a network waits in the browser, survives its restart, and happens exactly once."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.tasks.models import Task, add_task
from crm.timeline.models import Activity
from tests.browser.hand import Mouse
from tests.browser.office import Office, card, column
from tests.browser.test_offline import ready
from tests.browser.windows import BARE, hearing

COUNT_TIMERS = """() => {
  const plain = window.setTimeout;
  window.timers = 0;
  window.setTimeout = (act, after, ...more) => ((window.timers += after === 300), plain(act, after, ...more));
}"""
EVERYTHING_CHANGED = """() => new BroadcastChannel(`live ${document.body.dataset.live}`)
  .postMessage({ kind: "reload", text: JSON.stringify({ within: 0 }) })"""
WAITING = "#outbox [data-count=waiting]"


def happened(office, deal, kind):
    office.session.rollback()
    return office.session.scalar(
        select(func.count()).where(Activity.deal_id == deal.id, Activity.type == kind, Activity.actor_id.is_not(None))
    )


def write(page, text):
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()


def note_that_waits(office, deal):
    """A window without a network for notes, in which one is written."""
    page = office.window(office.max, f"/deals/{deal.id}", **BARE)
    page.route("**/activities", lambda route: route.abort("internetdisconnected"))
    write(page, "He is back on Monday.")
    expect(page.locator(WAITING)).to_have_text("Waiting to be sent: 1")
    return page


@pytest.fixture
def scanners(office):
    deal, other = office.deals("Scanners", "Terminals")
    add_task(deal, "Call Jonas", office.max.today() + timedelta(days=1), by=office.max)
    office.session.commit()
    return deal, other


def test_a_note_a_task_and_a_move_survive_a_restart_and_happen_once(office, scanners):
    deal, other = scanners
    page = ready(office.window(office.max))
    page.goto(f"/deals/{deal.id}")
    page.wait_for_function("async () => (await caches.match(location.href)) !== undefined")
    page.context.set_offline(True)
    write(page, "He is back on Monday.")
    expect(page.locator(WAITING)).to_have_text("Waiting to be sent: 1")
    page.get_by_label("Done: Call Jonas").click()
    expect(page.locator(".task")).to_contain_text("Queued")
    page.goto("/deals/")
    Mouse(page).drag(other, above=deal)
    expect(card(page, other)).to_contain_text("Queued")
    page.reload()
    expect(page.locator(WAITING)).to_have_text("Waiting to be sent: 3")
    expect(column(page, deal.stage)).to_have_text(["Terminals", "Scanners"])
    expect(card(page, other)).to_contain_text("Queued")
    second = page.context.new_page()
    second.goto("/deals/")
    expect(second.locator(WAITING)).to_have_text("Waiting to be sent: 3")
    page.context.set_offline(False)
    for window in (page, second):
        expect(window.locator("#outbox")).to_be_hidden()
        expect(column(window, deal.stage)).to_have_text(["Terminals", "Scanners"])
        expect(card(window, other)).not_to_contain_text("Queued")
    assert [happened(office, deal, kind) for kind in ("comment", "task_done")] == [1, 1]
    assert office.order(deal.stage) == [other.id, deal.id]


def test_a_queued_card_is_marked_on_every_board_and_lets_news_wait_without_asking(office, scanners):
    deal, other = scanners
    page = hearing(office.window(office.max, **BARE))
    page.route("**/move", lambda route: route.abort("internetdisconnected"))
    Mouse(page).drag(other, above=deal)
    expect(card(page, other)).to_contain_text("Queued")
    for view in ("People", "Stages"):
        page.get_by_role("link", name=view).click()
        expect(page.locator("#views [aria-current]").first).to_have_text(view)
        expect(card(page, other)).to_contain_text("Queued", timeout=1000)
    page.get_by_role("link", name="No next step").click()
    expect(card(page, other)).to_contain_text("Queued", timeout=1000)  # now its menu names the filter too
    expect(card(page, deal)).to_have_count(0)
    page.evaluate(COUNT_TIMERS)
    page.evaluate(EVERYTHING_CHANGED)
    page.wait_for_timeout(1200)
    assert page.evaluate("timers") <= 1
    page.unroute_all()
    page.locator("#outbox summary").click()
    with page.expect_request(lambda asked: asked.headers.get("hx-target") == "board"):
        page.get_by_role("button", name="Try now").click()
    expect(card(page, other)).not_to_contain_text("Queued")
    assert office.order(deal.stage) == [other.id, deal.id]


def test_a_change_whose_answer_was_lost_is_not_made_again(office, scanners):
    deal, _ = scanners
    page = office.window(office.max, f"/deals/{deal.id}", **BARE)
    lose = ["yes"]

    def answer(route):
        reply = route.fetch()
        if lose and lose.pop():
            return route.abort("internetdisconnected")
        return route.fulfill(response=reply)

    page.route("**/activities", answer)
    with page.expect_response(lambda reply: "/activities" in reply.url and reply.status == 204):
        write(page, "He is back on Monday.")
    expect(page.locator("#outbox")).to_have_attribute("data-waiting", "0")
    expect(page.locator("#timeline")).to_contain_text("He is back on Monday.")
    assert happened(office, deal, "comment") == 1


def test_a_conflict_is_explained_and_what_was_meant_stays_to_be_sent_again(office, scanners):
    deal, other = scanners
    page = ready(office.window(office.max))
    page.context.set_offline(True)
    Mouse(page).drag(deal, below=other)
    expect(card(page, deal)).to_contain_text("Queued")
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    page.context.set_offline(False)
    expect(page.locator(".toast")).to_contain_text("Mona Meyer moved “Scanners” to Proposal")
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(page.locator("#outbox [data-count=refused]")).to_have_text("Not saved: 1")
    page.locator("#outbox summary").click()
    expect(page.locator("#outbox li")).to_contain_text("Scanners → New lead")
    expect(page.locator("#outbox li")).to_contain_text("Mona Meyer moved")
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("#outbox")).to_be_hidden()
    assert office.stored(deal).stage_id == office.stage("proposal").id


def test_what_waits_for_one_organization_is_never_sent_to_another(office, session, windows, scanners):
    deal, _ = scanners
    other, home = Office.open(session, windows), office.olga.organization.name
    take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
    session.commit()
    page = office.window(office.max, "/organizations", **BARE)
    page.get_by_role("button", name=home).first.click()
    expect(page.locator("#board")).to_be_visible()
    page.goto(f"/deals/{deal.id}")
    page.route("**/activities", lambda route: route.abort("internetdisconnected"))
    write(page, "He is back on Monday.")
    expect(page.locator(WAITING)).to_have_text("Waiting to be sent: 1")
    page.goto("/organizations")
    page.unroute_all()  # not sooner: while the deal's page is open, it may send it
    page.get_by_role("button", name=other.olga.organization.name).first.click()
    page.locator("#outbox summary").click()
    expect(page.locator("#outbox li")).to_contain_text(
        f"Waits until you are here again: {office.olga.organization.name}"
    )
    page.get_by_role("button", name="Try now").click()
    page.wait_for_timeout(300)
    office.enter()
    assert happened(office, deal, "comment") == 0
    page.goto("/organizations")
    page.get_by_role("button", name=home).first.click()
    expect(page.locator("#outbox")).to_have_attribute("data-waiting", "0")
    assert happened(office, deal, "comment") == 1


def test_signing_out_warns_of_what_would_be_lost_and_then_leaves_nothing(office, scanners):
    deal, _ = scanners
    page = note_that_waits(office, deal)
    page.get_by_role("button", name="Max Moser").click()
    page.locator("#organization").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.locator(WAITING)).to_be_visible()
    page.get_by_role("button", name="Max Moser").click()
    page.locator("#organization").get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign out and lose them").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0


def test_what_somebody_else_left_in_this_browser_is_not_shown_and_goes(office, scanners):
    deal, _ = scanners
    page = note_that_waits(office, deal)
    page.context.clear_cookies()
    page.context.add_cookies(office.window(office.mona).context.cookies())
    page.goto("/deals/")
    page.wait_for_timeout(300)
    expect(page.locator("#outbox")).to_be_hidden()
    office.enter()
    assert happened(office, deal, "comment") == 0 and office.session.scalar(select(func.count(Task.id))) == 1
