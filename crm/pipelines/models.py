"""Pipelines and their stages: the columns of a board."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, String, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.database import Base, TenantOwned, Versioned, collected, related, session_of, tenant_key
from crm.errors import Conflict, Invalid
from crm.organizations.models import COLOURS, Membership

KINDS = ("open", "won", "lost")
REQUIRABLE = ("amount", "expected_close_date", "contact_id", "company_id")

# Name, slug, colour, probability in percent, kind, days until a deal rots: the pipeline of a new organization.
DEFAULT_STAGES = (
    ("New lead", "lead", "slate", 10, "open", 7),
    ("Qualification", "qualification", "teal", 25, "open", 14),
    ("Proposal", "proposal", "blue", 50, "open", 21),
    ("Negotiation", "negotiation", "plum", 70, "open", 10),
    ("Contract", "contract", "gold", 90, "open", 10),
    ("Won", "won", "green", 100, "won", None),
    ("Lost", "lost", "red", 0, "lost", None),
)
LONGEST_PIPELINE, LONGEST_STAGE = 80, 60
BOUNDS = {"probability": (0, 100), "rots_after": (1, 3650), "wip_limit": (1, 100_000)}
EMPTIABLE = ("rots_after", "wip_limit")
TAKEN = "There is a pipeline of that name already."
NOT_ALLOWED = "Only owners and admins can change pipelines."


class Pipeline(TenantOwned, Versioned, Base):
    """An ordered list of stages; an organization has one or more."""

    __tablename__ = "pipelines"
    changed_meanwhile = "Someone changed this pipeline in the meantime."

    name: Mapped[str] = mapped_column(String(LONGEST_PIPELINE))
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")

    stages: Mapped[list[Stage]] = collected("Pipeline", "Stage", "pipeline_id", order_by="Stage.position, Stage.id")

    def rename(self, name: str, *, by: Membership, version: int | None = None) -> None:
        """Raises Conflict when another pipeline has that name, or somebody changed this one since `version`."""
        by.must("pipelines.edit", words=NOT_ALLOWED)
        self.expect(version)
        check_name(name, LONGEST_PIPELINE)
        if named(session_of(self), self.organization_id, name) not in (None, self.id):
            raise Conflict(TAKEN, field="name", code="NAME_TAKEN")
        self.name = name.strip()

    def stage_of_kind(self, kind: str) -> Stage:
        """Its won or lost stage. Raises Conflict when there is none."""
        for stage in self.stages:
            if stage.kind == kind:
                return stage
        raise Conflict("This pipeline has no stage for that.", code="NO_STAGE")

    @property
    def open_stages(self) -> list[Stage]:
        return [stage for stage in self.stages if stage.kind == "open"]


def named(session: Session, organization_id: int, name: str) -> int | None:
    """The id of the organization's pipeline of that name, whatever its capitals."""
    same = func.lower(Pipeline.name) == func.lower(name.strip())
    return session.scalar(select(Pipeline.id).where(Pipeline.organization_id == organization_id, same))


class Stage(TenantOwned, Versioned, Base):
    """A step of a pipeline. `probability` is in percent; `rots_after` in days; `wip_limit` in deals."""

    __tablename__ = "stages"
    changed_meanwhile = "Someone changed this stage in the meantime."
    __table_args__ = (
        tenant_key("pipeline_id", "pipelines.id", ondelete="CASCADE"),
        CheckConstraint("kind in ('open', 'won', 'lost')", name="kind"),
        CheckConstraint("probability between 0 and 100", name="probability"),
        CheckConstraint("wip_limit > 0", name="wip_limit"),
        CheckConstraint("rots_after > 0", name="rots_after"),
        CheckConstraint("color in ({})".format(", ".join(f"'{color}'" for color in COLOURS)), name="color"),
        Index("uq_stages_slug", "organization_id", "pipeline_id", "slug", unique=True),
    )

    pipeline_id: Mapped[int]
    name: Mapped[str] = mapped_column(String(LONGEST_STAGE))
    slug: Mapped[str] = mapped_column(String(60))
    color: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(8), default="open", server_default="open")
    probability: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rots_after: Mapped[int | None] = mapped_column(Integer)
    wip_limit: Mapped[int | None] = mapped_column(Integer)
    wip_strict: Mapped[bool] = mapped_column(default=False, server_default="false")
    required: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list, server_default="{}")

    pipeline: Mapped[Pipeline] = related("Stage", "pipeline_id", "Pipeline")

    @property
    def is_open(self) -> bool:
        return self.kind == "open"

    def change(self, values: dict[str, Any], *, by: Membership, version: int | None = None) -> None:
        """Sets name, colour, probability, limits and required fields; of won and lost only the name. The slug stays."""
        by.must("pipelines.edit", words=NOT_ALLOWED)
        self.expect(version)
        check_stage(values)
        for name, value in values.items():
            if not self.is_open and name != "name" and value != getattr(self, name):
                raise Invalid("Of won and lost only the name can be changed.", field=name)
            setattr(self, name, value)


def check_stage(values: dict[str, Any]) -> None:
    """Rules about a stage's values. Raises Invalid at the field."""
    if "name" in values:
        check_name(values["name"], LONGEST_STAGE)
    if values.get("color", COLOURS[0]) not in COLOURS:
        raise Invalid("Choose a colour.", field="color")
    for name, (lowest, highest) in BOUNDS.items():
        number = values.get(name, lowest)
        if not (name in EMPTIABLE if number is None else lowest <= number <= highest):
            words = "Use a number from %(lowest)s to %(highest)s."
            raise Invalid(words, field=name, lowest=f"{lowest:,}", highest=f"{highest:,}")
    if unknown := set(values.get("required") or ()) - set(REQUIRABLE):
        raise Invalid("There is no such field: %(name)s", field="required", name=", ".join(sorted(unknown)))


def check_name(name: str | None, longest: int) -> None:
    """Raises Invalid when there is none, or too much of it."""
    if not (name or "").strip():
        raise Invalid("Give it a name.", field="name")
    if len(name or "") > longest:
        raise Invalid("Use at most %(longest)s characters.", field="name", longest=longest)


Index("uq_pipelines_name", Pipeline.organization_id, func.lower(Pipeline.name), unique=True)
Index("ix_stages_pipeline", Stage.organization_id, Stage.pipeline_id, Stage.position)


class LostReason(TenantOwned, Base):
    """Why a deal was lost: the organization's own list. `asks_note` makes the note mandatory."""

    __tablename__ = "lost_reasons"

    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    asks_note: Mapped[bool] = mapped_column(default=False, server_default="false")


Index("uq_lost_reasons_name", LostReason.organization_id, func.lower(LostReason.name), unique=True)


STAGES = Stage.__table__.c
HELD = (
    select(STAGES.version)
    .where(
        STAGES.organization_id == bindparam("organization", type_=BigInteger),
        STAGES.id == bindparam("stage", type_=BigInteger),
    )
    .with_for_update(key_share=True)
)


def lock(session: Session, stage: Stage) -> None:
    """Holds the stage as it is now until the transaction ends: its rules, its count, its being there.

    Its place among the others alone may be another by now: it changes without the version.
    """
    version = session.scalar(HELD, {"organization": stage.organization_id, "stage": stage.id})
    if version is None:
        raise Conflict("This stage was deleted in the meantime.", code="STAGE_GONE")
    if version != stage.version:
        session.refresh(stage)


def slug_of(name: str, taken: set[str]) -> str:
    """A short name for programs, unique in its pipeline: "New lead" becomes new-lead."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "stage"
    slug, count = base, 2
    while slug in taken:
        slug, count = f"{base}-{count}", count + 1
    return slug
