"""The board as the page shows it: columns with heads and cards, folded won and lost, and the sums over all."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, ClassVar, cast

from sqlalchemy.orm import Session

from crm.board.cards import cards_of, more_cards, one_card
from crm.board.choices import Choices, choices_of
from crm.board.filters import Filter
from crm.board.grouping import Group, months, people
from crm.board.queries import PAGE, facts, heads_by, heads_of
from crm.board.sorting import is_placed
from crm.board.sums import MOST, kept_heads, rotting_of
from crm.deals.models import Deal
from crm.organizations.models import Membership
from crm.organizations.queries import asking_like
from crm.pipelines.models import Pipeline, Stage

ZERO = Decimal(0)


@dataclass(frozen=True)
class Head:
    """The numbers above a column. Money is in the organization's currency; `unconverted` counts those without rate."""

    count: int = 0
    total: Decimal = ZERO
    weighted: Decimal = ZERO
    unconverted: int = 0
    idle: int = 0

    @classmethod
    def of(cls, row: Any) -> Head:
        return cls(row.count, row.total, row.weighted, row.unconverted, row.idle)

    def __add__(self, other: Head) -> Head:
        return Head(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass
class Column:
    """A stage, a person or a month, with its head and the cards shown so far."""

    of: Stage | Group
    head: Head
    cards: list[Any] = field(default_factory=list)
    apart: list[Any] = field(default_factory=list)
    share: float = 0.0
    has_more: bool = False

    def take(self, rows: list[Any]) -> None:
        """Up to a page of cards; one row more says that there are others."""
        self.cards = rows[:PAGE]
        self.has_more = len(rows) > PAGE

    @property
    def stage(self) -> Stage:
        """Of a column that stands for one."""
        return cast(Stage, self.of)

    @property
    def key(self) -> str:
        """What tells it from the other columns of its board."""
        return self.of.key if isinstance(self.of, Group) else str(self.of.id)

    @property
    def anchor(self) -> str:
        """The key as a part of ids in the page."""
        return self.of.anchor if isinstance(self.of, Group) else self.key

    @property
    def is_over(self) -> bool:
        return bool(self.stage.wip_limit and self.head.count > self.stage.wip_limit)


@dataclass
class Layout:
    """One pipeline's board for one member and one filter."""

    pipeline: Pipeline
    columns: list[Column]
    shown: Filter
    groups: list[Column] = field(default_factory=list)
    choices: Choices | None = None
    rotting: int | None = None
    most: ClassVar[int] = MOST

    @property
    def open(self) -> list[Column]:
        """Where cards stand: the groups of a board that isn't one of stages."""
        return self.groups if self.shown.group != "stage" else self.open_stages

    @property
    def open_stages(self) -> list[Column]:
        return [column for column in self.columns if column.stage.is_open]

    @property
    def is_placed(self) -> bool:
        """Whether cards can be put between others."""
        return is_placed(self.shown)

    @property
    def closed(self) -> list[Column]:
        return [column for column in self.columns if not column.stage.is_open]

    @property
    def sums(self) -> Head:
        """Over all open columns."""
        return sum((column.head for column in self.open_stages), Head())


def columns_of(session: Session, member: Membership, stages: list[Stage], shown: Filter) -> list[Column]:
    """The columns with their heads, and each one's share of their common total in percent."""
    asked = facts(member, shown, **by_kind(stages))
    asking = asking_like(member)
    found = session.execute(heads_of(shown.shape, asking) if shown else kept_heads(asking), asked)
    heads = {row.stage_id: Head.of(row) for row in found}
    columns = [Column(stage, heads.get(stage.id, Head())) for stage in stages]
    shared_out([column for column in columns if column.stage.is_open])
    return columns


def shared_out(columns: list[Column]) -> None:
    """Gives each column its share of their common total."""
    total = sum((column.head.total for column in columns), ZERO)
    for column in columns:
        column.share = float(100 * column.head.total / total) if total else 0.0


def group(session: Session, member: Membership, layout: Layout) -> None:
    """Gives a board that isn't one of stages its columns, with their heads."""
    shown = layout.shown
    heads: dict[str, Head] = {}
    asked = facts(member, shown, pipeline=layout.pipeline.id)
    for row in session.execute(heads_by(shown.shape, asking_like(member)), asked):
        heads[row.column] = heads.get(row.column, Head()) + Head.of(row)
    if shown.group == "owner":
        layout.choices = choices_of(session, member)
    groups = people(layout.choices, shown, member, heads) if layout.choices else months(member.today())
    layout.groups = [Column(one, heads.get(one.key, Head())) for one in groups]
    shared_out(layout.groups)


def by_kind(stages: list[Stage]) -> dict[str, list[int]]:
    """The stages' ids: open ones show all their deals, closed ones this month's."""
    return {
        "stages": [stage.id for stage in stages],
        "open_stages": [stage.id for stage in stages if stage.is_open],
        "closed_stages": [stage.id for stage in stages if not stage.is_open],
    }


def frame(session: Session, member: Membership, pipeline: Pipeline, shown: Filter) -> Layout:
    """The board without its cards."""
    columns = columns_of(session, member, pipeline.stages, shown)
    layout = Layout(pipeline, columns, shown)
    if shown.group != "stage":
        group(session, member, layout)
    return layout


def count_rotting(session: Session, member: Membership, layout: Layout) -> int:
    """For the chip; counted to MOST and one more."""
    if layout.shown.rotting:
        return layout.sums.count
    asked = facts(member, layout.shown, **by_kind(layout.pipeline.stages))
    return session.scalar(rotting_of(layout.shown.shape, asking_like(member)), asked) or 0


def lay_out(session: Session, member: Membership, pipeline: Pipeline, shown: Filter) -> Layout:
    """Three statements for a board of stages, five for others, whatever the number of deals."""
    layout = frame(session, member, pipeline, shown)
    cards: dict[str, list[Any]] = {}
    asked = facts(member, shown, pipeline=pipeline.id)
    for row in session.execute(cards_of(shown.shape, asking_like(member)), asked):
        cards.setdefault(row.column, []).append(row)
    for column in layout.open:
        column.take(cards.get(column.key, []))
    layout.rotting = count_rotting(session, member, layout)
    return layout


def next_page(session: Session, member: Membership, column: Column, shown: Filter, **after: int) -> Column:
    """The cards of a column below that one: `after` its key, `after_id` its id, `pipeline` that of the board."""
    asked = facts(member, shown, column=column.key, stage=int(column.key) if shown.group == "stage" else 0, **after)
    column.take(list(session.execute(more_cards(shown.shape, asking_like(member)), asked)))
    return column


def card_of(session: Session, member: Membership, deal: Deal, shown: Filter) -> Any:
    """One card as the database has it now; None when the filter leaves it out, or the member may not see it."""
    return session.execute(one_card(shown.shape, asking_like(member)), facts(member, shown, deal=deal.id)).one_or_none()
