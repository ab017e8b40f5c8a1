"""Who sees an owner's records, from the owner's side; and to whom records and tasks can be given."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.contacts.operations import add_company, add_contact
from crm.errors import Invalid
from crm.organizations.operations import make_team
from crm.organizations.queries import assignees_of, people_seeing
from tests.world import World

ROLES = {"olga", "adam", "mona"}
EVERYBODY = ROLES | {"max", "lena", "vera"}
SEEING = [
    ("everyone", "max", EVERYBODY),
    ("everyone", "vera", EVERYBODY),
    ("team", "max", ROLES | {"max", "lena"}),
    ("team", "lena", ROLES | {"max", "lena"}),
    ("team", "vera", ROLES | {"vera"}),
    ("own", "max", ROLES | {"max", "lena"}),
    ("own", "lena", ROLES | {"lena"}),
    ("own", "vera", ROLES | {"vera"}),
]
GIVERS = {
    "contact": lambda w, to: w.contact.change({"owner_id": to}, by=w.olga),
    "company": lambda w, to: w.company.change({"owner_id": to}, by=w.olga),
    "deal": lambda w, to: w.deal.change({"owner_id": to}, by=w.olga),
    "new contact": lambda w, to: add_contact(w.session, {"name": "New", "owner_id": to}, by=w.olga),
    "new company": lambda w, to: add_company(w.session, {"name": "New", "owner_id": to}, by=w.olga),
    "new deal": lambda w, to: w.another_deal(by=w.olga, owner_id=to),
}


def named(world: World, query):
    names = {getattr(world, name).user_id: name for name in EVERYBODY}
    return {names.get(one.user_id, "somebody else") for one in world.session.scalars(query)}


@pytest.mark.parametrize(("setting", "owner", "who"), SEEING)
def test_who_sees_an_owners_records(world, setting, owner, who):
    world.acme.visibility = setting
    make_team(world.session, world.acme, "South", lead=world.adam)
    assert named(world, people_seeing(world.olga, getattr(world, owner).user_id)) == who
    assert named(world, assignees_of(world.olga, getattr(world, owner).user_id)) == who - {"vera"}


@pytest.mark.parametrize("setting", ["everyone", "team", "own"])
def test_the_question_from_both_sides_has_one_answer(world, setting):
    world.acme.visibility = setting
    team = frozenset({world.max.user_id, world.lena.user_id})
    world.max.mates = world.lena.mates = team
    for owner in EVERYBODY:
        id = getattr(world, owner).user_id
        seeing = {who for who in EVERYBODY for sees in [getattr(world, who).sees] if sees is None or id in sees}
        assert named(world, people_seeing(world.max, id)) == seeing, owner


@pytest.mark.parametrize("setting", ["everyone", "team", "own"])
def test_who_is_gone_or_a_stranger_sees_nothing(world, setting):
    world.acme.visibility, world.lena.ended_at = setting, datetime.now(UTC)
    world.session.flush()
    seeing = named(world, people_seeing(world.olga, world.max.user_id))
    assert "max" in seeing and not seeing & {"lena", "somebody else"}


@pytest.mark.parametrize("kind", GIVERS)
@pytest.mark.parametrize("whom", ["vera", "lena", "foreign"])
def test_nothing_is_given_to_a_viewer_to_who_is_gone_or_to_a_stranger(world, kind, whom):
    world.lena.ended_at = datetime.now(UTC)
    world.session.flush()
    to = world.foreign["user"] if whom == "foreign" else getattr(world, whom).user_id
    with pytest.raises(Invalid) as refusal:
        GIVERS[kind](world, to)
    assert "owner_id" in refusal.value.errors


@pytest.mark.parametrize("kind", GIVERS)
def test_whatever_there_is_can_be_given_to_a_member(world, kind):
    given = GIVERS[kind](world, world.lena.user_id) or getattr(world, kind)
    world.session.flush()
    assert given.owner_id == world.lena.user_id


def test_the_forms_offer_no_viewer_and_keep_who_owns_the_record(world, browser):
    paths = [
        f"/deals/{world.deal.id}/edit",
        f"/contacts/{world.contact.id}/edit",
        f"/companies/{world.company.id}/edit",
    ]
    mona = browser.as_(world.mona)
    for path in paths:
        page = mona.get(path).text
        assert "Lena Tester</option>" in page and "Vera Tester</option>" not in page
    world.max.role = "viewer"
    world.session.commit()
    for path in paths:
        assert "selected>Max Tester</option>" in mona.get(path).text
