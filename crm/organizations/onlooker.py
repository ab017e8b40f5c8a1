"""Whoever looks: what is drawn once for many may depend on these facts of its viewers and on no others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from crm.organizations.models import Membership, Organization
from crm.organizations.permissions import Reach, Role, reach_of

NOBODY = 0


@dataclass(frozen=True)
class Onlooker:
    """Stands in the member's place. Equal ones see the same; what they haven't got fails at once.

    `led` are those owners, of the ones in question, whose records the viewer may change: own and led alike.
    """

    organization_id: int
    organization_version: int
    role: str
    sees: frozenset[int] | None
    language: str
    timezone: str
    day: date
    led: frozenset[int]
    organization: Organization = field(compare=False, repr=False)
    user_id: int = NOBODY

    @classmethod
    def like(cls, member: Membership, owners: frozenset[int] = frozenset()) -> Onlooker:
        """What a drawing about records of these owners may know of the member."""
        return cls(
            organization_id=member.organization_id,
            organization_version=member.organization.version,
            role=member.role,
            sees=member.sees,
            language=member.user.language,
            timezone=member.user.timezone,
            day=member.today(),
            led=owners & (member.led | {member.user_id}),
            organization=member.organization,
        )

    @property
    def user(self) -> SimpleNamespace:
        return SimpleNamespace(language=self.language, timezone=self.timezone, id=NOBODY)

    def today(self) -> date:
        return self.day

    def may(self, action: str, record: Any = None) -> bool:
        """As a member may. Raises LookupError for what a lead may and others not: one's own records look led here."""
        if reach_of(Role(self.role), action) is Reach.LED:
            raise LookupError(f"{action} depends on the viewer, so it can't be drawn for many")
        return Membership.may(cast(Membership, self), action, record)
