def test_x(world, browser, app):
    r = browser.as_(world.max).get(f"/contacts/{world.contact.id}")
    print(r.status_code, r.text[:300])
    for p in [
        "/contacts/",
        "/companies/",
        "/contacts/new",
        "/companies/new",
        f"/contacts/{world.contact.id}/edit",
        f"/companies/{world.company.id}",
        f"/companies/{world.company.id}/edit",
        f"/contacts/{world.contact.id}/delete",
        "/contacts/options?contact=jon",
        "/companies/options?company=ma",
    ]:
        try:
            app.config["PROPAGATE_EXCEPTIONS"] = True
            r = browser.get(p)
            print(p, r.status_code, len(r.text))
        except Exception as e:
            import traceback

            traceback.print_exc(limit=-3)
    assert 0
