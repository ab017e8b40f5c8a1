"""An organization keeps its last owner, whichever way that one would go; the lock is tried in the tests of races."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.errors import Conflict, Forbidden
from crm.organizations.ending import delete_organization, transfer_ownership
from crm.organizations.ownership import LAST_OWNER, other_owners
from crm.organizations.permissions import Role
from crm.people.operations import change_role, leave, remove

WAYS = {
    "leave": lambda w: leave(w.session, member=w.olga),
    "remove": lambda w: remove(w.session, w.olga, by=w.olga, heir=w.mona),
    "demote": lambda w: change_role(w.session, w.olga, "admin", by=w.olga),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_last_owner_stays_and_is_told_so_in_one_sentence(world, way):
    with pytest.raises(Conflict) as refusal:
        WAYS[way](world)
    assert (refusal.value.message, refusal.value.code) == (LAST_OWNER, "LAST_OWNER")
    world.session.refresh(world.olga)
    assert world.olga.ended_at is None and world.olga.role == Role.OWNER


@pytest.mark.parametrize("way", WAYS)
def test_with_another_owner_everyone_may_go(world, way):
    world.adam.role = Role.OWNER
    world.session.flush()
    WAYS[way](world)
    assert world.olga.ended_at is not None or world.olga.role == Role.ADMIN


def test_the_owners_are_asked_by_the_age_of_their_membership(world):
    for one, year in ((world.mona, 2001), (world.adam, 2002), (world.max, 2000)):
        one.role, one.created_at = Role.OWNER, datetime(year, 1, 1, tzinfo=UTC)
    world.max.ended_at = datetime.now(UTC)
    world.session.flush()
    assert list(world.session.scalars(other_owners(world.olga))) == [world.mona, world.adam]


def test_an_owner_who_was_removed_meanwhile_ends_nothing_any_more(world):
    world.adam.role, world.adam.ended_at = Role.OWNER, datetime.now(UTC)
    world.session.flush()
    with pytest.raises(Forbidden):
        delete_organization(world.session, world.acme, typed="Acme", by=world.adam)
    with pytest.raises(Conflict):
        transfer_ownership(world.session, to=world.mona, by=world.adam)
