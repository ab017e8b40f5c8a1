def test_a_member_sees_columns_and_cards(world, browser):
    page = browser.as_(world.max).get("/deals/")
    assert page.status_code == 200
    assert "Scanners" in page.text and "Qualification" in page.text


def test_the_deal_opens_as_page_and_as_panel(world, browser):
    olga = browser.as_(world.olga)
    page = olga.get(f"/deals/{world.deal.id}")
    assert page.status_code == 200 and "<html" in page.text
    panel = olga.part(f"/deals/{world.deal.id}")
    assert "<html" not in panel.text and 'id="deal-panel"' in panel.text
