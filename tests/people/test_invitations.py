"""Inviting, sending again, withdrawing; and every way in which a link is worth nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, text

from crm.accounts.models import User
from crm.database import scope
from crm.errors import Conflict, Forbidden
from crm.jobs import Application
from crm.organizations.models import Membership, TeamMember
from crm.organizations.operations import make_team
from crm.people.inviting import accept, invite, resend, revoke
from crm.people.links import token_of
from crm.people.mails import send_invitation
from crm.people.models import Invitation
from crm.people.operations import change_role, remove
from tests.people.sink import sink
from tests.world import PASSWORD, Browser, token_in

LIST = "/settings/members/"
SEND = "/settings/members/invite"
NEW = {"name": "Nina New", "password": "a quite long password"}


def waiting(world, email="nina@example.com", role="member", team=None, by=None):
    invitation = invite(world.session, email, role, by=by or world.olga, team=team)
    world.session.commit()
    return invitation


def link(app, invitation):
    with app.app_context():
        return f"/invitation?token={token_of(invitation)}"


@pytest.fixture
def guest(app, world):
    """A browser in which nobody is signed in."""
    guest = Browser(app)
    guest.token = token_in(guest.get("/sign-in").text)
    return guest


def members(world):
    world.in_acme()
    return world.session.scalar(select(func.count()).select_from(Membership).where(Membership.ended_at.is_(None)))


def test_an_invitation_is_listed_with_its_days_and_its_link(world, browser):
    answer = browser.as_(world.olga).post(SEND, {"email": "Nina@Example.com", "role": "manager", "team": world.team.id})
    assert answer.status_code == 303
    page = browser.get(LIST).text
    assert "Nina@example.com" in page and "6 active, 1 invited" in page and "7 days left" in page
    assert "Invited a moment ago by Olga Tester" in page and "/invitation?token=" in page
    assert "Nina@example.com" not in browser.as_(world.mona).get(LIST).text


def test_the_job_is_written_with_the_invitation_or_not_at_all(world, browser):
    jobs = text("select count(*) from procrastinate_jobs where task_name = 'people.send_invitation'")
    browser.as_(world.olga).post(SEND, {"email": "nina@example.com", "role": "member"})
    browser.post(SEND, {"email": "nina@example.com", "role": "member"})
    assert world.session.scalar(jobs) == 1


@pytest.mark.parametrize(
    ("email", "status", "words"),
    [
        ("", 400, "Type an e-mail."),
        ("nobody", 400, "Write an address such as"),
        ("MAX@example.com", 409, "This person is a member already."),
        ("waits@example.com", 409, "This address is invited already."),
    ],
)
def test_an_address_that_does_not_do_is_refused_at_its_field(world, browser, email, status, words):
    waiting(world, "Waits@Example.com")
    answer = browser.as_(world.olga).post(SEND, {"email": email, "role": "member"})
    assert answer.status_code == status and words in answer.text and 'aria-invalid="true"' in answer.text
    assert len(world.session.scalars(select(Invitation)).all()) == 1


@pytest.mark.parametrize(
    ("who", "role", "may"), [("adam", "admin", True), ("adam", "owner", False), ("olga", "owner", True)]
)
def test_nobody_invites_above_the_own_role(world, browser, who, role, may):
    answer = browser.as_(getattr(world, who)).post(SEND, {"email": "nina@example.com", "role": role})
    assert answer.status_code == (303 if may else 400)
    if not may:
        with pytest.raises(Forbidden, match="above your own"):
            invite(world.session, "nina@example.com", role, by=getattr(world, who))


@pytest.mark.parametrize("who", ["mona", "vera", "max"])
def test_who_may_not_invite_is_refused(world, browser, who):
    browser.as_(getattr(world, who))
    assert "Send invitation" not in browser.get(LIST).text
    answer = browser.post(SEND, {"email": "nina@example.com", "role": "viewer"})
    assert answer.status_code == 403 and not world.session.scalars(select(Invitation)).all()
    with pytest.raises(Forbidden):
        invite(world.session, "nina@example.com", "viewer", by=getattr(world, who))


def test_a_lead_invites_into_the_own_team_and_sees_only_that(world, browser):
    other = make_team(world.session, world.acme, "South")
    waiting(world, "south@example.com", team=other)
    browser.as_(world.lena)
    assert "south@example.com" not in browser.get(LIST).text
    sent = {"email": "nina@example.com", "role": "member"}
    assert "Choose one of your teams." in browser.post(SEND, sent).text
    assert browser.post(SEND, sent | {"team": other.id}).status_code == 400
    assert browser.post(SEND, sent | {"role": "manager", "team": world.team.id}).status_code == 400
    assert browser.post(SEND, sent | {"team": world.team.id}).status_code == 303
    with pytest.raises(Forbidden):
        invite(world.session, "x@example.com", "member", by=world.lena, team=other)


def test_a_new_person_comes_in_with_name_and_password(app, world, guest):
    invitation = waiting(world, team=world.team, role="manager")
    page = guest.get(link(app, invitation)).text
    assert "Join Acme" in page and "nina@example.com is invited as manager" in page
    answer = guest.post(link(app, invitation), NEW)
    assert answer.status_code == 303 and guest.get("/deals/").status_code in (200, 302, 303)
    assert "Nina New" in guest.get(LIST).text
    world.in_acme()
    nina = world.session.scalars(select(User).where(User.email == "nina@example.com")).one()
    assert world.session.get(Membership, (world.acme.id, nina.id)).role == "manager"
    assert world.session.get(TeamMember, (world.acme.id, world.team.id, nina.id))
    assert not world.session.get(TeamMember, (world.acme.id, world.team.id, nina.id)).is_lead


@pytest.mark.parametrize(
    "form", [{}, {"name": " ", "password": NEW["password"]}, {"name": "Nina", "password": "short"}]
)
def test_a_mistake_keeps_the_invitation_open(app, world, guest, form):
    invitation = waiting(world)
    answer = guest.post(link(app, invitation), form)
    assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text
    assert members(world) == 6
    assert guest.post(link(app, invitation), NEW).status_code == 303


def test_who_has_a_login_signs_in_first_and_joins_by_one_click(app, world, guest):
    invitation = waiting(world, "ruslan@example.com", "viewer")
    page = guest.get(link(app, invitation)).text
    assert "has a login already" in page and 'name="password"' not in page
    way_in = unescape(re.search(r'href="(/sign-in\?next=[^"]+)"', page).group(1))
    back = guest.post(way_in, {"email": "ruslan@example.com", "password": PASSWORD}).location
    assert urlsplit(back).path == "/invitation"
    guest.token = token_in(guest.get(back).text)
    assert guest.post(back).status_code == 303
    assert "· Acme" in guest.get("/settings/profile").text
    world.in_acme()
    assert world.session.get(Membership, (world.acme.id, world.ruslan.user_id)).role == "viewer"


def test_a_get_accepts_nothing(app, world, browser):
    invitation = waiting(world, "ruslan@example.com")
    browser.as_(world.ruslan).get(link(app, invitation))
    assert members(world) == 6


def test_somebody_else_who_is_signed_in_does_not_come_in(app, world, browser):
    invitation = waiting(world)
    browser.as_(world.ruslan)
    for answer in (browser.get(link(app, invitation)), browser.post(link(app, invitation))):
        assert answer.status_code == 409 and "is for nina@example.com, but you are signed in as" in answer.text
    assert members(world) == 6


def used(world, invitation):
    invitation.accepted_at = datetime.now(UTC)


def expired(world, invitation):
    invitation.expires_at = datetime.now(UTC) - timedelta(seconds=1)


def revoked(world, invitation):
    revoke(world.session, invitation, by=world.adam)


@pytest.mark.parametrize(
    ("ends", "words"), [(used, "has been used already"), (expired, "has expired"), (revoked, "was withdrawn")]
)
def test_a_link_that_is_over_says_so_and_changes_nothing(app, world, guest, ends, words):
    invitation = waiting(world)
    path = link(app, invitation)
    ends(world, invitation)
    world.session.commit()
    for answer in (guest.get(path), guest.post(path, NEW)):
        assert answer.status_code == 409 and words in answer.text
    assert members(world) == 6 and not world.session.scalars(select(User).where(User.name == "Nina New")).all()


@pytest.mark.parametrize("token", ["", "x", "WzEsMSwieCJd.forged", "\x00", "a" * 5000])
def test_a_link_that_nobody_made_is_not_valid(world, guest, token):
    for answer in (guest.get("/invitation", query_string={"token": token}), guest.post("/invitation?token=x", NEW)):
        assert answer.status_code == 400 and "This link is not valid" in answer.text


def test_sending_again_makes_a_new_link_and_kills_the_old(app, world, browser, guest):
    invitation = waiting(world)
    old = link(app, invitation)
    expired(world, invitation)
    world.session.commit()
    assert "expired" in browser.as_(world.olga).get(LIST).text
    assert browser.post(f"/settings/invitations/{invitation.id}/resend").status_code == 303
    world.in_acme()
    world.session.refresh(invitation)
    assert guest.get(old).status_code == 400 and guest.get(link(app, invitation)).status_code == 200


@pytest.mark.parametrize("end", ["removed", "demoted"])
def test_an_invitation_does_not_outlive_its_inviters_right(app, world, browser, guest, end):
    invitation = waiting(world, role="admin", by=world.adam)
    old = link(app, invitation)
    if end == "removed":
        remove(world.session, world.adam, by=world.olga)
    else:
        change_role(world.session, world.adam, "manager", by=world.olga)
    world.session.commit()
    for answer in (guest.get(old), guest.post(old, NEW)):
        assert answer.status_code == 409 and "not valid any more" in answer.text
    assert "not valid, send again" in browser.as_(world.olga).get(LIST).text
    browser.post(f"/settings/invitations/{invitation.id}/resend")
    assert "7 days left" in browser.get(LIST).text
    world.in_acme()
    world.session.refresh(invitation)
    assert guest.post(link(app, invitation), NEW).status_code == 303


def test_who_could_not_have_invited_neither_resends_nor_revokes(world, browser):
    invitation = waiting(world, role="owner")
    for who in (world.adam, world.mona, world.max, world.lena, world.vera):
        browser.as_(who)
        for act in ("resend", "revoke"):
            assert browser.post(f"/settings/invitations/{invitation.id}/{act}").status_code == 403
    world.in_acme()
    with pytest.raises(Forbidden):
        resend(world.session, invitation, by=world.adam)


def test_a_withdrawn_one_is_off_the_list_and_can_be_invited_anew(world, browser):
    invitation = waiting(world)
    browser.as_(world.olga).post(f"/settings/invitations/{invitation.id}/revoke")
    assert "The invitation of nina@example.com is withdrawn." in browser.get(LIST).text
    assert "nina@example.com" not in browser.get(LIST).text
    assert browser.post(f"/settings/invitations/{invitation.id}/resend").status_code == 409
    assert browser.post(SEND, {"email": "nina@example.com", "role": "member"}).status_code == 303


def test_a_former_member_comes_back_by_invitation_in_the_new_role(world):
    world.vera.ended_at = datetime.now(UTC)
    world.session.commit()
    invitation = waiting(world, "vera@example.com", "manager")
    assert accept(world.session, invitation, world.vera.user).role == "manager"
    assert world.vera.ended_at is None
    with pytest.raises(Conflict):
        accept(world.session, invitation, world.vera.user)


def test_the_mail_brings_a_link_that_works(app, world, guest, monkeypatch):
    invitation = waiting(world)
    with sink() as (url, letters):
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        monkeypatch.setattr(Application, "flask", app)
        send_invitation(world.acme.id, invitation.id, "https://crm.example/")
        assert "/invitation?token=" not in Browser(app).as_(world.olga).get(LIST).text
    (letter,) = letters
    assert letter["To"] == "nina@example.com" and letter["Subject"] == "Your invitation to Acme"
    path = re.search(r"https://crm\.example(/invitation\?token=\S+)", letter.get_content()).group(1)
    assert "Olga Tester invites you to Acme." in letter.get_content() and guest.get(path).status_code == 200


@pytest.mark.parametrize("end", [used, revoked])
def test_no_mail_is_sent_for_what_is_over(app, world, monkeypatch, end):
    invitation = waiting(world)
    end(world, invitation)
    world.session.commit()
    with sink() as (url, letters):
        settings = replace(app.config["SETTINGS"], smtp_url=url, mail_from="crm@example.com")
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        monkeypatch.setattr(Application, "flask", app)
        send_invitation(world.acme.id, invitation.id, "https://crm.example/")
    assert letters == []


def test_other_organizations_do_not_see_invitations(world):
    waiting(world)
    scope(world.session, organization_id=world.bolt.id, user_id=world.foreign["user"])
    assert world.session.scalars(select(Invitation)).all() == []
