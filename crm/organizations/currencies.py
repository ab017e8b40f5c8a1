"""Currencies other than the organization's own, and what they are worth in it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.database import Base, TenantOwned, Versioned, session_of
from crm.errors import Conflict, Invalid, Stale
from crm.organizations.models import Membership, hold
from crm.organizations.rules import CHOOSE, currencies
from crm.trail import audit

HIGHEST_RATE = Decimal(10**9)
PLACES = 8
NOT_ALLOWED = "Only owners and admins can change currencies."


class Currency(TenantOwned, Versioned, Base):
    """One unit of `code` (ISO 4217) is worth `rate` units of the organization's own currency."""

    __tablename__ = "currencies"
    __table_args__ = (UniqueConstraint("organization_id", "code"), CheckConstraint("rate > 0", name="rate"))

    code: Mapped[str] = mapped_column(String(3))
    rate: Mapped[Decimal] = mapped_column(Numeric(18, PLACES))

    def change_rate(self, rate: Decimal, *, by: Membership, version: int | None = None) -> None:
        """Raises Invalid at `rate`, Conflict when `version` is stale. Every sum is at the new rate from now on."""
        by.must("currencies.edit", words=NOT_ALLOWED)
        self.expect(version)
        check_rate(rate)
        if rate != self.rate:
            old, self.rate = self.rate, rate
            audit(self.session, "rate_changed", by=by, subject=self.code, old=plain(old), new=plain(rate))

    def delete(self, *, by: Membership) -> None:
        """Deals in this currency stay; from now on they are shown apart and added to no sum."""
        by.must("currencies.edit", words=NOT_ALLOWED)
        audit(self.session, "currency_deleted", by=by, subject=self.code, rate=plain(self.rate))
        self.session.delete(self)

    @property
    def session(self) -> Session:
        return session_of(self)


def add_currency(session: Session, code: str, rate: Decimal, *, by: Membership) -> Currency:
    """A currency with its rate. Raises Invalid at `code` or `rate`, Conflict when it is there already.

    The rate is meant in the organization's currency as `by` knows it: Conflict when that has changed meanwhile.
    """
    by.must("currencies.edit", words=NOT_ALLOWED)
    if code not in currencies():
        raise Invalid(CHOOSE, field="code")
    check_rate(rate)
    hold_currency(by)
    refuse_known(session, code, by)
    currency = Currency(organization_id=by.organization_id, code=code, rate=rate)
    session.add(currency)
    session.flush()
    audit(session, "currency_added", by=by, subject=code, rate=plain(rate))
    return currency


def hold_currency(by: Membership) -> None:
    """The organization's currency stays until the transaction ends. Raises Conflict when it isn't what `by` knows."""
    known = by.organization.currency
    hold(by.organization)
    if by.organization.currency != known:
        raise Stale("The organization's currency was changed in the meantime.")


def refuse_known(session: Session, code: str, by: Membership) -> None:
    """Raises Invalid for the organization's own currency, Conflict for one that has its rate."""
    if code == by.organization.currency:
        raise Invalid("This is the organization's own currency: its rate is always 1.", field="code")
    same = (Currency.organization_id == by.organization_id, Currency.code == code)
    if session.scalar(select(Currency.id).where(*same)):
        raise Conflict("This currency has its rate already.", field="code", code="CURRENCY_TAKEN")


def check_rate(rate: Decimal) -> None:
    """Raises Invalid unless it is above 0, at most a billion, and has at most eight decimals."""
    if not (rate.is_finite() and 0 < rate <= HIGHEST_RATE):
        raise Invalid("Use a rate above 0 and at most 1,000,000,000.", field="rate")
    if rate != round(rate, PLACES):
        raise Invalid("Use at most eight decimals.", field="rate")


def plain(rate: Decimal) -> str:
    """Without the zeros at its end, and never as 1E+3."""
    return f"{rate.normalize():f}"
