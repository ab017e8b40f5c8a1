"""What a window hears from elsewhere: another tab's organization, a lost connection, an ended session."""

import psycopg
from playwright.sync_api import expect

from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from tests.browser.hand import Mouse
from tests.browser.office import PASSWORD, Office, card, column, count
from tests.browser.windows import BARE, hearing

SOMETHING_HAPPENED = """deal => new BroadcastChannel(`live ${document.body.dataset.live}`)
  .postMessage({ kind: "deal", text: JSON.stringify({ deal }) })"""


def hold_back(page, deal, stage):
    """Drags the deal into the stage; what lets the server's answer, which is there already, through to the page."""
    held = []
    page.route(f"**/deals/{deal.id}/move", lambda route: held.append((route, route.fetch())))
    Mouse(page).drag(deal, into=stage)
    while not held:
        page.wait_for_timeout(20)
    ((route, answer),) = held
    return lambda: route.fulfill(response=answer)


def test_a_tab_of_another_organization_changes_nothing_and_says_so(office, session, windows):
    deal, there = office.deals("Scanners", "Terminals")
    page = office.window(office.max)
    other = Office.open(session, windows)
    take_in(session, other.olga.organization, office.max.user, Role.MEMBER)
    session.commit()
    second = page.context.new_page()
    second.goto("/organizations")
    second.get_by_role("button", name=other.olga.organization.name).click()
    expect(second.locator("#board")).to_be_visible()
    page.bring_to_front()
    Mouse(page).drag(deal, below=there)
    expect(page.locator(".toast")).to_contain_text("Nothing was saved.")
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Terminals"])
    office.enter()
    assert office.order(deal.stage) == [deal.id, there.id]


def test_a_session_that_is_ended_elsewhere_hears_nothing_more(office, windows):
    deal = office.deal("Scanners")
    page, watcher = hearing(office.window(office.max)), office.window(office.mona)
    elsewhere = windows.stranger("/sign-in?next=/settings/password")
    elsewhere.get_by_label("E-mail").fill(office.max.user.email)
    elsewhere.get_by_label("Password").fill(PASSWORD)
    elsewhere.get_by_role("button", name="Sign in").click()
    with page.expect_event("requestfinished", lambda request: "/live" in request.url, timeout=5000):
        elsewhere.get_by_role("button", name="Sign out everywhere else").click()
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    expect(column(watcher, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners"])


def test_a_window_without_connection_says_so_until_it_is_back(office):
    deal = office.deal("Scanners")
    page = hearing(office.window(office.max))
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline, showing")).to_be_visible()
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])


def test_a_colleague_s_move_is_brought_by_the_stream_without_a_question(office):
    deal = office.deal("Scanners")
    page = hearing(office.window(office.max))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/assets/" not in request.url else None)
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(count(page, office.stage("proposal"))).to_have_text("1")
    expect(count(page, office.stage("lead"))).to_have_text("0")
    assert not asked
    card(page, deal).get_by_role("link", name="Scanners", exact=True).click()
    expect(page.locator("#panel")).to_contain_text("Scanners")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    asked.clear()
    office.stored(deal).delete(by=office.mona)
    office.session.commit()
    expect(card(page, deal)).to_have_count(0)
    expect(count(page, office.stage("proposal"))).to_have_text("0")
    assert not asked


def test_what_is_under_the_pointer_stays_there(office):
    lead = office.deals("Scanners", "Terminals")
    other = office.deal("Printers", "proposal")
    page = hearing(office.window(office.max))
    card(page, lead[0]).hover()
    before = card(page, lead[0]).bounding_box()
    office.stored(other).move_to(office.stage("lead"), by=office.olga)
    office.session.commit()
    expect(column(page, office.stage("lead"))).to_have_text(["Printers", "Scanners", "Terminals"])
    assert abs(card(page, lead[0]).bounding_box()["y"] - before["y"]) < 1
    office.stored(other).move_to(office.stage("proposal"), by=office.olga)
    office.session.commit()
    expect(column(page, office.stage("lead"))).to_have_text(["Scanners", "Terminals"])
    assert abs(card(page, lead[0]).bounding_box()["y"] - before["y"]) < 1


def test_an_answer_that_comes_late_does_not_undo_what_was_heard_meanwhile(office):
    deal, _ = office.deals("Scanners", "Terminals")
    proposal = office.stage("proposal")
    page = hearing(office.window(office.max, **BARE))
    let_through = hold_back(page, deal, proposal)
    expect(count(page, proposal)).to_have_text("1")
    office.deal("Drones", proposal)
    expect(count(page, proposal)).to_have_text("2")
    let_through()
    expect(card(page, deal)).to_have_attribute("data-version", str(office.stored(deal).version))
    assert count(page, proposal).inner_text() == "2"


def test_what_is_asked_for_while_ones_own_change_is_on_its_way_is_not_undone_by_its_answer(office):
    """Without a stream, that is: only that something happened is told, then the window asks."""
    deal, _ = office.deals("Scanners", "Terminals")
    proposal = office.stage("proposal")
    page = office.window(office.max, **BARE)
    page.route("**/live**", lambda route: route.fulfill(status=429))
    page.reload()
    let_through = hold_back(page, deal, proposal)
    expect(count(page, proposal)).to_have_text("0")
    drones = office.deal("Drones", proposal)
    page.evaluate(SOMETHING_HAPPENED, drones.id)
    expect(count(page, proposal)).to_have_text("2")
    let_through()
    expect(card(page, deal)).to_have_attribute("data-version", str(office.stored(deal).version))
    expect(count(page, proposal)).to_have_text("2")


def test_of_two_own_changes_the_answer_that_comes_last_may_be_the_older(office):
    deal, other = office.deals("Scanners", "Terminals")
    proposal = office.stage("proposal")
    page = hearing(office.window(office.max, **BARE))
    let_first_through = hold_back(page, deal, proposal)
    let_second_through = hold_back(page, other, proposal)
    expect(count(page, proposal)).to_have_text("2")
    let_second_through()
    expect(card(page, other)).to_have_attribute("data-version", str(office.stored(other).version))
    let_first_through()
    expect(card(page, deal)).to_have_attribute("data-version", str(office.stored(deal).version))
    expect(count(page, proposal)).to_have_text("2")


def test_a_card_that_is_pressed_stays_in_the_hand_until_it_is_let_go(office):
    """A colleague's change would replace it between the press and the first movement: the hand would hold nothing."""
    deal, other = office.deals("Scanners", "Terminals")
    page = hearing(office.window(office.max))
    hand, box = Mouse(page), card(page, deal).bounding_box()
    spot = box["x"] + box["width"] / 2, box["y"] + 16
    hand.press(*spot)
    office.stored(deal).change({"title": "Large scanners"}, by=office.mona)
    office.session.commit()
    office.stored(other).change({"title": "Large terminals"}, by=office.mona)
    office.session.commit()
    expect(column(page, deal.stage)).to_have_text(["Scanners", "Large terminals"])
    hand.until(lambda: page.locator("#board[data-dragging]").count() == 1, lambda: (spot[0] + 8, spot[1] + 8))
    hand.let_go()
    expect(column(page, deal.stage)).to_have_text(["Large scanners", "Large terminals"])


def test_when_the_leading_tab_goes_another_hears_and_each_has_its_own_board(office):
    deal = office.deal("Scanners")
    leader = hearing(office.window(office.max))
    second = leader.context.new_page()
    second.goto(f"/deals/?owner={office.mona.user_id}")
    expect(second.locator("#board")).to_be_visible()
    office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
    office.session.commit()
    expect(column(leader, office.stage("proposal"))).to_have_text(["Scanners"])
    expect(count(second, office.stage("proposal"))).to_have_text("0")
    leader.close()
    hearing(second)
    office.stored(deal).change({"owner_id": office.mona.user_id}, by=office.mona)
    office.session.commit()
    expect(column(second, office.stage("proposal"))).to_have_text(["Scanners"])
    office.stored(deal).change({"owner_id": office.max.user_id}, by=office.mona)
    office.session.commit()
    expect(card(second, deal)).to_have_count(0)


def test_what_happens_while_nobody_listens_is_not_missed(office, server):
    """The listeners' connections are cut, as by a restart of PostgreSQL; the streams come back from their position."""
    deal = office.deal("Scanners")
    page = hearing(office.window(office.max))
    with psycopg.connect(server.database_url) as owner:
        owner.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crm live'")
        office.stored(deal).move_to(office.stage("proposal"), by=office.mona)
        office.session.commit()
    expect(column(page, office.stage("proposal"))).to_have_text(["Scanners"])
