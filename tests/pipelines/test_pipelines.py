"""Pipelines in the settings: looking, adding, renaming."""

import pytest
from sqlalchemy import select

from crm.errors import Forbidden
from crm.pipelines.models import Pipeline
from crm.pipelines.operations import add_pipeline

NEW = "/settings/pipelines/new"


def names(world):
    return world.session.scalars(select(Pipeline.name).order_by(Pipeline.position)).all()


def renaming(world):
    return f"/settings/pipelines/{world.pipeline.id}/rename"


@pytest.mark.parametrize("who", ["olga", "adam", "mona", "max", "vera"])
def test_everybody_may_look(world, browser, who):
    browser.as_(getattr(world, who))
    for path in ("/settings/pipelines", f"/settings/pipelines/{world.pipeline.id}"):
        page = browser.get(path)
        assert page.status_code == 200 and "Negotiation" in page.text and "14 days" in page.text


@pytest.mark.parametrize(
    ("who", "may"), [("olga", True), ("adam", True), ("mona", False), ("max", False), ("vera", False)]
)
def test_only_who_may_change_sees_how(world, browser, who, may):
    page = browser.as_(getattr(world, who)).get("/settings/pipelines").text
    for sign in ("Rename", "order__handle", "data-order", "Edit Negotiation", "Add stage", "Add pipeline"):
        assert (sign in page) is may, sign


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_only_owners_and_admins_change_pipelines(world, browser, who):
    browser.as_(getattr(world, who))
    paths = [NEW, renaming(world), f"/settings/pipelines/{world.pipeline.id}/order"]
    assert {browser.post(path, {"name": "Mine"}).status_code for path in paths} == {403}
    assert names(world) == ["New business"]
    with pytest.raises(Forbidden):
        add_pipeline(world.session, "Mine", by=getattr(world, who))
    with pytest.raises(Forbidden):
        world.pipeline.rename("Mine", by=getattr(world, who))


def test_a_pipeline_is_added_with_the_usual_stages(world, browser):
    answer = browser.as_(world.adam).post(NEW, {"name": " Renewals "})
    assert answer.status_code == 303 and names(world) == ["New business", "Renewals"]
    page = browser.get(answer.location).text
    assert "Renewals is there" in page and "Contract" in page and "New business" in page


@pytest.mark.parametrize("name", ["", "  ", "\x00", "n" * 81])
def test_a_pipeline_needs_a_fitting_name(world, browser, name):
    answer = browser.as_(world.adam).post(NEW, {"name": name})
    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text
    assert names(world) == ["New business"]


@pytest.mark.parametrize("path", [NEW, "rename"])
def test_a_taken_name_is_said_at_the_field_and_kept(world, browser, path):
    other = add_pipeline(world.session, "Übersee", by=world.olga)
    world.session.commit()
    form = {"name": "übersee", "version": world.pipeline.version}
    answer = browser.as_(world.adam).post(renaming(world) if path == "rename" else path, form)
    assert answer.status_code == 409 and "of that name already" in answer.text and 'value="übersee"' in answer.text
    assert names(world) == ["New business", other.name]


def test_another_organization_may_use_the_name_too(world, browser):
    world.in_bolt()
    add_pipeline(world.session, "Renewals", by=world.ruslan)
    world.session.commit()
    world.in_acme()
    assert browser.as_(world.adam).post(NEW, {"name": "Renewals"}).status_code == 303


def test_renaming_by_form_and_by_htmx(world, browser):
    browser.as_(world.adam)
    plain = browser.post(renaming(world), {"name": "Neugeschäft 新", "version": 1})
    assert plain.status_code == 303 and names(world) == ["Neugeschäft 新"]
    part = browser.send(renaming(world), {"name": "Deals", "version": 2})
    assert part.status_code == 200 and names(world) == ["Deals"]
    assert part.text.lstrip().startswith('<div class="row" id="pipeline-head" hx-swap-oob="true"')


def test_a_name_keeps_its_own_when_only_the_case_changes(world, browser):
    assert browser.as_(world.adam).post(renaming(world), {"name": "NEW business", "version": 1}).status_code == 303
    assert names(world) == ["NEW business"]


def test_a_stale_rename_is_refused_tells_the_new_name_and_keeps_the_text(world, browser):
    browser.as_(world.adam).post(renaming(world), {"name": "Adam was first", "version": 1})
    answer = browser.as_(world.olga).post(renaming(world), {"name": "Olga typed this", "version": 1})
    assert answer.status_code == 409 and 'value="Olga typed this"' in answer.text
    assert "Name Adam was first" in answer.text and names(world) == ["Adam was first"]
    assert 'name="version" value="2"' in answer.text
    assert browser.post(renaming(world), {"name": "Olga typed this", "version": 2}).status_code == 303


def test_a_refused_form_of_htmx_comes_back_in_its_place(world, browser):
    answer = browser.as_(world.adam).send(renaming(world), {"name": "", "version": 1})
    assert answer.status_code == 400 and 'id="pipeline-head" hx-swap-oob="true"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("path", ["", "/rename", "/order", "/stages/new", "/delete"])
@pytest.mark.parametrize("id", ["foreign", "999999", "9" * 30])
def test_other_pipelines_are_not_found(world, browser, path, id):
    browser.as_(world.olga)
    url = f"/settings/pipelines/{world.foreign['pipeline'] if id == 'foreign' else id}{path}"
    if path != "/order":
        assert browser.get(url).status_code == 404
    if path:
        assert browser.post(url, {"name": "Taken over"}).status_code == 404


def test_nobody_looks_before_signing_in(browser):
    assert browser.get("/settings/pipelines").location == "/sign-in?next=/settings/pipelines"


def test_a_page_costs_the_same_for_one_pipeline_and_for_ten(world, browser, statements):
    browser.as_(world.olga).get("/settings/pipelines")
    counts = []
    for number in range(2):
        statements.clear()
        browser.get("/settings/pipelines")
        counts.append(len(statements))
        for more in range(9):
            add_pipeline(world.session, f"{number}-{more}", by=world.olga)
        world.session.commit()
    assert counts[0] == counts[1] <= 5, statements
