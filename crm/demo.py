"""The demo: two small organizations with a past, made by the same verbs that people use."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.operations import register_user
from crm.accounts.queries import user_with_email
from crm.contacts.models import Company, Contact
from crm.contacts.operations import add_company, add_contact
from crm.contacts.tags import add_tag
from crm.demo_deals import (
    BOARD,
    CLOSED,
    COMPANIES,
    COMPANY_TAGS,
    CONSULTING,
    CONTACT_TAGS,
    CONTACTS,
    PEOPLE,
    RATES,
    RENEWALS,
    ROLES,
    SAID,
    SCANNERS,
    TAGS,
    TEAMS,
    Card,
)
from crm.demo_story import Scene, happened, settle, tell, tell_closed, tell_scanners
from crm.organizations.currencies import add_currency
from crm.organizations.operations import found_organization, join_team, make_team, take_in
from crm.organizations.permissions import Role
from crm.pipelines.operations import add_pipeline, first_pipeline
from crm.pipelines.queries import lost_reasons_of

ORGANIZATION = "Northlight Supply"
SECOND_ORGANIZATION = "Keller Consulting"
OWNER = PEOPLE["TO"][1]
PASSWORD = "northlight-demo"  # noqa: S105 - everybody may know it
ZONE = "Europe/Berlin"
KNOWN_SINCE = 45  # days


def fill_demo(session: Session) -> bool:
    """Makes the demo's people and organizations; False when its owner is there already."""
    if session.scalar(user_with_email(OWNER)) is not None:
        return False
    users = {
        who: register_user(session, email=email, name=name, password=PASSWORD, timezone=ZONE)
        for who, (name, email) in PEOPLE.items()
    }
    furnish_second(session, users["AK"])
    furnish_first(session, users)
    return True


def furnish_first(session: Session, users: dict[str, User]) -> None:
    """The organization of the design's pages."""
    owner = found_organization(session, ORGANIZATION, owner=users["TO"])
    people = {"TO": owner} | {
        who: take_in(session, owner.organization, users[who], Role(role)) for who, role in ROLES.items()
    }
    for team, (lead, *others) in TEAMS.items():
        made = make_team(session, owner.organization, team, lead=people[lead])
        for who in others:
            join_team(session, made, people[who])
    scene = Scene(session, first_pipeline(session, owner.organization), people, datetime.now(UTC))
    scene.stage("negotiation").change({"wip_limit": 4}, by=owner)
    for code, rate in RATES.items():
        add_currency(session, code, Decimal(rate), by=owner)
    fill_book(scene)
    reasons = {reason.name: reason.id for reason in session.scalars(lost_reasons_of(owner))}
    for closed in CLOSED:
        tell_closed(scene, closed, reasons)
    lay_out(scene, BOARD)
    scene.pipeline = add_pipeline(session, "Renewals", by=owner)
    lay_out(scene, RENEWALS)
    settle(scene)


def furnish_second(session: Session, user: User) -> None:
    """A small one of Anna's own, so that there is something to switch to."""
    owner = found_organization(session, SECOND_ORGANIZATION, owner=user)
    scene = Scene(session, first_pipeline(session, owner.organization), {"AK": owner}, datetime.now(UTC))
    for name in sorted({card.company for cards in CONSULTING.values() for card in cards}):
        scene.companies[name] = add_company(session, {"name": name}, by=owner)
    lay_out(scene, CONSULTING)
    settle(scene)


def fill_book(scene: Scene) -> None:
    """Tags, companies and contacts."""
    by = scene.people["TO"]
    scene.tags = {name: add_tag(scene.session, name, color, by=by) for name, color in TAGS.items()}
    for name, industry, city, who in COMPANIES:
        company: dict[str, Any] = {"name": name, "industry": industry, "city": city}
        company["tag_ids"] = scene.tag_ids(COMPANY_TAGS.get(name, ()))
        scene.companies[name] = add_company(scene.session, company, by=scene.people[who])
        know(scene, scene.companies[name])
    for name, firm, position, status, phone, email, who in CONTACTS:
        contact: dict[str, Any] = {"name": name, "position": position, "status": status, "phone": phone, "email": email}
        contact |= {"company_id": scene.companies[firm].id, "tag_ids": scene.tag_ids(CONTACT_TAGS.get(name, ()))}
        scene.contacts[firm] = add_contact(scene.session, contact, by=scene.people[who])
        know(scene, scene.contacts[firm])


def know(scene: Scene, record: Company | Contact) -> None:
    """It has been in the book for a while."""
    record.created_at = scene.ago(KNOWN_SINCE)
    happened(scene, record, record.created_at)


def lay_out(scene: Scene, board: dict[str, tuple[Card, ...]]) -> None:
    """The cards in their stages; the last one first, since each arrives on top."""
    for slug, cards in board.items():
        for card in reversed(cards):
            if card.title == SCANNERS:
                tell_scanners(scene, card)
            else:
                tell(scene, card, slug, SAID.get(card.title, ()))
