"""Organizations, who belongs to them in which role, and their teams."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, column, func, select, table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import User
from crm.database import Base, InOrganization, TenantOwned, Versioned, collected, related, session_of, tenant_key
from crm.errors import Conflict, Forbidden
from crm.organizations.permissions import Reach, Role, reach_of
from crm.organizations.rules import LONGEST_NAME, check_settings
from crm.organizations.visibility import VISIBILITIES, owners_seen_by
from crm.trail import audit

COLOURS = ("slate", "teal", "sky", "blue", "plum", "rose", "red", "orange", "gold", "green")
ROLES = ", ".join(f"'{role}'" for role in Role)
# The slice of deals lies above this one: all that is known of it here is their currency.
DEALS = table("deals", column("organization_id"), column("currency"))
RATES = table("currencies", column("organization_id"))
SETTINGS = ", ".join(f"'{setting}'" for setting in VISIBILITIES)


class Organization(Versioned, Base):
    """The tenant. `currency` is ISO 4217; `timezone` an IANA name, the default of new members.

    `visibility` says whose records members and viewers see: everyone's, their team's, or their own.
    """

    __tablename__ = "organizations"
    changed_meanwhile = "Someone changed these settings in the meantime."
    __table_args__ = (CheckConstraint(f"visibility in ({SETTINGS})", name="visibility"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    currency: Mapped[str] = mapped_column(String(3), default="EUR", server_default="EUR")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC", server_default="UTC")
    language: Mapped[str] = mapped_column(String(8), default="en", server_default="en")
    visibility: Mapped[str] = mapped_column(String(16), default="everyone", server_default="everyone")
    lost_reason_required: Mapped[bool] = mapped_column(default=True, server_default="true")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
        """Sets the named settings. Raises Invalid at the field, Conflict for a stale version or a currency in use."""
        by.must("organization.settings", words="Only owners and admins can change the organization's settings.")
        if "currency" in values:
            hold(self)
        self.expect(version)
        check_settings(values)
        if values.get("currency", self.currency) != self.currency:
            self.refuse_rates()
            self.refuse_deals_in_other_than(values["currency"])
        self.take(values, by)

    def take(self, values: dict[str, Any], by: Membership) -> None:
        """Sets what is new, and tells the audit log from what to what."""
        tidy = {name: value.strip() if name == "name" else value for name, value in values.items()}
        changed = {name: [getattr(self, name), new] for name, new in tidy.items() if new != getattr(self, name)}
        for name, (_, new) in changed.items():
            setattr(self, name, new)
        if changed:
            audit(session_of(self), "settings_changed", by=by, subject=self.name, changed=changed)

    def refuse_rates(self) -> None:
        """A rate says what a currency is worth in this one; in another one it would say something else."""
        if session_of(self).scalar(select(RATES.c.organization_id).where(RATES.c.organization_id == self.id).limit(1)):
            raise Conflict("Remove the exchange rates first.", code="RATES_IN_USE", field="currency")

    def refuse_deals_in_other_than(self, currency: str) -> None:
        """An amount never changes its meaning: deals keep their currency, and without rates no sum could add them."""
        others = select(func.count()).where(DEALS.c.organization_id == self.id, DEALS.c.currency != currency)
        if count := session_of(self).scalar(others):
            words = "There are deals in another currency (%(count)s). Amounts would no longer add up, so it stays."
            raise Conflict(words, code="CURRENCY_IN_USE", field="currency", count=count)


class Membership(InOrganization, Versioned, Base):
    """One user's role in one organization. An ended membership stays, so that history keeps its names."""

    __tablename__ = "memberships"
    changed_meanwhile = "Someone changed this member in the meantime."
    __table_args__ = (CheckConstraint(f"role in ({ROLES})", name="role"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    organization: Mapped[Organization] = relationship()

    led: frozenset[int] = frozenset()
    """User ids of the teams that this member leads; filled when the member signs in to a request."""

    mates: frozenset[int] = frozenset()
    """User ids of all teams that this member is in; filled alike."""

    @property
    def sees(self) -> frozenset[int] | None:
        """User ids of those whose records exist for this member; None when it is everybody's."""
        return owners_seen_by(self)

    def may(self, action: str, record: Any = None) -> bool:
        """Whether the role allows the action: on this record, or at all when there is none."""
        reach = reach_of(Role(self.role), action)
        if record is None:
            return bool(self.led) if reach is Reach.LED else reach is not Reach.NONE
        if reach is Reach.SEEN:
            return self.sees is None or record.owner_id in self.sees
        if reach is Reach.OWN and record.owner_id == self.user_id:
            return True
        return record.owner_id in self.led if reach in (Reach.OWN, Reach.LED) else reach is Reach.ALL

    def must(self, action: str, record: Any = None, *, words: str = "Your role does not allow this.") -> None:
        """Raises Forbidden with these words unless the member may."""
        if not self.may(action, record):
            raise Forbidden(words)

    @property
    def owner_id(self) -> int:
        """Whose membership it is: what permissions ask of every record."""
        return self.user_id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def color(self) -> str:
        return color_of(self.user_id)

    def today(self) -> date:
        """The date on this person's wall."""
        return datetime.now(UTC).astimezone(ZoneInfo(self.user.timezone)).date()


def hold(organization: Organization) -> None:
    """Nobody else changes the organization until this transaction ends; what it says is what is stored now."""
    session_of(organization).flush()  # refreshing would drop what is changed here and not written yet
    session_of(organization).refresh(organization, with_for_update={"key_share": True})


def color_of(user_id: int) -> str:
    """The colour of a person's face: always the same one, never won's green or lost's red."""
    calm = [color for color in COLOURS if color not in ("red", "green")]
    return calm[user_id * 5 % len(calm)]


class Team(TenantOwned, Versioned, Base):
    """People of one organization who share their records; leads look after them."""

    __tablename__ = "teams"
    changed_meanwhile = "Someone changed this team in the meantime."

    name: Mapped[str] = mapped_column(String(120))

    members: Mapped[list[TeamMember]] = collected("Team", "TeamMember", "team_id")


Index("uq_teams_name", Team.organization_id, func.lower(Team.name), unique=True)


class TeamMember(InOrganization, Base):
    """A member's place in a team."""

    __tablename__ = "team_members"
    __table_args__ = (
        tenant_key("team_id", "teams.id", ondelete="CASCADE"),
        tenant_key("user_id", "memberships.user_id", ondelete="CASCADE"),
        Index("ix_team_members_user", "organization_id", "user_id"),
    )

    team_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    is_lead: Mapped[bool] = mapped_column(default=False, server_default="false")

    member: Mapped[Membership] = related("TeamMember", "user_id", "Membership", "user_id")
