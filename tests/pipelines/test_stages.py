"""Stages in the settings: changing, adding, ordering."""

import pytest
from sqlalchemy import select

from crm.errors import Conflict, Forbidden, Invalid
from crm.pipelines.models import Stage
from crm.pipelines.operations import add_stage, order_stages

FORM = {
    "name": "Bargaining",
    "probability": "65",
    "rots_after": "12",
    "wip_limit": "4",
    "color": "gold",
    "wip_strict": "refuse",
    "required": ["amount", "contact_id"],
}


def url(world, slug="negotiation"):
    return f"/settings/stages/{world.stage(slug).id}"


def stored(world, slug="negotiation"):
    query = select(Stage).where(Stage.id == world.stage(slug).id).execution_options(populate_existing=True)
    return world.session.scalars(query).one()


def slugs(world):
    query = select(Stage.slug).where(Stage.pipeline_id == world.pipeline.id).order_by(Stage.position, Stage.id)
    return world.session.scalars(query).all()


def test_a_stage_is_changed(world, browser):
    assert browser.as_(world.adam).post(url(world), FORM | {"version": 1}).status_code == 303
    one = stored(world)
    assert (one.name, one.probability, one.rots_after, one.wip_limit) == ("Bargaining", 65, 12, 4)
    assert (one.color, one.wip_strict, one.required) == ("gold", True, ["amount", "contact_id"])
    assert (one.slug, one.kind) == ("negotiation", "open")


def test_limits_may_be_empty_and_nothing_required(world, browser):
    browser.as_(world.adam).post(url(world), FORM | {"version": 1})
    bare = FORM | {"rots_after": "", "wip_limit": " ", "required": [], "wip_strict": "show", "version": 2}
    assert browser.post(url(world), bare).status_code == 303
    one = stored(world)
    assert (one.rots_after, one.wip_limit, one.required, one.wip_strict) == (None, None, [], False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\x00"),
        ("name", "n" * 61),
        ("probability", ""),
        ("probability", "101"),
        ("probability", "-1"),
        ("probability", "ten"),
        ("probability", "9" * 40),
        ("probability", "٣"),
        ("rots_after", "0"),
        ("rots_after", "3651"),
        ("rots_after", "1.5"),
        ("wip_limit", "0"),
        ("wip_limit", "100001"),
        ("color", "pink"),
        ("required", ["amount", "password"]),
    ],
)
def test_bad_input_is_said_keeps_the_text_and_changes_nothing(world, browser, field, value):
    answer = browser.as_(world.adam).post(url(world), FORM | {"version": 1, "name": "Typed name", field: value})
    assert answer.status_code == 400 and f'id="{field}-{stored(world).id}-error"' in answer.text
    assert field == "name" or 'value="Typed name"' in answer.text
    assert stored(world).name == "Negotiation" and stored(world).version == 1


def test_the_form_opens_in_its_row_and_on_its_page(world, browser):
    part = browser.as_(world.adam).part(url(world))
    assert part.status_code == 200 and part.text.count("<li") == 1 and 'value="Negotiation"' in part.text
    assert "hx-swap-oob" not in part.text
    page = browser.get(url(world))
    assert page.text.count("order__edit") == 1 and "New lead" in page.text and 'aria-expanded="true"' in page.text


def test_htmx_gets_the_row_back(world, browser):
    answer = browser.as_(world.adam).send(url(world), FORM | {"version": 1})
    assert answer.status_code == 200 and answer.text.count("<li") == 1
    assert f'id="stage-{stored(world).id}"' in answer.text and 'hx-swap-oob="true"' in answer.text
    assert "Bargaining" in answer.text and "4, strict" in answer.text and "order__edit" not in answer.text


def test_a_refused_row_of_htmx_comes_back_in_its_place(world, browser):
    answer = browser.as_(world.adam).send(url(world), FORM | {"version": 1, "probability": "x"})
    assert answer.status_code == 400 and 'hx-swap-oob="true"' in answer.text and 'value="x"' in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize("who", ["mona", "max", "vera"])
def test_others_change_nothing(world, browser, who):
    browser.as_(getattr(world, who))
    assert browser.get(url(world)).status_code == 403
    assert browser.post(url(world), FORM | {"version": 1}).status_code == 403
    with pytest.raises(Forbidden):
        stored(world).change({"name": "Mine"}, by=getattr(world, who))


@pytest.mark.parametrize("way", ["post", "send"])
def test_a_stale_form_is_refused_says_what_is_stored_and_keeps_the_text(world, browser, way):
    browser.as_(world.adam).post(url(world), FORM | {"version": 1})
    answer = getattr(browser, way)(url(world), FORM | {"version": 1, "name": "Typed later", "rots_after": "33"})
    assert answer.status_code == 409 and 'value="Typed later"' in answer.text and 'value="33"' in answer.text
    assert "Someone changed this stage" in answer.text and "Name Bargaining; Rots after 12." in answer.text
    assert stored(world).name == "Bargaining" and 'name="version" value="2"' in answer.text


def test_saving_again_after_the_warning_goes_through(world, browser):
    browser.as_(world.adam).post(url(world), FORM | {"version": 1})
    assert browser.post(url(world), FORM | {"version": 2, "name": "Typed later"}).status_code == 303
    assert stored(world).name == "Typed later"


def test_a_mistake_does_not_make_a_stale_form_fresh(world, browser):
    browser.as_(world.adam).post(url(world), FORM | {"version": 1})
    answer = browser.post(url(world), FORM | {"version": 1, "probability": "x"})
    assert 'name="version" value="1"' in answer.text


@pytest.mark.parametrize("slug", ["won", "lost"])
def test_of_won_and_lost_only_the_name_changes(world, browser, slug):
    form = browser.as_(world.adam).part(url(world, slug)).text
    assert 'name="name"' in form and "probability" not in form and "Delete stage" not in form
    assert browser.post(url(world, slug), FORM | {"version": 1, "name": "Signed"}).status_code == 303
    one = stored(world, slug)
    assert one.name == "Signed" and one.color == {"won": "green", "lost": "red"}[slug] and one.wip_limit is None
    with pytest.raises(Invalid):
        one.change({"color": "blue"}, by=world.olga)


def test_the_verb_itself_holds_the_rules(world):
    for values in ({"name": " "}, {"probability": 101}, {"probability": None}, {"color": "pink"}, {"wip_limit": 0}):
        with pytest.raises(Invalid):
            stored(world).change(values, by=world.olga)
    with pytest.raises(Conflict):
        stored(world).change({"name": "Late"}, by=world.olga, version=7)


def test_a_stage_is_added_before_won_and_lost(world, browser):
    path = f"/settings/pipelines/{world.pipeline.id}/stages/new"
    assert browser.as_(world.adam).post(path, FORM | {"name": "Legal check ⚖"}).status_code == 303
    assert slugs(world)[-3:] == ["legal-check", "won", "lost"]
    part = browser.send(path, FORM | {"name": "Legal check"})
    assert part.status_code == 200 and 'id="stages"' in part.text and 'id="new-stage"' in part.text
    assert slugs(world)[-3:] == ["legal-check-2", "won", "lost"]


def test_a_bad_new_stage_is_not_added(world, browser):
    path = f"/settings/pipelines/{world.pipeline.id}/stages/new"
    answer = browser.as_(world.adam).post(path, FORM | {"probability": "1000"})
    assert answer.status_code == 400 and 'value="Bargaining"' in answer.text and len(slugs(world)) == 7
    with pytest.raises(Forbidden):
        add_stage(world.session, world.pipeline, {"name": "Mine"}, by=world.mona)


def ids(world, *order):
    return {"id": [world.stage(slug).id for slug in order]}


BACKWARDS = ("contract", "negotiation", "proposal", "qualification", "lead")


def test_stages_stand_in_the_order_that_was_sent(world, browser):
    path = f"/settings/pipelines/{world.pipeline.id}/order"
    assert browser.as_(world.adam).send(path, ids(world, *BACKWARDS)).status_code == 204
    assert slugs(world) == [*BACKWARDS, "won", "lost"]


def test_ordering_leaves_open_forms_fresh(world, browser):
    browser.as_(world.adam).send(f"/settings/pipelines/{world.pipeline.id}/order", ids(world, *BACKWARDS))
    assert stored(world).version == 1
    assert browser.post(url(world), FORM | {"version": 1}).status_code == 303


@pytest.mark.parametrize("sent", [(), ("lead",), ("lead",) * 5, (*BACKWARDS, "won"), (*BACKWARDS[:4], "won")])
def test_an_order_must_name_each_open_stage_once(world, browser, sent):
    before = slugs(world)
    answer = browser.as_(world.adam).send(f"/settings/pipelines/{world.pipeline.id}/order", ids(world, *sent))
    assert answer.status_code == 400 and slugs(world) == before


def test_an_order_of_nonsense_is_refused(world, browser):
    path = f"/settings/pipelines/{world.pipeline.id}/order"
    for junk in (["x"] * 5, ["\x00"], ["9" * 40], [str(world.foreign["stage"])]):
        assert browser.as_(world.adam).send(path, {"id": junk}).status_code == 400


def test_only_owners_and_admins_order(world, browser):
    path = f"/settings/pipelines/{world.pipeline.id}/order"
    assert browser.as_(world.mona).send(path, ids(world, *BACKWARDS)).status_code == 403
    with pytest.raises(Forbidden):
        order_stages(world.session, world.pipeline, ids(world, *BACKWARDS)["id"], by=world.mona)


@pytest.mark.parametrize("path", ["", "/delete"])
@pytest.mark.parametrize("id", ["foreign", "999999", "9" * 30])
def test_other_stages_are_not_found(world, browser, path, id):
    browser.as_(world.olga)
    where = f"/settings/stages/{world.foreign['stage'] if id == 'foreign' else id}{path}"
    assert browser.get(where).status_code == browser.post(where, FORM).status_code == 404
