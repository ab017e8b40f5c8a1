"""Handing over and deleting an organization."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from crm.errors import Conflict, Forbidden, Invalid
from crm.organizations.currencies import add_currency
from crm.organizations.ending import delete_organization, transfer_ownership
from crm.organizations.models import Membership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.people.operations import leave
from crm.repeated import IdempotencyKey
from crm.webhooks.operations import add_endpoint, send_test
from tests.world import invited

HOME = "/settings/organization"


def place(world, member):
    return world.session.get(Membership, (member.organization_id, member.user_id), populate_existing=True)


def test_an_owner_hands_the_organization_over(world, browser):
    answer = browser.as_(world.olga).post(f"{HOME}/transfer", {"user_id": world.mona.user_id})
    assert answer.status_code == 303, answer.text
    assert "Mona Tester is an owner now, and you are an admin." in browser.get(answer.location).text
    assert (place(world, world.mona).role, place(world, world.olga).role) == ("owner", "admin")
    assert browser.get(f"{HOME}/transfer").status_code == 403


@pytest.mark.parametrize("who", ["adam", "mona", "max", "lena", "vera"])
def test_nobody_else_hands_it_over_or_deletes_it(world, browser, who):
    person = browser.as_(getattr(world, who))
    for path in ("transfer", "delete"):
        assert person.get(f"{HOME}/{path}").status_code == 403
        form = {"user_id": getattr(world, who).user_id, "name": "Acme"}
        assert person.post(f"{HOME}/{path}", form).status_code == 403
    with pytest.raises(Forbidden):
        transfer_ownership(world.session, to=world.lena, by=getattr(world, who))
    with pytest.raises(Forbidden):
        delete_organization(world.session, world.acme, typed="Acme", by=getattr(world, who))
    assert place(world, world.olga).role == "owner"


@pytest.mark.parametrize("chosen", ["", "0", "999999", "x", "{foreign}", "{olga}"])
def test_ownership_goes_to_an_active_member_alone(world, browser, chosen):
    chosen = chosen.format(foreign=world.foreign["user"], olga=world.olga.user_id)
    answer = browser.as_(world.olga).post(f"{HOME}/transfer", {"user_id": chosen})
    assert answer.status_code == 400 and "Choose one from the list." in answer.text
    assert place(world, world.olga).role == "owner"


def test_ownership_does_not_go_to_who_has_left(world):
    leave(world.session, member=world.mona)
    world.session.flush()
    with pytest.raises(Conflict):
        transfer_ownership(world.session, to=world.mona, by=world.olga)


@pytest.mark.parametrize("typed", ["", "acme", "Acme Ltd", "Bolt"])
def test_deleting_wants_the_name(world, browser, typed):
    answer = browser.as_(world.olga).post(f"{HOME}/delete", {"name": typed})
    assert answer.status_code == 400 and 'class="field__error"' in answer.text
    with pytest.raises(Invalid):
        delete_organization(world.session, world.acme, typed=typed, by=world.olga)
    assert browser.get(f"/deals/{world.deal.id}").status_code == 200


def tenant_tables(session):
    found = "select table_name from information_schema.columns where table_schema = 'public'"
    return session.scalars(text(f"{found} and column_name = 'organization_id' order by 1")).all()


def counts(session, organization_id):
    """Rows of that organization in every table, as the tables' owner sees them."""
    session.execute(text("reset role"))
    tables = tenant_tables(session)
    counted = "select count(*) from {} where organization_id = :id"
    return {table: session.scalar(text(counted.format(table)), {"id": organization_id}) for table in tables}


def test_a_deleted_organization_leaves_nothing_in_any_table(world, browser):
    world.deal.win(by=world.max)
    world.task.complete(by=world.max)
    world.another_deal(by=world.mona).lose(by=world.mona, filled={"lost_reason_id": reason(world)})
    for record in (world.deal, world.contact, world.company):
        record.tag_with([world.tag.id], by=world.max)
    add_currency(world.session, "USD", Decimal("0.92"), by=world.olga)
    invited(world)
    send_test(
        world.session, add_endpoint(world.session, {"url": "https://x.example.com/"}, by=world.adam), by=world.adam
    )
    key = {"organization_id": world.acme.id, "user_id": world.max.user_id, "key": "k", "request": "sent"}
    world.session.add(IdempotencyKey(**key))
    world.session.commit()
    olga = browser.as_(world.olga)
    assert min(counts(world.session, world.acme.id).values()) > 0, "give the new table a row here"
    here, there = world.acme.id, world.bolt.id
    theirs = counts(world.session, there)
    assert olga.post(f"{HOME}/delete", {"name": " Acme "}).location == "/organizations"
    assert set(counts(world.session, here).values()) == {0}
    assert not world.session.scalar(text("select count(*) from organizations where id = :id"), {"id": here})
    assert counts(world.session, there) == theirs


def reason(world):
    return world.session.scalar(text("select min(id) from lost_reasons"))


def test_every_table_of_an_organization_goes_with_it(session):
    keys = """
        select conrelid::regclass::text from pg_constraint
        where contype = 'f' and confrelid = 'organizations'::regclass and confdeltype = 'c'
    """
    assert set(session.scalars(text(keys))) == set(tenant_tables(session))


def test_after_the_end_everyone_chooses_again(world, browser):
    world.in_bolt()
    take_in(world.session, world.bolt, world.max.user, Role.MEMBER)
    world.session.commit()
    world.in_acme()
    max_ = browser.as_(world.max)
    delete_organization(world.session, world.acme, typed="Acme", by=world.olga)
    world.session.commit()
    assert max_.get("/deals/").location.startswith("/organizations?next=")
    page = max_.get("/organizations").text
    assert "Bolt" in page and "Acme" not in page
    assert max_.post(f"/organizations/{world.bolt.id}/select").status_code == 303
    assert max_.get("/deals/").status_code == 200
