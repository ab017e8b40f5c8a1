"""Each kind of entry is written with its change, and not when the change is refused or rolled back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from crm.accounts.models import UserSession
from crm.audit.wording import KINDS, sentence_of
from crm.contacts.tags import add_tag
from crm.database import scope
from crm.deals.operations import delete_pipeline, delete_stage
from crm.errors import Refused
from crm.organizations.currencies import add_currency
from crm.organizations.ending import leave, transfer_ownership
from crm.organizations.operations import take_in
from crm.organizations.permissions import Role
from crm.people.inviting import accept, invite, resend, revoke
from crm.people.operations import change_role, reinstate, remove
from crm.people.teamwork import (
    add_team,
    create_call_manager,
    dissolve,
    make_lead,
    put_in,
    rename,
    take_out,
)
from crm.pipelines.operations import add_pipeline
from crm.pipelines.queries import lost_reasons_of
from crm.pipelines.reasons import delete_lost_reason
from crm.trail import AuditEntry
from tests.world import PASSWORD, user


def entries(world, kind=None):
    world.session.flush()
    query = select(AuditEntry).where(AuditEntry.organization_id == world.acme.id).order_by(AuditEntry.id)
    return list(world.session.scalars(query.where(AuditEntry.kind == kind) if kind else query))


def invited(world, email="nina@example.com"):
    return invite(world.session, email, "member", by=world.olga, team=world.team)


def accepted(world):
    invitation = invited(world)
    accept(world.session, invitation, user(world.session, "Nina"))


def reinstated(world):
    remove(world.session, world.vera, by=world.olga)
    reinstate(world.session, world.vera, by=world.olga)


def hired(world):
    create_call_manager(
        world.session, world.team, email="cal@example.com", name="Cal", password=PASSWORD, by=world.lena
    )


def unled(world):
    make_lead(world.session, world.team, world.lena, False, by=world.olga)


def as_vera(world):
    scope(world.session, organization_id=world.acme.id, user_id=world.vera.user_id)
    keep = UserSession.begin(world.vera.user)
    world.session.add(keep)
    world.session.flush()
    return keep


def dollars(world):
    return add_currency(world.session, "USD", Decimal("0.92"), by=world.olga)


def price(world):
    return world.session.scalars(lost_reasons_of(world.olga)).first()


CHANGES = {
    "invitation_sent": invited,
    "invitation_resent": lambda w: resend(w.session, invited(w), by=w.adam),
    "invitation_revoked": lambda w: revoke(w.session, invited(w), by=w.adam),
    "invitation_accepted": accepted,
    "call_manager_created": hired,
    "role_changed": lambda w: change_role(w.session, w.max, "manager", by=w.olga),
    "member_removed": lambda w: remove(w.session, w.max, by=w.olga, heir=w.mona),
    "member_reinstated": reinstated,
    "member_left": lambda w: leave(w.session, member=w.vera),
    "ownership_transferred": lambda w: transfer_ownership(w.session, to=w.adam, by=w.olga),
    "team_added": lambda w: add_team(w.session, "South", by=w.olga),
    "team_renamed": lambda w: rename(w.session, w.team, "West", by=w.olga),
    "team_deleted": lambda w: dissolve(w.session, w.team, by=w.olga),
    "team_joined": lambda w: put_in(w.session, w.team, w.vera, by=w.olga),
    "team_left": lambda w: take_out(w.session, w.team, w.max, by=w.olga),
    "team_lead_made": lambda w: make_lead(w.session, w.team, w.max, True, by=w.olga),
    "team_lead_ended": unled,
    "settings_changed": lambda w: w.acme.change({"visibility": "own", "name": w.acme.name}, by=w.olga),
    "currency_added": dollars,
    "rate_changed": lambda w: dollars(w).change_rate(Decimal("1e3"), by=w.olga),
    "currency_deleted": lambda w: dollars(w).delete(by=w.olga),
    "tag_added": lambda w: add_tag(w.session, "Cold", by=w.olga),
    "tag_renamed": lambda w: w.tag.rename("Cold", by=w.olga),
    "tag_recoloured": lambda w: w.tag.recolour("sky", by=w.olga),
    "tag_deleted": lambda w: w.tag.delete(by=w.olga),
    "lost_reason_deleted": lambda w: delete_lost_reason(w.session, price(w), by=w.olga),
    "deal_deleted": lambda w: w.deal.delete(by=w.max),
    "contact_deleted": lambda w: w.book_of(w.vera) and free(w).delete(by=w.olga),
    "company_deleted": lambda w: free(w, "company").delete(by=w.olga),
    "pipeline_deleted": lambda w: delete_pipeline(w.session, add_pipeline(w.session, "Side", by=w.olga), by=w.olga),
    "stage_deleted": lambda w: delete_stage(w.session, w.stage("proposal"), move_to=None, by=w.olga),
    "password_changed": lambda w: w.vera.user.change_password(PASSWORD, "another long word", keep=as_vera(w)),
    "signed_out_everywhere": lambda w: w.vera.user.sign_out_everywhere(keep=as_vera(w)),
}


def free(world, kind="contact"):
    """A record without deals."""
    world.deal.delete(by=world.olga)
    world.session.flush()
    return getattr(world, kind)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_written_in_its_own_transaction(world, kind):
    point = world.session.begin_nested()
    CHANGES[kind](world)
    (entry,) = entries(world, kind)
    assert entry.actor_id and entry.subject and "%(" not in sentence_of_in(world, entry)
    point.rollback()
    assert not entries(world, kind)


def sentence_of_in(world, entry):
    from flask import current_app

    with current_app.test_request_context():
        return sentence_of(entry)


def test_every_kind_is_tried():
    elsewhere = {"signed_in", "sign_in_failed", "audit_exported"}
    assert set(CHANGES) | elsewhere == set(KINDS)


REFUSED = {
    "role": lambda w: change_role(w.session, w.olga, "member", by=w.olga),
    "removal": lambda w: remove(w.session, w.max, by=w.olga),
    "invitation": lambda w: invite(w.session, w.max.user.email, "member", by=w.olga),
    "team": lambda w: dissolve(w.session, w.team, by=w.mona),
    "settings": lambda w: w.acme.change({"visibility": "nobody"}, by=w.olga),
    "transfer": lambda w: transfer_ownership(w.session, to=w.adam, by=w.adam),
    "deal": lambda w: w.deal.delete(by=w.vera),
    "contact": lambda w: w.contact.delete(by=w.olga),
    "rate": lambda w: add_currency(w.session, "EUR", Decimal(1), by=w.olga),
    "tag": lambda w: w.tag.rename(" ", by=w.olga),
    "pipeline": lambda w: delete_pipeline(w.session, w.pipeline, by=w.olga),
    "password": lambda w: w.vera.user.change_password("wrong", "another long word", keep=as_vera(w)),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_not_written(world, change):
    with pytest.raises(Refused):
        change(world)
    assert not entries(world)


def test_what_changes_nothing_is_not_written(world):
    world.acme.change({"name": world.acme.name}, by=world.olga)
    change_role(world.session, world.max, "member", by=world.olga)
    world.tag.rename("Hot", by=world.olga)
    world.tag.recolour("rose", by=world.olga)
    put_in(world.session, world.team, world.max, by=world.olga)
    assert not entries(world)


def test_settings_tell_old_and_new(world):
    world.acme.change({"visibility": "own", "lost_reason_required": False}, by=world.adam)
    (entry,) = entries(world, "settings_changed")
    assert entry.payload == {"changed": {"visibility": ["everyone", "own"], "lost_reason_required": [True, False]}}


def test_a_rate_tells_old_and_new_without_needless_zeros(world):
    dollars(world).change_rate(Decimal("1.50000000"), by=world.adam)
    (entry,) = entries(world, "rate_changed")
    assert (entry.subject, entry.payload) == ("USD", {"old": "0.92", "new": "1.5"})


def test_a_removal_tells_who_took_over_how_much(world):
    remove(world.session, world.max, by=world.olga, heir=world.mona)
    (entry,) = entries(world, "member_removed")
    assert (entry.subject, entry.payload["heir"], entry.payload["deals"]) == (world.max.name, world.mona.name, 1)


def sign_in(browser, email, password):
    browser.client.get("/sign-in")
    from tests.world import token_in

    token = token_in(browser.client.get("/sign-in").text)
    return browser.client.post("/sign-in", data={"email": email, "password": password, "csrf_token": token})


def test_signing_in_with_one_organization_is_written_with_the_address(world, browser):
    sign_in(browser, world.max.user.email, PASSWORD)
    world.in_acme()
    (entry,) = entries(world, "signed_in")
    assert (entry.actor_id, entry.address) == (world.max.user_id, "127.0.0.1")


def test_choosing_an_organization_is_a_sign_in_there_alone(world, browser):
    bolt, ruslan = world.bolt.id, world.ruslan.user_id
    world.in_bolt()
    take_in(world.session, world.bolt, world.max.user, Role.VIEWER)
    world.session.commit()
    sign_in(browser, world.max.user.email, PASSWORD)
    world.in_acme()
    assert not entries(world, "signed_in")
    browser.renewed()
    for _ in range(2):
        browser.client.post(f"/organizations/{world.acme.id}/select", data={"csrf_token": browser.token})
    world.in_acme()
    assert len(entries(world, "signed_in")) == 1
    scope(world.session, organization_id=bolt, user_id=ruslan)
    assert not world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "signed_in")).all()


def test_a_failed_sign_in_is_written_wherever_the_user_is_a_member(world, browser):
    world.in_bolt()
    take_in(world.session, world.bolt, world.max.user, Role.VIEWER)
    world.session.commit()
    assert sign_in(browser, world.max.user.email, "my secret guess").status_code == 400
    for enter in (world.in_acme, world.in_bolt):
        enter()
        (entry,) = world.session.scalars(select(AuditEntry).where(AuditEntry.kind == "sign_in_failed"))
        assert (entry.actor_id, entry.subject, entry.address) == (None, world.max.user.email, "127.0.0.1")
        assert "secret" not in str(entry.payload)


def test_an_unknown_address_is_asked_about_by_the_same_statements(world, browser, statements):
    sign_in(browser, world.max.user.email, "wrong")
    known = [*statements]
    statements.clear()
    sign_in(browser, "nobody@example.com", "wrong")
    assert statements == known
    world.in_acme()
    assert len(entries(world, "sign_in_failed")) == 1


@pytest.mark.parametrize("change", ["update audit_entries set subject = 'x'", "delete from audit_entries"])
def test_nobody_rewrites_the_log(world, change):
    with pytest.raises(ProgrammingError, match="permission denied"), world.session.begin_nested():
        world.session.execute(text(change))


def test_an_entry_can_t_be_left_where_one_is_no_member(world):
    world.in_acme()
    statement = "insert into audit_entries (organization_id, kind, subject) values (:bolt, 'signed_in', '')"
    with pytest.raises(ProgrammingError, match="row-level security"), world.session.begin_nested():
        world.session.execute(text(statement), {"bolt": world.bolt.id})
