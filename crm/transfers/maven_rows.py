"""The rows of the Maven CRM data set's files, and what each has to look like. Dates are written month/day/year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crm.errors import Invalid
from crm.transfers.reading import Row, quoted

OPPORTUNITY = (
    "opportunity_id",
    "sales_agent",
    "product",
    "account",
    "deal_stage",
    "engage_date",
    "close_date",
    "close_value",
)
ACCOUNT = ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of")
PRODUCT = ("product", "sales_price")
AGENT = ("sales_agent", "manager", "regional_office")
STAGES = ("prospecting", "engaging", "won", "lost")
CLOSING = ("won", "lost")
SPELLING = {"technolgy": "technology"}
DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
MONEY = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Listed:
    """One row of a file."""

    line: int
    name: str

    @property
    def key(self) -> str:
        """Two rows with the same key mean the same."""
        return self.name.casefold()


@dataclass(frozen=True)
class Opportunity(Listed):
    """A deal as the file has it: `name` is the opportunity id, `stage` one of STAGES, `value` None when not told."""

    agent: str
    product: str
    account: str
    stage: str
    engaged_on: date | None
    closed_on: date | None
    value: Decimal | None

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True)
class Account(Listed):
    """A company: where it is, what it does, and the rest as a sentence or two."""

    industry: str
    city: str
    note: str


@dataclass(frozen=True)
class Product(Listed):
    """`price` is the list price."""

    price: Decimal

    @property
    def key(self) -> str:
        return key_of(self.name)


@dataclass(frozen=True)
class Agent(Listed):
    """Who sells, for which manager, in which office."""

    manager: str
    office: str


def opportunity_in(row: Row) -> Opportunity:
    """Raises Invalid for the first thing wrong with it."""
    stage = row.text("deal_stage", 40).lower()
    if stage not in STAGES:
        raise Invalid("unknown deal_stage %(stage)s", stage=quoted(row.cells["deal_stage"]))
    one = Opportunity(
        line=row.line,
        name=row.text("opportunity_id", 70),
        agent=row.text("sales_agent", 100),
        product=row.text("product", 60),
        account=row.text("account", 130, optional=True),
        stage=stage,
        engaged_on=day_in(row, "engage_date", optional=stage == "prospecting"),
        closed_on=day_in(row, "close_date", optional=stage not in CLOSING),
        value=money_in(row, "close_value"),
    )
    if one.engaged_on and one.closed_on and one.closed_on < one.engaged_on:
        raise Invalid("close_date lies before engage_date")
    if stage == "won" and not one.value:
        raise Invalid("a won deal needs a close_value above zero")
    return one


def account_in(row: Row) -> Account:
    """Industry and city have columns of their own; what else is told goes into the note."""
    sector = row.text("sector", 80, optional=True)
    facts = (
        ("Established in {}.", "year_established"),
        ("Revenue: {} million.", "revenue"),
        ("Employees: {}.", "employees"),
        ("Subsidiary of {}.", "subsidiary_of"),
    )
    told = [(sentence, row.text(column, 200, optional=True)) for sentence, column in facts]
    return Account(
        line=row.line,
        name=row.text("account", 130),
        industry=SPELLING.get(sector, sector),
        city=row.text("office_location", 120, optional=True),
        note=" ".join(sentence.format(value) for sentence, value in told if value),
    )


def product_in(row: Row) -> Product:
    price = money_in(row, "sales_price")
    if price is None:
        raise Invalid("sales_price is missing")
    return Product(row.line, row.text("product", 60), price)


def agent_in(row: Row) -> Agent:
    return Agent(row.line, row.text("sales_agent", 100), row.text("manager", 80), row.text("regional_office", 36))


def key_of(name: str) -> str:
    """Products are the same when they differ in case and blanks alone: GTXPro is GTX Pro."""
    return "".join(name.split()).casefold()


def day_in(row: Row, column: str, *, optional: bool) -> date | None:
    """Raises Invalid unless it is a day such as 10/20/2016."""
    text = row.text(column, 40, optional=optional)
    if not text:
        return None
    found = DAY.fullmatch(text)
    try:
        month, day, year = map(int, found.groups()) if found else (0, 0, 0)
        if not 1900 <= year <= 2100:
            raise ValueError
        return date(year, month, day)
    except ValueError:
        raise Invalid("%(column)s %(text)s is no day like 10/20/2016", column=column, text=quoted(text)) from None


def money_in(row: Row, column: str) -> Decimal | None:
    """Raises Invalid unless it is zero or more, with at most two decimals."""
    text = row.text(column, 40, optional=True)
    if not text:
        return None
    if not MONEY.fullmatch(text) or (amount := Decimal(text)) != round(amount, 2):
        raise Invalid("%(column)s %(text)s is no amount like 1054 or 1054.50", column=column, text=quoted(text))
    if amount < 0:
        raise Invalid("%(column)s %(text)s is negative", column=column, text=quoted(text))
    return amount
