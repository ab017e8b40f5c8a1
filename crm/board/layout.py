"""The board as the page shows it: columns with heads and cards, folded won and lost, and the sums over all."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from crm.board.filters import Filter
from crm.board.queries import PAGE, cards_of, facts, heads_of, more_cards, one_card
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
    rotting: int = 0

    @classmethod
    def of(cls, row: Any) -> Head:
        return cls(row.count, row.total, row.weighted, row.unconverted, row.idle, int(row.rotting or 0))


@dataclass
class Column:
    """A stage with its head and the cards shown so far."""

    stage: Stage
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
    def is_over(self) -> bool:
        return bool(self.stage.wip_limit and self.head.count > self.stage.wip_limit)


@dataclass
class Layout:
    """One pipeline's board for one member and one filter."""

    pipeline: Pipeline
    columns: list[Column]
    shown: Filter

    @property
    def open(self) -> list[Column]:
        return [column for column in self.columns if column.stage.is_open]

    @property
    def closed(self) -> list[Column]:
        return [column for column in self.columns if not column.stage.is_open]

    @property
    def sums(self) -> Head:
        """Over all open columns."""
        heads = [column.head for column in self.open]
        return Head(
            sum(head.count for head in heads),
            sum((head.total for head in heads), ZERO),
            sum((head.weighted for head in heads), ZERO),
            sum(head.unconverted for head in heads),
            sum(head.idle for head in heads),
            sum(head.rotting for head in heads),
        )


def columns_of(session: Session, member: Membership, stages: list[Stage], shown: Filter) -> list[Column]:
    """The columns with their heads, and each one's share of their common total in percent."""
    asked = facts(member, shown, **by_kind(stages))
    heads = {row.stage_id: Head.of(row) for row in session.execute(heads_of(shown.shape, asking_like(member)), asked)}
    columns = [Column(stage, heads.get(stage.id, Head())) for stage in stages]
    total = sum((column.head.total for column in columns if column.stage.is_open), ZERO)
    for column in columns:
        column.share = float(100 * column.head.total / total) if total else 0.0
    return columns


def by_kind(stages: list[Stage]) -> dict[str, list[int]]:
    """The stages' ids: open ones show all their deals, closed ones this month's."""
    return {
        "open_stages": [stage.id for stage in stages if stage.is_open],
        "closed_stages": [stage.id for stage in stages if not stage.is_open],
    }


def lay_out(session: Session, member: Membership, pipeline: Pipeline, shown: Filter) -> Layout:
    """Two statements, whatever the number of deals."""
    layout = Layout(pipeline, columns_of(session, member, pipeline.stages, shown), shown)
    cards: dict[int, list[Any]] = {}
    asked = facts(member, shown, pipeline=pipeline.id)
    for row in session.execute(cards_of(shown.shape, asking_like(member)), asked):
        cards.setdefault(row.stage_id, []).append(row)
    for column in layout.open:
        column.take(cards.get(column.stage.id, []))
    return layout


def next_page(session: Session, member: Membership, stage: Stage, shown: Filter, after: int) -> Column:
    """The cards of a column below that rank."""
    column = Column(stage, Head())
    asked = facts(member, shown, stage=stage.id, after=after)
    column.take(list(session.execute(more_cards(shown.shape, asking_like(member)), asked)))
    return column


def card_of(session: Session, member: Membership, deal: Deal) -> Any:
    """One card as the database has it now."""
    return session.execute(one_card(asking_like(member)), facts(member, deal=deal.id)).one()
