"""Reading CSV files: rows under their column names, and all that is wrong with them, line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crm.errors import Invalid

SHOWN = 50
T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """Why one row can't be imported. The header is line 1."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


class BadRows(Invalid):
    """There are rows that can't be imported, so none were."""

    code = "BAD_ROWS"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("Nothing was imported. Bad rows: %(count)s.", count=f"{len(problems):,}")
        self.problems = problems

    def listing(self) -> list[str]:
        """The first fifty, and how many there are besides."""
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        hidden = len(self.problems) - SHOWN
        return [*lines, f"… and {hidden:,} more"] if hidden > 0 else lines


@dataclass(frozen=True)
class Row:
    """The cells of one row by column, without surrounding blanks."""

    line: int
    cells: dict[str, str]

    def text(self, column: str, longest: int, *, optional: bool = False) -> str:
        """One cell. Raises Invalid when it is empty or too long."""
        value = " ".join(self.cells[column].split())
        if not value and not optional:
            raise Invalid("%(column)s is missing", column=column)
        if len(value) > longest:
            raise Invalid("%(column)s has more than %(longest)s characters", column=column, longest=longest)
        return value


def name_of(path: Path) -> str:
    """The file's name as text that can be stored and printed, whatever bytes it has."""
    return path.name.encode("utf-8", "replace").decode()


def quoted(value: str) -> str:
    """What stands in a cell, short enough for a line and without control characters."""
    return repr(value if len(value) <= 40 else value[:40] + "…")


def read(path: Path, columns: tuple[str, ...], understand: Callable[[Row], T], problems: list[Problem]) -> list[T]:
    """Every row that makes sense. The reasons of the others, Invalid as raised by `understand`, go to `problems`."""
    understood: list[T] = []
    for row in rows_of(path, columns, problems):
        try:
            understood.append(understand(row))
        except Invalid as error:
            problems.append(Problem(name_of(path), row.line, reason(error)))
    return understood


def reason(error: Invalid) -> str:
    return error.message % error.values if error.values else error.message


def rows_of(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> Iterator[Row]:
    """The rows below the header, which has to name these columns. Raises Invalid when it doesn't."""
    reader = csv.reader(io.StringIO(text_of(path), newline=""), strict=True)
    header = header_of(reader, path, columns)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
            if cells:
                yield Row(line, fitting(cells, header))
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(Problem(name_of(path), line, f"not CSV: {error}"))
        except Invalid as error:
            problems.append(Problem(name_of(path), line, reason(error)))


def text_of(path: Path) -> str:
    """The whole file. Bytes that are not UTF-8 become lone surrogates, so that their line can be named."""
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise Invalid("%(file)s can't be read: %(why)s.", file=path, why=error.strerror or error) from None
    if not text.strip():
        raise Invalid("%(file)s is empty.", file=path)
    return text


def header_of(reader: Iterator[list[str]], path: Path, columns: tuple[str, ...]) -> list[str]:
    """The column names of the first line."""
    try:
        header = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        raise Invalid("%(file)s, line 1: not CSV: %(error)s.", file=name_of(path), error=error) from None
    if missing := [name for name in columns if header.count(name) != 1]:
        words = "%(file)s, line 1: the header has to name each of these columns once: %(missing)s."
        raise Invalid(words, file=name_of(path), missing=", ".join(missing))
    return header


def fitting(cells: list[str], header: list[str]) -> dict[str, str]:
    """The cells by column. Raises Invalid for too many or too few, and for what is no text."""
    if len(cells) != len(header):
        raise Invalid("%(found)s columns in place of %(wanted)s", found=len(cells), wanted=len(header))
    for name, cell in zip(header, cells, strict=True):
        if any("\ud800" <= letter <= "\udfff" for letter in cell) or "\0" in cell:
            raise Invalid("%(column)s is not UTF-8 text", column=name)
    return dict(zip(header, cells, strict=True))
