"""The Maven CRM data set: opportunities, and beside them accounts, products and sales teams when those are there.

Amounts have no currency: the importing organization's is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from crm.errors import Invalid
from crm.transfers.maven_rows import (
    ACCOUNT,
    AGENT,
    CLOSING,
    OPPORTUNITY,
    PRODUCT,
    Account,
    Agent,
    Listed,
    Opportunity,
    Product,
    account_in,
    agent_in,
    key_of,
    opportunity_in,
    product_in,
)
from crm.transfers.reading import BadRows, Problem, Row, name_of, quoted, read

T = TypeVar("T", bound=Listed)


@dataclass
class Book:
    """The main file and what was found beside it. None stands for a file that isn't there."""

    file: str
    opportunities: list[Opportunity] = field(default_factory=list)
    accounts: dict[str, Account] | None = None
    products: dict[str, Product] | None = None
    agents: dict[str, Agent] | None = None
    problems: list[Problem] = field(default_factory=list)

    def product_name(self, opportunity: Opportunity) -> str:
        """As the price list spells it."""
        product = (self.products or {}).get(key_of(opportunity.product))
        return product.name if product else opportunity.product

    def amount(self, opportunity: Opportunity) -> Decimal:
        """The value told; for an open deal without one the product's list price, if it is known; else 0."""
        product = (self.products or {}).get(key_of(opportunity.product))
        listed = product.price if product and opportunity.stage not in CLOSING else Decimal(0)
        return listed if opportunity.value is None else opportunity.value

    def refuse(self, opportunity: Opportunity, reason: str) -> None:
        self.problems.append(Problem(self.file, opportunity.line, reason))

    def raise_problems(self) -> None:
        """Raises BadRows unless every row of every file is fine. The main file's come first."""
        if self.problems:
            order = sorted(self.problems, key=lambda one: (one.file != self.file, one.file, one.line))
            raise BadRows(order)


def read_book(path: Path) -> Book:
    """All files. Raises Invalid when one can't be read at all; its bad rows are in `problems`."""
    book = Book(name_of(path))
    found = read(path, OPPORTUNITY, opportunity_in, book.problems)
    book.opportunities = list(unique(found, book.file, book.problems).values())
    book.accounts = beside(path, "accounts.csv", ACCOUNT, account_in, book)
    book.products = beside(path, "products.csv", PRODUCT, product_in, book)
    book.agents = beside(path, "sales_teams.csv", AGENT, agent_in, book)
    if not (found or book.problems):
        raise Invalid("%(file)s has no rows below its header.", file=book.file)
    refuse_unknown(book)
    return book


def beside(
    path: Path, name: str, columns: tuple[str, ...], understand: Callable[[Row], T], book: Book
) -> dict[str, T] | None:
    """The rows of a file in the same folder, by key; None when there is no such file."""
    file = path.with_name(name)
    if not file.exists():
        return None
    return unique(read(file, columns, understand, book.problems), name, book.problems)


def unique(rows: Iterable[T], file: str, problems: list[Problem]) -> dict[str, T]:
    """The rows by key; a second one with the same key is a problem."""
    found: dict[str, T] = {}
    for row in rows:
        first = found.setdefault(row.key, row)
        if first is not row:
            problems.append(Problem(file, row.line, f"{quoted(row.name)} stands in line {first.line} already"))
    return found


def refuse_unknown(book: Book) -> None:
    """An account or agent that its own list doesn't have, if there is such a list."""
    for one in book.opportunities:
        if book.accounts is not None and one.account and one.account.casefold() not in book.accounts:
            book.refuse(one, f"accounts.csv has no account {quoted(one.account)}")
        elif book.agents is not None and one.agent.casefold() not in book.agents:
            book.refuse(one, f"sales_teams.csv has no sales agent {quoted(one.agent)}")
