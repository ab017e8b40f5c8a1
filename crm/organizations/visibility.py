"""Whose records a member sees: the one place that decides it, for pages, lists, counts, sums and streams alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, func, literal, true
from sqlalchemy.dialects.postgresql import ARRAY

from crm.organizations.permissions import Reach, Role, reach_of

if TYPE_CHECKING:
    from crm.organizations.models import Membership

VISIBILITIES = ("everyone", "team", "own")
USER_IDS = ARRAY(BigInteger)


def owners_seen_by(member: Membership) -> frozenset[int] | None:
    """User ids of those whose records the member sees; None when it is everybody's.

    A lead sees the team's records under every setting: whoever distributes work must see it.
    """
    setting = member.organization.visibility
    if setting == "everyone" or sees_all(member):
        return None
    return frozenset({member.user_id}) | member.led | (member.mates if setting == "team" else frozenset())


def sees_all(member: Membership) -> bool:
    """Whether the role alone opens every record, whatever the setting."""
    return reach_of(Role(member.role), "records.view") is Reach.ALL


def seen_through(member: Membership, owner: Any) -> ColumnElement[bool]:
    """The condition on a table's owner column. A member who sees all costs the statement nothing."""
    owners = member.sees
    if owners is None:
        return true()
    known = literal(sorted(owners), USER_IDS) if isinstance(owners, frozenset) else owners  # or a parameter
    return owner == func.any(known)  # type: ignore[no-any-return]


def why_seen(member: Membership, record: Any) -> str:
    """Why the member sees this record: "own", "role", "everyone" or "team"."""
    if record.owner_id == member.user_id:
        return "own"
    if sees_all(member):
        return "role"
    return "everyone" if member.organization.visibility == "everyone" else "team"
