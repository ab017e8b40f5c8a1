"""Records dealt out among people: one, many, or evenly in turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from crm.contacts.models import Contact
from crm.contacts.queries import contacts_of
from crm.deals.models import Deal
from crm.deals.queries import deals_of
from crm.errors import Invalid
from crm.organizations.models import Membership
from crm.organizations.permissions import Reach, Role, reach_of
from crm.organizations.queries import members_of
from crm.people.handover import deal_out

MOST = 1000
NOT_YOURS = "You can distribute only what you or your team own."


def receivers_of(by: Membership) -> Select[Membership]:
    """Who can be given records: active and no viewer; by a lead only the own teams."""
    fit = members_of(by).where(Membership.role != Role.VIEWER)
    if reach_of(Role(by.role), "records.distribute") is Reach.ALL:
        return fit
    return fit.where(Membership.user_id.in_(by.led))


def owners_of(session: Session, kind: str, ids: Iterable[int], by: Membership) -> dict[int, int]:
    """Of those records that this member sees: the owner's user id for each."""
    chosen: Any = {"contacts": (contacts_of, Contact), "deals": (deals_of, Deal)}[kind]
    query, model = chosen[0](by), chosen[1]
    rows = query.with_only_columns(model.id, model.owner_id).where(model.id.in_(list(ids)))
    return dict(session.execute(rows).all())


def distribute(session: Session, kind: str, ids: Sequence[int], people: Sequence[int], *, by: Membership) -> int:
    """Gives the "contacts" or "deals" to these user ids in turn; each change leaves an activity. How many they were.

    Raises Invalid without records or people, Forbidden for somebody or something outside the lead's teams.
    """
    by.must("records.distribute")
    if len(ids) > MOST:
        raise Invalid("Choose at most %(most)s at once.", field="id", most=MOST)
    owners = owners_of(session, kind, ids, by)
    if not owners:
        raise Invalid("Choose at least one record.", field="id")
    refuse_others(owners.values(), by)
    refuse_strangers(session, people, by)
    deal_out(session, kind, owners, list(dict.fromkeys(people)), by=by)
    return len(owners)


def refuse_strangers(session: Session, people: Sequence[int], by: Membership) -> None:
    """Raises Invalid unless these are people who can be given records; until the commit nobody removes them."""
    if not people:
        raise Invalid("Choose at least one person.", field="people")
    chosen = receivers_of(by).where(Membership.user_id.in_(people)).with_only_columns(Membership.user_id)
    known = set(session.scalars(chosen.with_for_update(read=True, of=Membership)))
    if set(people) - known:
        raise Invalid("Choose from the people listed.", field="people")


def refuse_others(owners: Iterable[int], by: Membership) -> None:
    """Raises Forbidden unless this member may give away what these people own."""
    for owner in set(owners):
        by.must("records.distribute", SimpleNamespace(owner_id=owner), words=NOT_YOURS)
