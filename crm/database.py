"""The database: tables that belong to an organization, row versions, and the settings behind row-level security."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    MetaData,
    Select,
    event,
    func,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    SessionTransaction,
    declared_attr,
    mapped_column,
    object_session,
    relationship,
)

from crm.errors import Stale

Rows: TypeAlias = Select[*tuple[Any, ...]]
"""A query whose rows are read by the names of their columns."""

APPLICATION_ROLE = "crm_app"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of all models; every constraint gets a name by convention."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True)}


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class InOrganization:
    """A row of one organization: organization_id is part of every key."""

    @declared_attr
    def organization_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True, sort_order=-2)


class TenantOwned(InOrganization):
    """A record of one organization with a number of its own, unique in the whole installation."""

    id: Mapped[int] = mapped_column(Identity(), primary_key=True, sort_order=-1, insert_sentinel=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Versioned:
    """Counts its saves. An UPDATE of a row that changed in between fails with StaleDataError."""

    changed_meanwhile: ClassVar[str] = "Someone changed this in the meantime."
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}

    def expect(self, version: int | None) -> None:
        """Raises Stale unless this is the version that somebody looked at; None is any."""
        if version is not None and version != self.version:
            raise Stale(self.changed_meanwhile)


def tenant_key(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A foreign key that can't cross organizations: (organization_id, column) -> target, e.g. "stages.id"."""
    table = target.partition(".")[0]
    return ForeignKeyConstraint(
        ["organization_id", column],
        [f"{table}.organization_id", target],
        ondelete=options.pop("ondelete", "NO ACTION"),
        **options,
    )


def related(child: str, column: str, parent: str, key: str = "id", **options: Any) -> Any:
    """The relationship over a tenant_key, to read: who assigns it assigns `column` too."""
    join = f"and_({parent}.organization_id == {child}.organization_id, foreign({child}.{column}) == {parent}.{key})"
    return relationship(parent, primaryjoin=join, viewonly=True, **options)


def collected(parent: str, child: str, column: str, key: str = "id", **options: Any) -> Any:
    """The other side of `related`: the children of a parent, to read only."""
    join = f"and_({parent}.organization_id == {child}.organization_id, foreign({child}.{column}) == {parent}.{key})"
    return relationship(child, primaryjoin=join, viewonly=True, uselist=True, **options)


def session_of(record: object) -> Session:
    """The session of a record that has been found or added."""
    session = object_session(record)
    assert session is not None, "not in a session yet"
    return session


def scope(session: Session, *, organization_id: int | None = None, user_id: int | None = None) -> None:
    """From here on this session sees the rows of that organization, and the memberships of that user."""
    session.info["tenant"] = (str(organization_id or ""), str(user_id or ""))
    if session.in_transaction():
        set_tenant(session.connection(), *tenant_of(session))


def tenant_of(session: Session) -> tuple[str, str, str]:
    """Organization, user and browser window of a session; empty until `scope` has said."""
    return (*session.info.get("tenant", ("", "")), session.info.get("client", ""))


def set_tenant(connection: Connection, organization_id: str, user_id: str, client: str) -> None:
    """Step down to the application's role and name the tenant, for this transaction only."""
    connection.exec_driver_sql(
        "select set_config('role', %s, true), set_config('app.organization_id', %s, true),"
        " set_config('app.user_id', %s, true), set_config('app.client', %s, true)",
        (APPLICATION_ROLE, organization_id, user_id, client),
    )


@event.listens_for(Session, "after_begin")
def enter_tenant(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Each transaction starts without rights over any organization but the session's own."""
    if not transaction.nested:
        set_tenant(connection, *tenant_of(session))
