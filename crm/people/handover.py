"""Records change hands in one statement for each kind, however many they are; each has its activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from crm.organizations.models import Membership

KINDS = {"deals": "deal_id", "contacts": "contact_id", "companies": "company_id"}

# The rows are held in the order of their ids, so that two of these at once wait instead of meeting head-on.
HAND_OVER = """
    with held as (
        select id, owner_id from {kind}
        where organization_id = :organization and {which} order by id for no key update
    ), dealt as (
        select id, owner_id, (cast(:heirs as bigint[]))[
            1 + (row_number() over (order by id) - 1) % cardinality(cast(:heirs as bigint[]))] as heir
        from held
    ), moved as (
        update {kind} set owner_id = dealt.heir, version = version + 1, updated_at = now()
        from dealt
        where {kind}.organization_id = :organization and {kind}.id = dealt.id and dealt.owner_id <> dealt.heir
        returning {kind}.id, dealt.owner_id as old, dealt.heir as new
    )
    insert into activities (organization_id, type, payload, {key}, actor_id)
    select :organization, 'owner_changed', jsonb_build_object('old', old, 'new', new), id, :actor
    from moved order by id
"""
HAND_OVER_TASKS = text("""
    with moved as (
        update tasks set assignee_id = :heir, version = version + 1
        where organization_id = :organization and assignee_id = :owner and done_at is null
        returning deal_id, title, due_on
    )
    insert into activities (organization_id, type, payload, deal_id, actor_id)
    select :organization, 'system',
        jsonb_build_object('event', 'task_changed', 'title', title, 'due_on', due_on), deal_id, :actor
    from moved
""")
OWNED = text("""
    select
        (select count(*) from deals where organization_id = :organization and owner_id = :owner) as deals,
        (select count(*) from contacts where organization_id = :organization and owner_id = :owner) as contacts,
        (select count(*) from companies where organization_id = :organization and owner_id = :owner) as companies,
        (select count(*) from tasks
         where organization_id = :organization and assignee_id = :owner and done_at is null) as tasks
""")


def filled(kind: str, which: str) -> TextClause:
    """The statement for one kind of record; `which` says of whose rows it speaks."""
    return text(HAND_OVER.format(kind=kind, key=KINDS[kind], which=which))


ALL_OF = {kind: filled(kind, "owner_id = :owner") for kind in KINDS}
THESE = {kind: filled(kind, "id = any(:ids) and owner_id = any(:owners)") for kind in KINDS}


def owned_by(session: Session, member: Membership) -> dict[str, int]:
    """How many deals, contacts, companies and open tasks the person has."""
    where = {"organization": member.organization_id, "owner": member.user_id}
    return dict(session.execute(OWNED, where).mappings().one())


def hand_over(session: Session, member: Membership, heir: Membership, *, by: Membership) -> None:
    """All that the person owns, and the open tasks, become the heir's."""
    session.flush()
    where: dict[str, Any] = {"organization": by.organization_id, "owner": member.user_id, "actor": by.user_id}
    for statement in ALL_OF.values():
        session.execute(statement, where | {"heirs": [heir.user_id]})
    session.execute(HAND_OVER_TASKS, where | {"heir": heir.user_id})
    forget(session)


def deal_out(session: Session, kind: str, owners: dict[int, int], heirs: Sequence[int], *, by: Membership) -> None:
    """These records go to the heirs' user ids in turn. `owners` names the records by id, each with its owner as the
    caller, who asked whether that may be, saw it: whatever changed hands meanwhile stays where it is."""
    session.flush()
    where = {"organization": by.organization_id, "actor": by.user_id, "heirs": list(heirs)}
    session.execute(THESE[kind], where | {"ids": list(owners), "owners": list(set(owners.values()))})
    forget(session)


def forget(session: Session) -> None:
    """What the session remembers of these records is old now."""
    for record in list(session.identity_map.values()):
        if getattr(record, "__tablename__", "") in {*KINDS, "tasks"}:
            session.expire(record)
