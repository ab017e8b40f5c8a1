"""The cast of the tests, and a browser that speaks for one of them."""

from __future__ import annotations

import re
from contextvars import Context
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.test import TestResponse

from crm.accounts.models import User
from crm.contacts.models import Company, Contact, Tag
from crm.database import db, scope, set_tenant, tenant_of
from crm.deals.models import Deal
from crm.deals.operations import open_deal
from crm.deals.queries import deal_of
from crm.organizations.models import Membership, Organization, Team
from crm.organizations.operations import found_organization, join_team, make_team, take_in
from crm.organizations.permissions import Role
from crm.people.models import Invitation
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.operations import first_pipeline
from crm.tasks.models import Task, add_task
from crm.webhooks.operations import add_endpoint, send_test

PASSWORD = "correct horse battery"
PEOPLE = ("olga", "adam", "mona", "max", "lena", "vera", "ruslan")
RECORDS: dict[str, Any] = {"team": Team, "pipeline": Pipeline, "company": Company, "contact": Contact}
RECORDS |= {"tag": Tag, "deal": Deal, "task": Task}
WITH = (joinedload(Membership.user), joinedload(Membership.organization))


@dataclass
class World:
    """Acme with six people and a deal of Max's; Bolt with Ruslan and a deal of his own."""

    session: Session
    acme: Organization
    bolt: Organization
    olga: Membership
    adam: Membership
    mona: Membership
    max: Membership
    lena: Membership
    vera: Membership
    ruslan: Membership
    team: Team
    pipeline: Pipeline
    company: Company
    contact: Contact
    tag: Tag
    deal: Deal
    task: Task
    foreign: dict[str, int]

    @classmethod
    def make(cls, session: Session) -> World:
        ruslan = found_organization(session, "Bolt", owner=user(session, "Ruslan"))
        rival = first_pipeline(session, ruslan.organization)
        theirs = records(session, ruslan, rival)
        foreign = {name: record.id for name, record in theirs.items() if name != "tag"}
        foreign |= {"stage": rival.stages[0].id, "pipeline": rival.id, "user": ruslan.user_id, "tag": theirs["tag"].id}
        olga = found_organization(session, "Acme", owner=user(session, "Olga"))
        acme = olga.organization
        others = {
            name: take_in(session, acme, user(session, name.title()), role)
            for name, role in {
                "adam": Role.ADMIN,
                "mona": Role.MANAGER,
                "max": Role.MEMBER,
                "lena": Role.MEMBER,
                "vera": Role.VIEWER,
            }.items()
        }
        team = make_team(session, acme, "North", lead=others["lena"])
        join_team(session, team, others["max"])
        others["lena"].led = frozenset({others["lena"].user_id, others["max"].user_id})
        pipeline = first_pipeline(session, acme)
        mine = records(session, others["max"], pipeline)
        session.commit()
        return cls(
            session=session,
            acme=acme,
            bolt=ruslan.organization,
            olga=olga,
            ruslan=ruslan,
            team=team,
            pipeline=pipeline,
            foreign=foreign,
            **mine,
            **others,
        )

    @property
    def keys(self) -> dict[str, int]:
        """Under which the cast is found again, once it is stored."""
        people = {name: getattr(self, name).user_id for name in PEOPLE}
        others = {name: getattr(self, name).id for name in ("acme", "bolt", *RECORDS)}
        return people | others

    @classmethod
    def found(cls, session: Session, keys: dict[str, int], foreign: dict[str, int]) -> World:
        """The cast as it was stored, in the hands of this session. What is due tomorrow is due tomorrow again."""
        scope(session, organization_id=keys["bolt"], user_id=keys["ruslan"])
        cast: dict[str, Any] = {"bolt": session.get_one(Organization, keys["bolt"])}
        members = {member.user_id: member for member in session.scalars(select(Membership).options(*WITH))}
        scope(session, organization_id=keys["acme"], user_id=keys["olga"])
        cast["acme"] = acme = session.get_one(Organization, keys["acme"])
        members |= {member.user_id: member for member in session.scalars(select(Membership).options(*WITH))}
        cast |= {name: members[keys[name]] for name in PEOPLE}
        cast["lena"].led = frozenset({keys["lena"], keys["max"]})
        cast["deal"] = session.scalars(deal_of(cast["olga"], keys["deal"])).unique().one()
        cast["pipeline"] = cast["deal"].stage.pipeline
        for name, model in RECORDS.items():
            if name not in cast:
                cast[name] = session.get_one(model, (acme.id, keys[name]))
        cast["task"].due_on = cast["max"].today() + timedelta(days=1)
        session.commit()
        return cls(session=session, foreign=dict(foreign), **cast)

    def stage(self, slug: str) -> Stage:
        return next(stage for stage in self.pipeline.stages if stage.slug == slug)

    def another_deal(
        self, title: str = "Another", *, stage: str = "lead", by: Membership | None = None, **values: Any
    ) -> Deal:
        values = {"title": title, "amount": Decimal("100.00")} | values
        return open_deal(self.session, self.stage(stage), values, by=by or self.max)

    def book_of(self, owner: Membership) -> SimpleNamespace:
        """A company, a contact, a deal and a task of this owner's, in Acme. A viewer has them from an earlier role."""
        role, owner.role = owner.role, Role.MEMBER if owner.role == Role.VIEWER else owner.role
        own = {"organization_id": self.acme.id, "owner_id": owner.user_id}
        company, contact = Company(name=f"{owner.name} Works", **own), Contact(name=f"{owner.name}’s friend", **own)
        self.session.add_all([company, contact])
        self.session.flush()
        values = {"amount": Decimal(500), "company_id": company.id, "contact_id": contact.id, "owner_id": owner.user_id}
        deal = self.another_deal(f"{owner.name}’s deal", by=self.olga, **values)
        company.record("system", by=owner, event="created")
        contact.record("system", by=owner, event="created")
        task = add_task(deal, "Ask", owner.today() + timedelta(days=1), by=self.olga, assignee_id=owner.user_id)
        owner.role = role
        return SimpleNamespace(company=company, contact=contact, deal=deal, task=task)

    def in_bolt(self) -> None:
        """The session sees what Ruslan sees."""
        scope(self.session, organization_id=self.bolt.id, user_id=self.ruslan.user_id)

    def in_acme(self) -> None:
        scope(self.session, organization_id=self.acme.id, user_id=self.olga.user_id)


def user(session: Session, name: str) -> User:
    person = User(email=f"{name.lower()}@example.com", name=f"{name} Tester")
    person.set_password(PASSWORD)
    session.add(person)
    session.flush()
    return person


def records(session: Session, owner: Membership, pipeline: Pipeline) -> dict[str, Any]:
    """One of each record, of this owner."""
    own = {"organization_id": owner.organization_id, "owner_id": owner.user_id}
    company = Company(name=f"{owner.user.name} Corp", **own)
    tag = Tag(organization_id=owner.organization_id, name="Hot", color="rose")
    session.add_all([company, tag])
    session.flush()
    contact = Contact(name="Jonas Brandt", email="jonas@brandt.example", company_id=company.id, **own)
    session.add(contact)
    session.flush()
    values = {"title": "Scanners", "amount": Decimal("1000.00"), "company_id": company.id, "contact_id": contact.id}
    deal = open_deal(session, pipeline.stages[0], values, by=owner)
    task = add_task(deal, "Call Jonas", owner.today() + timedelta(days=1), by=owner)
    return {"company": company, "contact": contact, "tag": tag, "deal": deal, "task": task}


class CleanClient(FlaskClient):
    """Each request has a context of its own, as in life, and leaves the test's tenant as it was.

    What it streams is read there too, but for the stream of news, which has no end.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        context = Context()
        response = context.run(super().open, *args, **kwargs)
        if response.mimetype != "text/event-stream":
            context.run(response.get_data)
        if db.session().in_transaction():
            db.session.expire_all()
            set_tenant(db.session.connection(), *tenant_of(db.session()))
        return response


def invited(world: World) -> int:
    """Somebody waits for Acme; the number of the invitation."""
    waiting = Invitation(organization_id=world.acme.id, email="new@example.com", role="member")
    waiting.invited_by = world.olga.user_id
    waiting.renew()
    world.session.add(waiting)
    world.session.flush()
    return waiting.id


def hook_of(owner: Membership, *, messages: int = 1) -> tuple[int, int]:
    """The owner's organization has a webhook, with messages that wait; its number and the last one's."""
    session = db.session()
    endpoint = add_endpoint(session, {"url": "https://hooks.example.com/crm?key=1"}, by=owner)
    sent = [send_test(session, endpoint, by=owner).id for _ in range(messages)]
    session.commit()
    return endpoint.id, sent[-1]


class Browser:
    """A test client that sends what our pages send: the token, the organization, where it came from."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        app.test_client_class = CleanClient
        self.client: FlaskClient = app.test_client()
        self.token = ""
        self.organization = ""

    def as_(self, member: Membership) -> Browser:
        """Signed in as that member, in that organization; a browser anew, whoever used it before."""
        self.client = self.app.test_client()
        sign_in = self.client.get("/sign-in")
        self.token = token_in(sign_in.text)
        form = {"email": member.user.email, "password": PASSWORD, "csrf_token": self.token}
        assert self.client.post("/sign-in", data=form).status_code == 303
        self.organization = str(member.organization_id)
        if self.renewed() != self.organization:
            self.client.post(f"/organizations/{self.organization}/select", data={"csrf_token": self.token})
            assert self.renewed() == self.organization
        return self

    def renewed(self) -> str:
        """Takes over the token of a page anew; the organization that the page is of."""
        page = self.client.get("/organizations").text
        self.token = token_in(page)
        found = re.search(r'data-organization="(\d+)"', page)
        return found[1] if found else ""

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def part(self, path: str, **kwargs: Any) -> TestResponse:
        """What htmx gets."""
        return self.client.get(path, headers=self.headers(), **kwargs)

    def post(self, path: str, form: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
        """What a plain form sends."""
        hidden = {"csrf_token": self.token, "organization": self.organization}
        return self.client.post(path, data=hidden | (form or {}), **kwargs)

    def send(self, path: str, form: dict[str, Any] | None = None, *, method: str = "POST") -> TestResponse:
        """What htmx sends."""
        return self.client.open(path, method=method, data=form or {}, headers=self.headers())

    def headers(self) -> dict[str, str]:
        return {"HX-Request": "true", "X-CSRFToken": self.token, "X-Organization": self.organization}


def token_in(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    return found.group(1) if found else ""
