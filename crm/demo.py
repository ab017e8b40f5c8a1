"""The demo: two small organizations with a past, made by the same verbs that people use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import User
from crm.accounts.operations import register_user
from crm.accounts.queries import user_with_email
from crm.contacts.models import Company, Contact, Tag
from crm.contacts.operations import add_company, add_contact
from crm.deals.models import Deal, DealTag
from crm.deals.operations import open_deal
from crm.demo_deals import (
    BOARD,
    COMPANIES,
    CONSULTING,
    CONTACTS,
    LOST,
    PEOPLE,
    RENEWALS,
    ROLES,
    SAID,
    SCANNERS,
    TAGS,
    TEAMS,
    WON,
    Card,
)
from crm.organizations.models import Membership
from crm.organizations.operations import found_organization, join_team, make_team, take_in
from crm.organizations.permissions import Role
from crm.pipelines.models import LostReason, Pipeline, Stage
from crm.pipelines.operations import add_pipeline, first_pipeline
from crm.tasks.models import Task, add_task
from crm.timeline.models import POSTED, Activity

ORGANIZATION = "Northlight Supply"
SECOND_ORGANIZATION = "Keller Consulting"
OWNER = PEOPLE["TO"][1]
PASSWORD = "northlight-demo"  # noqa: S105 - it is told to everyone
ZONE = "Europe/Berlin"
STAY = 6  # days that a deal spent in each earlier stage
