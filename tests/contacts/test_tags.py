"""The list of tags, and the tags of deals, contacts and companies."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from crm.contacts.models import Contact
from crm.contacts.operations import add_company, add_contact
from crm.contacts.queries import tag_of, tags_of
from crm.contacts.tags import Tag, add_tag
from crm.errors import Conflict, Forbidden, Invalid
from crm.timeline.models import Activity

KINDS = ("deal", "contact", "company")


def names(world):
    return [tag.name for tag in world.session.scalars(tags_of(world.olga))]


def stored(world, record):
    """The names of its tags in the database, and its version."""
    world.session.flush()
    world.session.expire(record)
    return [tag.name for tag in record.tags], record.version


def told(world, record):
    world.session.flush()
    mine = select(Activity.payload).where(getattr(Activity, record.timeline_key) == record.id)
    return world.session.scalars(mine.where(Activity.payload["event"].astext == "tagged").order_by(Activity.id)).all()


@pytest.fixture
def tags(world):
    return SimpleNamespace(hot=world.tag, cold=add_tag(world.session, "Cold", "sky", by=world.olga))


@pytest.mark.parametrize("who", ["olga", "adam"])
def test_owners_and_admins_change_the_list(world, who):
    by = getattr(world, who)
    tag = add_tag(world.session, "  Fair \x00 2026 ", "gold", by=by)
    assert (names(world), tag.color) == (["Fair 2026", "Hot"], "gold")
    tag.rename("Trade fair", by=by)
    tag.recolour("plum", by=by)
    assert (names(world), tag.color) == (["Hot", "Trade fair"], "plum")
    tag.delete(by=by)
    assert names(world) == ["Hot"]


@pytest.mark.parametrize("who", ["mona", "max", "lena", "vera"])
def test_others_do_not(world, who):
    by = getattr(world, who)
    acts = (
        lambda: add_tag(world.session, "New", by=by),
        lambda: world.tag.rename("Cold", by=by),
        lambda: world.tag.recolour("sky", by=by),
        lambda: world.tag.delete(by=by),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert (names(world), world.tag.color) == (["Hot"], "rose")


@pytest.mark.parametrize("name", ["", " ", "\x00", None, "n" * 61])
def test_a_tag_needs_a_short_name(world, name):
    for act in (lambda: add_tag(world.session, name, by=world.olga), lambda: world.tag.rename(name, by=world.olga)):
        with pytest.raises(Invalid) as refusal:
            act()
        assert list(refusal.value.errors) == ["name"]


def test_a_name_is_taken_whatever_its_capitals(world, tags):
    for act in (
        lambda: add_tag(world.session, "hOT", by=world.olga),
        lambda: tags.cold.rename("hOT ", by=world.olga),
    ):
        with pytest.raises(Conflict) as refusal:
            act()
        assert refusal.value.code == "NAME_TAKEN"
    tags.hot.rename("HOT", by=world.olga)
    assert names(world) == ["Cold", "HOT"]


def test_a_colour_is_one_of_the_ten(world):
    for act in (
        lambda: add_tag(world.session, "New", "pink", by=world.olga),
        lambda: world.tag.recolour("pink", by=world.olga),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert list(refusal.value.errors) == ["color"]


def test_another_organizations_tag_is_not_found(world):
    assert world.session.scalar(tag_of(world.olga, world.tag.id)) is world.tag
    assert world.session.scalar(tag_of(world.olga, world.foreign["tag"])) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_gets_exactly_these_tags_and_tells_it(world, tags, kind):
    record = getattr(world, kind)
    before = stored(world, record)[1]
    record.tag_with([tags.hot.id, tags.cold.id, tags.hot.id], by=world.max)
    assert stored(world, record) == (["Cold", "Hot"], before + 1)
    record.tag_with([tags.cold.id], by=world.max)
    assert stored(world, record) == (["Cold"], before + 2)
    assert told(world, record) == [
        {"event": "tagged", "added": ["Cold", "Hot"], "removed": []},
        {"event": "tagged", "added": [], "removed": ["Hot"]},
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_tags_again_are_no_change(world, tags, kind):
    record = getattr(world, kind)
    record.tag_with([tags.hot.id], by=world.max)
    before = stored(world, record)
    record.tag_with([tags.hot.id], by=world.max)
    assert stored(world, record) == before and len(told(world, record)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_change_the_record_may_not_tag_it(world, kind):
    theirs = getattr(world.book_of(world.mona), kind)
    for who in (world.max, world.lena, world.vera):
        with pytest.raises(Forbidden):
            theirs.tag_with([world.tag.id], by=who)
    theirs.tag_with([world.tag.id], by=world.mona)
    getattr(world, kind).tag_with([world.tag.id], by=world.lena)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", ["foreign", 999_999, 0, -1, 10**30])
def test_an_unknown_tag_is_refused_and_none_is_set(world, kind, wrong):
    record, id = getattr(world, kind), world.foreign["tag"] if wrong == "foreign" else wrong
    with pytest.raises(Invalid) as refusal:
        record.tag_with([world.tag.id, id], by=world.max)
    assert list(refusal.value.errors) == ["tag_ids"] and stored(world, record)[0] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_stale_version_is_a_conflict(world, kind):
    record = getattr(world, kind)
    with pytest.raises(Conflict):
        record.tag_with([world.tag.id], by=world.max, version=record.version + 1)
    record.tag_with([world.tag.id], by=world.max, version=record.version)
    assert stored(world, record)[0] == ["Hot"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_tag_is_gone_from_its_records_and_a_deleted_record_leaves_the_tag(world, tags, kind):
    record = getattr(world, kind)
    record.tag_with([tags.hot.id, tags.cold.id], by=world.max)
    world.session.flush()
    tags.hot.delete(by=world.olga)
    assert stored(world, record)[0] == ["Cold"]
    world.deal.delete(by=world.max)
    if kind != "deal":
        world.session.flush()
        record.delete(by=world.max)
    world.session.flush()
    assert names(world) == ["Cold"]


def test_new_records_come_with_tags(world, tags):
    ids = [tags.cold.id, tags.hot.id]
    made = (
        world.another_deal(tag_ids=ids),
        add_contact(world.session, {"name": "New", "tag_ids": ids}, by=world.max),
        add_company(world.session, {"name": "New", "tag_ids": ids}, by=world.max),
    )
    for record in made:
        assert stored(world, record)[0] == ["Cold", "Hot"] and told(world, record) == []


def test_new_records_with_an_unknown_tag_are_not_added(world):
    ids = [world.foreign["tag"]]
    for act in (
        lambda: world.another_deal("Not made", tag_ids=ids),
        lambda: add_contact(world.session, {"name": "Not made", "tag_ids": ids}, by=world.max),
    ):
        with pytest.raises(Invalid) as refusal:
            act()
        assert list(refusal.value.errors) == ["tag_ids"]
    assert not world.session.scalars(select(Contact).where(Contact.name == "Not made")).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_database_refuses_a_tag_of_another_organization(world, kind):
    statement = f"insert into {kind}_tags (organization_id, {kind}_id, tag_id) values (:here, :record, :tag)"
    values = {"here": world.acme.id, "record": getattr(world, kind).id, "tag": world.foreign["tag"]}
    with pytest.raises(IntegrityError):
        world.session.execute(text(statement), values)


def test_the_timeline_names_the_tags(world, tags, browser):
    world.contact.tag_with([tags.hot.id], by=world.max)
    world.contact.tag_with([tags.cold.id], by=world.max)
    world.contact.tag_with([], by=world.max)
    world.session.commit()
    page = " ".join(browser.as_(world.max).get(f"/contacts/{world.contact.id}").text.split())
    assert "added tags: <b>Hot</b>" in page and "removed tags: <b>Cold</b>" in page
    assert "changed the tags: added <b>Cold</b>, removed <b>Hot</b>" in page


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_shows_the_tags(world, browser, kind):
    record, many = getattr(world, kind), {"deal": "deals", "contact": "contacts", "company": "companies"}[kind]
    assert "<dt>Tags</dt>" not in browser.as_(world.max).get(f"/{many}/{record.id}").text
    record.tag_with([world.tag.id], by=world.max)
    world.session.commit()
    assert '<span class="tag" data-color="rose">Hot</span>' in browser.get(f"/{many}/{record.id}").text


def test_a_tags_name_is_shown_as_text(world, browser):
    tag = add_tag(world.session, "<i>", by=world.olga)
    assert isinstance(tag, Tag)
    world.contact.tag_with([tag.id], by=world.max)
    world.session.commit()
    assert "&lt;i&gt;" in browser.as_(world.max).get(f"/contacts/{world.contact.id}").text
