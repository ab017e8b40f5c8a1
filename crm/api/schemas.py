"""The types of what programs send and get: strict on the way in, one spelling on the way out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError, PydanticUndefined

from crm.rounding import rounded

HIGHEST_ID = 2**63 - 1
MOST = 100
T = TypeVar("T")


def whole(value: Any) -> Any:
    """239.0 is a whole number in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def cents(value: Decimal) -> Decimal:
    """An amount with two decimals. What is too large to be rounded is left to its bound."""
    if not value:
        return Decimal("0.00")
    if value.adjusted() > 20:
        return value
    if value != round(value, 2):
        raise PydanticCustomError("money", "Use at most two decimals.")
    return round(value, 2)


def plain(value: str) -> str:
    """Text that the database can keep."""
    if "\x00" in value:
        raise PydanticCustomError("text", "This contains a character that no text has.")
    return value


def one_line(value: str) -> str:
    """Without what no name contains: line breaks, and blanks at its ends or in rows."""
    return " ".join(value.split())


def number_of(value: Any) -> Any:
    """Money is sent as a JSON number or as text."""
    try:
        if isinstance(value, bool) or (isinstance(value, str) and ("_" in value or not value.isascii())):
            raise InvalidOperation
        return Decimal(str(value))
    except InvalidOperation:
        raise PydanticCustomError("money", "Use a number such as 10.50.") from None


def in_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_only(value: Any) -> Any:
    """A date is a date: what carries a time is none."""
    try:
        if not (isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value)):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day", "Write a date such as 2026-12-31.") from None


Whole = Annotated[int, BeforeValidator(whole)]
Id = Annotated[int, BeforeValidator(whole), Field(ge=1, le=HIGHEST_ID, examples=[17])]
Text = Annotated[str, AfterValidator(plain)]
Line = Annotated[Text, AfterValidator(one_line)]
Filter = Annotated[int, Field(ge=1, le=HIGHEST_ID)]
"""An id that a list is narrowed by: of what is not there, the list is empty."""
Money = Annotated[
    Decimal,
    BeforeValidator(number_of),
    AfterValidator(cents),
    Field(
        ge=0,
        le=Decimal("999999999999.99"),
        examples=[1250.50],
        json_schema_extra={"anyOf": [{"type": "number"}, {"type": "string"}]},
    ),
]
Day = Annotated[date, BeforeValidator(day_only), Field(examples=["2026-12-31"])]
DayShown = Annotated[
    date, PlainSerializer(lambda value: value.isoformat(), return_type=str), Field(examples=["2026-12-31"])
]
Moment = Annotated[
    AwareDatetime, PlainSerializer(in_utc, return_type=str), Field(examples=["2026-05-04T09:30:00.000Z"])
]
Sum = Annotated[
    Decimal,
    PlainSerializer(rounded, return_type=Decimal),
    WithJsonSchema({"type": "number", "examples": [1250.50]}),
]
"""Money on the way out: a number with two decimals."""


def optional(**about: Any) -> Any:
    """A field that may be left out, but is never null."""
    return Field(default_factory=lambda: None, **about)


class Body(BaseModel):
    """What a program sends: nothing that we don't know.

    `class DealChange(DealFields, partial=True)` has the same fields, of which each may be left out; only those that
    could be null before may be null.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    def __init_subclass__(cls, *, partial: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, *, partial: bool = False, **kwargs: Any) -> None:
        """What is left out of a partial one has no default, in the document neither: it stays what it is."""
        if partial:
            for field in cls.model_fields.values():
                field.default, field.default_factory = PydanticUndefined, lambda: None
            cls.model_rebuild(force=True)

    def given(self, *but: str) -> dict[str, Any]:
        """Only what was sent; the version is no field of the record."""
        return self.model_dump(exclude_unset=True, exclude={"version", *but})

    def full(self, *but: str) -> dict[str, Any]:
        """Everything: what was not sent has its default, as a PUT means it."""
        return self.model_dump(exclude={"version", *but})


class Versioned(Body):
    """A change that may say which version it is about."""

    version: Whole | None = Field(None, ge=1, le=2**31 - 1, description="Fails with 409 if the record is another one.")


class Query(BaseModel):
    """The parameters of an address."""

    model_config = ConfigDict(extra="forbid")


class Paged(Query):
    """Where in a list: by page, or from a cursor on."""

    page: int = Field(1, ge=1, le=10_000_000, examples=[1])
    page_size: int = Field(20, ge=1, le=MOST, examples=[20])
    cursor: Text | None = Field(
        None, max_length=400, description="`next_cursor` of the page before; goes before `page`."
    )


class Shown(BaseModel):
    """What a program gets, read from the record's own attributes."""

    model_config = ConfigDict(from_attributes=True)


class Page(Shown, Generic[T]):
    """A part of a list. `next_cursor` is null at the end."""

    items: list[T]
    total: int = Field(examples=[1])
    page: int = Field(examples=[1])
    page_size: int = Field(examples=[20])
    next_cursor: str | None = Field(examples=[None])


class Problem(Shown):
    """Every error."""

    detail: str = Field(description="A sentence for people.", examples=["This is not here, or not yours to see."])
    code: str = Field(description="A word for programs.", examples=["NOT_FOUND"])
    errors: dict[str, list[str]] | None = Field(None, description="Sentences by field.", examples=[{"title": ["…"]}])


class StaleProblem(Problem):
    """A change of a version that is no longer the record's."""

    current: dict[str, Any] | None = Field(None, description="The record as it is now.", examples=[{"version": 3}])
    changed: list[str] | None = Field(None, description="The sent fields that differ.", examples=[["amount"]])
