"""Somebody known without a password is invited: the link sets the first one, and never any other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from crm.accounts.models import User
from crm.accounts.operations import claim_login
from crm.accounts.passwords import passwords
from crm.database import db, scope
from crm.errors import Conflict, Invalid
from crm.organizations.models import Membership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.people.inviting import enrol, invite
from crm.people.links import token_of
from crm.people.models import Invitation
from tests.crowd import at_once, crowd
from tests.world import PASSWORD, Browser, token_in

FIRST = {"name": "Ida Imported", "password": "a quite long password"}


@pytest.fixture
def ida(world):
    """Known by an import, without a password, and a member no more."""
    ida = User(email="ida@example.com", name="Ida Tester")
    world.session.add(ida)
    world.session.flush()
    return ida


@pytest.fixture
def guest(app, world):
    guest = Browser(app)
    guest.token = token_in(guest.get("/sign-in").text)
    return guest


def link(world, app, email="ida@example.com"):
    invitation = invite(world.session, email, "member", by=world.olga)
    world.session.commit()
    with app.app_context():
        return f"/invitation?token={token_of(invitation)}"


def elsewhere(world, user):
    """The user is in Bolt too."""
    world.in_bolt()
    take_in(world.session, world.bolt, user, Role.MEMBER)
    world.session.commit()
    world.in_acme()


def hash_of(world, user):
    return world.session.scalar(select(User.password_hash).where(User.id == user.id))


def test_who_has_no_password_gets_the_form_with_the_own_name(world, app, guest, ida):
    page = guest.get(link(world, app)).text
    assert 'value="Ida Tester"' in page and 'name="password"' in page and "has a login already" not in page


def test_accepting_sets_the_password_and_lets_the_person_in(world, app, guest, ida):
    assert guest.post(link(world, app), FIRST).location.endswith("/deals/")
    assert "Ida Imported" in guest.get("/settings/members/").text
    world.in_acme()
    assert world.session.scalar(select(func.count()).select_from(User).where(User.email == ida.email)) == 1
    assert passwords.match(FIRST["password"], hash_of(world, ida))
    assert world.session.get(Membership, (world.acme.id, ida.id)).role == "member"


def test_a_weak_password_changes_nothing_and_keeps_the_link(world, app, guest, ida):
    path = link(world, app)
    for weak in ("short", "ida@example.com"):
        assert guest.post(path, FIRST | {"password": weak}).status_code == 400
    assert hash_of(world, ida) is None and guest.post(path, FIRST).status_code == 303


def test_a_former_member_without_a_password_comes_back_by_the_form(world, app, guest, ida):
    take_in(world.session, world.acme, ida, Role.ADMIN).ended_at = func.now()
    assert guest.post(link(world, app), FIRST).status_code == 303
    world.in_acme()
    assert world.session.get(Membership, (world.acme.id, ida.id)).role == "member"


@pytest.mark.parametrize("who", ["ruslan", "max"])
def test_nobody_takes_over_a_login_that_has_a_password(world, app, guest, who):
    person = world.session.scalars(select(User).where(User.email == f"{who}@example.com")).one()
    world.max.ended_at = func.now()
    world.session.commit()
    path, before = link(world, app, person.email), hash_of(world, person)
    for answer in (guest.get(path), guest.post(path, FIRST)):
        assert "has a login already" in answer.text and 'name="password"' not in answer.text
    assert hash_of(world, person) == before and passwords.match(PASSWORD, before)


def test_an_inviter_who_sees_the_link_opens_no_other_organization(world, app, guest, ida):
    elsewhere(world, ida)
    path = link(world, app)
    for answer in (guest.get(path), guest.post(path, FIRST)):
        assert "has a login already" in answer.text and "Ida Tester" not in answer.text
    world.in_acme()
    assert hash_of(world, ida) is None and world.session.get(Membership, (world.acme.id, ida.id)) is None


def test_nor_one_in_which_the_person_was_before(world, app, guest, ida):
    elsewhere(world, ida)
    world.in_bolt()
    world.session.get(Membership, (world.bolt.id, ida.id)).ended_at = func.now()
    world.session.commit()
    world.in_acme()
    assert "has a login already" in guest.post(link(world, app), FIRST).text
    assert hash_of(world, ida) is None


@pytest.mark.parametrize("who", ["max", "ruslan"])
def test_the_verbs_refuse_a_login_that_has_a_password(world, who):
    person = getattr(world, who).user
    world.max.ended_at = func.now()
    world.session.flush()
    with pytest.raises(Conflict):
        claim_login(world.session, person, **FIRST)
    with pytest.raises(Conflict):
        enrol(world.session, invite(world.session, person.email, "member", by=world.olga), **FIRST)
    assert passwords.match(PASSWORD, hash_of(world, person))


def test_the_verb_refuses_who_belongs_elsewhere_and_a_weak_password(world, ida):
    invitation = invite(world.session, ida.email, "member", by=world.olga)
    with pytest.raises(Invalid):
        enrol(world.session, invitation, name="Ida", password="short")
    elsewhere(world, ida)
    with pytest.raises(Conflict):
        enrol(world.session, invitation, **FIRST)


@pytest.fixture(scope="module")
def crowded(request: pytest.FixtureRequest) -> Iterator[tuple[Flask, dict[str, int]]]:
    with crowd(request, "claims") as made:
        yield made


def two_invitations(ids, number):
    """The same newcomer without a password is invited into Acme and Bolt."""
    ida = User(email=f"ida{number}@example.com", name="Ida")
    db.session.add(ida)
    made = []
    for organization_id, user_id in ((ids["organization"], ids["olga"]), (ids["bolt"], ids["ruslan"])):
        scope(db.session(), organization_id=organization_id, user_id=user_id)
        by = db.session.get_one(Membership, (organization_id, user_id))
        made.append((organization_id, invite(db.session(), ida.email, "member", by=by).id))
        db.session.commit()
    return ida.id, made


def claimed(key, password, ready):
    scope(db.session(), organization_id=key[0])
    invitation = db.session.get_one(Invitation, key)
    user = db.session.scalars(select(User).where(User.email == invitation.email)).one()
    assert user.password_hash is None
    ready.wait()
    claim_login(db.session(), user, name="Ida", password=password)
    db.session.commit()
    return password


def test_two_links_at_once_set_one_password(crowded):
    app, ids = crowded
    for number in range(10):
        with app.app_context():
            user_id, keys = two_invitations(ids, number)
            db.session.remove()
        words, ready = ("the first long one", "the second long one"), threading.Barrier(2)
        ends = at_once(app, [lambda k=k, w=w, r=ready: claimed(k, w, r) for k, w in zip(keys, words, strict=True)])
        with app.app_context():
            stored = db.session.scalar(text("select password_hash from users where id = :id"), {"id": user_id})
            db.session.remove()
        (won,) = [end for end in ends if end in words]
        assert passwords.match(won, stored) and sum(isinstance(end, Conflict) for end in ends) == 1
