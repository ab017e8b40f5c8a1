"""The deal's page, panel and forms."""

from __future__ import annotations

import re

from sqlalchemy import select

from crm.deals.models import Deal


def test_the_deal_opens_as_page_and_as_panel(world, browser):
    olga = browser.as_(world.olga)
    page = olga.get(f"/deals/{world.deal.id}")
    assert page.status_code == 200 and "<html" in page.text and "€1,000.00" in page.text
    panel = olga.part(f"/deals/{world.deal.id}")
    assert "<html" not in panel.text and 'id="deal-panel"' in panel.text


def test_its_page_takes_the_same_statements_with_much_history(world, browser, statements):
    max_, counts = browser.as_(world.max), []
    for _ in range(2):
        for number in range(15):
            world.deal.log("comment", f"Note {number}", by=world.max)
        world.session.commit()
        statements.clear()
        assert max_.get(f"/deals/{world.deal.id}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 9, counts


def test_a_new_deal_comes_from_a_form(world, browser):
    form = {
        "title": "Gate cameras",
        "amount": "24 500,50",
        "company": world.company.name.upper(),
        "contact": "jonas@brandt.example",
        "stage_id": world.stage("proposal").id,
        "owner_id": world.max.user_id,
        "expected_close_date": "2030-02-28",
    }
    answer = browser.as_(world.max).post("/deals/new", form)
    assert answer.status_code == 303, answer.text
    deal = world.session.scalars(select(Deal).where(Deal.title == "Gate cameras")).one()
    assert (str(deal.amount), deal.company_id, deal.contact_id) == ("24500.50", world.company.id, world.contact.id)


def test_a_bad_form_keeps_what_was_typed_and_saves_nothing(world, browser):
    form = {"title": "Kept", "amount": "lots", "company": "Nobody Ltd", "stage_id": "0", "owner_id": "x"}
    answer = browser.as_(world.max).post("/deals/new", form | {"expected_close_date": "31.12.2030"})
    assert answer.status_code == 400
    for kept in ('value="Kept"', 'value="lots"', 'value="Nobody Ltd"', "Type an amount", "Write a date"):
        assert kept in answer.text, kept
    assert not world.session.scalars(select(Deal).where(Deal.title == "Kept")).all()


def test_one_field_is_edited_in_place(world, browser):
    path = f"/deals/{world.deal.id}/facts/amount"
    form = browser.as_(world.max).part(path)
    assert 'name="amount"' in form.text and 'name="title"' not in form.text
    answer = browser.send(path, {"amount": "84,000.00", "version": world.deal.version})
    assert answer.status_code == 200 and "€84,000.00" in answer.text and 'id="timeline"' in answer.text
    assert "deal-changed" in answer.headers["HX-Trigger"]


def test_a_bad_value_in_place_says_so_at_the_field(world, browser):
    path = f"/deals/{world.deal.id}/facts/expected_close_date"
    answer = browser.as_(world.max).send(path, {"expected_close_date": "soon"})
    assert answer.status_code == 400 and "Write a date such as 2026-12-31." in answer.text
    assert browser.part(f"/deals/{world.deal.id}/facts/rank").status_code == 404


def test_a_stale_form_shows_what_differs_and_keeps_the_text(world, browser):
    max_ = browser.as_(world.max)
    page = max_.get(f"/deals/{world.deal.id}/edit")
    seen = re.search(r'name="version" value="(\d+)"', page.text).group(1)
    world.deal.change({"title": "Theirs"}, by=world.mona)
    world.session.commit()
    form = {"title": "Mine", "amount": "1000", "owner_id": world.max.user_id, "version": seen}
    answer = max_.post(f"/deals/{world.deal.id}/edit", form)
    assert answer.status_code == 409
    assert "Yours: Mine. Saved: Theirs." in answer.text and 'value="Mine"' in answer.text


def test_others_may_not_edit_or_delete(world, browser):
    theirs = world.another_deal("Mona’s", by=world.mona)
    world.session.commit()
    max_ = browser.as_(world.max)
    for path in ("edit", "facts/amount", "delete"):
        assert max_.post(f"/deals/{theirs.id}/{path}", {"title": "x"}).status_code == 403, path
    assert max_.get(f"/deals/{theirs.id}").status_code == 200


def test_deleting_asks_first_and_goes_to_the_board(world, browser):
    max_ = browser.as_(world.max)
    assert "cannot be undone" in max_.get(f"/deals/{world.deal.id}/delete").text
    answer = max_.post(f"/deals/{world.deal.id}/delete")
    assert answer.status_code == 303 and answer.location.endswith("/board")
    assert max_.get(f"/deals/{world.deal.id}").status_code == 404


def test_reopening_answers_with_the_record(world, browser):
    world.deal.win(by=world.max)
    world.session.commit()
    answer = browser.as_(world.olga).send(f"/deals/{world.deal.id}/reopen", {"record": "1"})
    assert answer.status_code == 200 and 'id="deal-head"' in answer.text
    assert browser.as_(world.max).send(f"/deals/{world.deal.id}/reopen").status_code == 409


def test_strange_text_is_shown_as_text(world, browser):
    world.deal.change({"title": '<script>alert("x")</script> & Söhne 💶'}, by=world.max)
    world.session.commit()
    page = browser.as_(world.max).get(f"/deals/{world.deal.id}")
    assert "<script>alert" not in page.text and "Söhne 💶" in page.text


def test_the_deals_of_a_contact_and_a_company_are_on_their_pages(world, browser):
    max_ = browser.as_(world.max)
    for kind, record in (("contact", world.contact), ("company", world.company)):
        path = f"/deals/with/{kind}/{record.id}"
        assert path in max_.get(f"/{'contacts' if kind == 'contact' else 'companies'}/{record.id}").text
        assert "Scanners" in max_.part(path).text and "1 open" in max_.get(path).text


def test_an_empty_request_to_change_a_deal_changes_nothing(world, browser):
    answer = browser.as_(world.max).send(f"/deals/{world.deal.id}/edit")
    assert answer.status_code == 200 and answer.headers["HX-Redirect"] == f"/deals/{world.deal.id}"
    world.session.refresh(world.deal)
    assert (world.deal.company_id, world.deal.contact_id) == (world.company.id, world.contact.id)


def test_who_may_not_change_a_deal_gets_no_form_for_it(world, browser):
    theirs = world.another_deal("Mona’s", by=world.mona)
    world.session.commit()
    forms = (f"tasks move/{world.stage('won').id} delete edit facts/title").split()
    for path in forms:
        assert browser.as_(world.max).part(f"/deals/{theirs.id}/{path}").status_code == 403, path
        assert browser.as_(world.mona).part(f"/deals/{theirs.id}/{path}").status_code == 200, path
