"""Companies by program."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from crm.api.calls import saved
from crm.api.endpoints import Endpoints
from crm.api.paging import page_of
from crm.api.schemas import Page, Text
from crm.contacts.api_addressed import (
    AddressedFields,
    AddressedQuery,
    archived,
    changed,
    deleted,
    filtered,
    logged,
    orders,
    owned,
    replaced,
    restored,
    told_of,
)
from crm.contacts.models import Company
from crm.contacts.operations import add_company
from crm.contacts.queries import companies_of, company_matches, company_of
from crm.contacts.shown import CompanyShown
from crm.database import db
from crm.hypermedia import one_or_404
from crm.sessions import current
from crm.tenancy import names
from crm.timeline.listing import TimelineQuery
from crm.timeline.shown import ActivityShown, Report

companies = Endpoints("companies")
names("company_id", company_of)
ORDERS = orders(Company)


class CompanyFields(AddressedFields):
    name: Text = Field(max_length=400, examples=["Brandt GmbH"])
    domain: Text | None = Field(None, max_length=400, examples=["brandt.example"])
    industry: Text | None = Field(None, max_length=400, examples=["Logistics"])
    city: Text | None = Field(None, max_length=400, examples=["Bremen"])


class CompanyChange(CompanyFields, partial=True):
    """What is left out stays as it is."""


def found(company_id: int) -> Company:
    return one_or_404(company_of(current.member, company_id))


@companies.get("/companies", "records.view", gives=Page[CompanyShown])
def index(query: AddressedQuery) -> Any:
    """List companies."""
    return page_of(
        filtered(companies_of(current.member), Company, query, company_matches), query, ORDERS, Company.id, told=True
    )


@companies.post("/companies", "records.create", gives=CompanyShown)
def add(body: CompanyFields) -> Any:
    """Add a company."""
    return saved(add_company(db.session(), owned(body.given()), by=current.member))


@companies.get("/companies/<int:company_id>", "records.view", gives=CompanyShown)
def show(company_id: int) -> Company:
    """Get a company."""
    return found(company_id)


@companies.put("/companies/<int:company_id>", "records.edit", gives=CompanyShown, shows=show)
def replace(company_id: int, body: CompanyFields) -> Any:
    """Set all fields of a company; what is left out becomes empty. The owner stays when left out."""
    return replaced(found(company_id), body.full(), body.version)


@companies.patch("/companies/<int:company_id>", "records.edit", gives=CompanyShown, shows=show)
def change(company_id: int, body: CompanyChange) -> Any:
    """Change some fields of a company."""
    return changed(found(company_id), body.given(), body.version)


@companies.delete("/companies/<int:company_id>", "records.delete", shows=show, statuses={409: "The company has deals."})
def delete(company_id: int) -> Any:
    """Delete a company without deals; its contacts stay."""
    return deleted(found(company_id))


@companies.post("/companies/<int:company_id>/archive", "records.edit", gives=CompanyShown, status=200)
def archive(company_id: int) -> Any:
    """Archive a company: it leaves the lists, its deals stay."""
    return archived(found(company_id))


@companies.post("/companies/<int:company_id>/restore", "records.edit", gives=CompanyShown, status=200)
def restore(company_id: int) -> Any:
    """Bring an archived company back."""
    return restored(found(company_id))


@companies.get("/companies/<int:company_id>/activities", "records.view", gives=Page[ActivityShown])
def activities(company_id: int, query: TimelineQuery) -> Any:
    """List what happened with a company, newest first."""
    return told_of(found(company_id), query)


@companies.post("/companies/<int:company_id>/activities", "activities.create", gives=ActivityShown)
def post_activity(company_id: int, body: Report) -> Any:
    """Log a comment, call, e-mail or meeting with a company."""
    return logged(found(company_id), body)
