"""The board's page: what it shows for an address, and the pages of its columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import Response, abort, make_response, request, url_for
from flask.typing import ResponseReturnValue

from crm.board.address import pairs_of, query_of, read_filter, written
from crm.board.choices import choices_of
from crm.board.filters import Filter
from crm.board.grouping import key_of_month, months, person
from crm.board.layout import Column, Layout, columns_of, lay_out, next_page
from crm.board.sheet import Sheet
from crm.board.sorting import top
from crm.board.wording import wording
from crm.database import db
from crm.deals.models import Deal
from crm.hypermedia import is_fragment, render
from crm.pipelines.models import Pipeline
from crm.sessions import current

LAST = "pipeline"
YEAR = 365 * 24 * 3600
PLACE = re.compile(r"(-?\d{1,30})~(\d{1,18})", re.ASCII)


def page(boards: Sequence[Pipeline], pipeline: Pipeline) -> Response:
    """The whole board; for htmx what a filter changes, or the columns alone. The browser remembers the pipeline."""
    shown = read_filter(request.args)
    layout = lay_out(db.session(), current.member, pipeline, shown)
    choices = layout.choices or choices_of(db.session(), current.member)
    alone = request.headers.get("HX-Target") == "board"
    fragment = "board/refreshed.html" if alone else "board/_view.html"
    context: dict[str, Any] = {"pipelines": boards, "layout": layout, "choices": choices}
    context |= told(shown, pipeline.id) | {"without": without_filter(layout), "sheet": Sheet.blank(pipeline)}
    context |= wording(shown, choices, current.member.organization.currency)
    response = make_response(render("board/index.html", fragment=fragment, **context))
    if is_fragment() and not alone:  # a form says more than it means
        response.headers["HX-Push-Url"] = url_for("board.show", pipeline_id=pipeline.id) + query_of(shown)
    response.set_cookie(LAST, str(pipeline.id), max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def last_used(boards: Sequence[Pipeline]) -> Pipeline:
    """The pipeline that this browser showed last, else the first one."""
    return next((one for one in boards if str(one.id) == request.cookies.get(LAST)), boards[0])


def told(shown: Filter, pipeline_id: int) -> dict[str, Any]:
    """What every part of a board needs to lead on from there."""

    def next_cards(column: Column) -> str:
        last = column.cards[-1]
        return address_of(column, pipeline_id, shown) + query_of(shown, **further(column, shown, last))

    return {
        "shown": shown,
        "query": query_of(shown),
        "with_filter": query_of,
        "next_cards": next_cards,
        "pairs": pairs_of,
        "plain": written,
    }


def address_of(column: Column, pipeline_id: int, shown: Filter) -> str:
    if shown.group == "stage":
        return url_for("board.cards", stage_id=column.stage.id)
    return url_for("board.group_cards", pipeline_id=pipeline_id)


def further(column: Column, shown: Filter, last: Any) -> dict[str, str]:
    """What an address says of the page of a column after that card."""
    group = {} if shown.group == "stage" else {"column": column.key}
    return group | {"after": f"{int(last.key)}~{last.id}"}


def more(column: Column, pipeline_id: int, shown: Filter) -> ResponseReturnValue:
    """The next page of a column, below the card that the address names; without one the first."""
    after, after_id = place_asked(shown)
    asked = {"after": after, "after_id": after_id, "pipeline": pipeline_id}
    next_page(db.session(), current.member, column, shown, **asked)
    return render("board/more.html", column=column, **told(shown, pipeline_id))


def place_asked(shown: Filter) -> tuple[int, int]:
    """Number and id of the card in the address, 404 for what no card can have."""
    first = top(shown)
    found = PLACE.fullmatch(request.args.get("after", f"{first}~0")) or abort(404)
    after, after_id = int(found[1]), int(found[2])
    return (after, after_id) if first <= after < -first else abort(404)


def without_filter(layout: Layout) -> int | None:
    """How many deals the board has without the filter, when with it there are none."""
    if not layout.shown or layout.sums.count:
        return None
    columns = columns_of(db.session(), current.member, layout.pipeline.stages, Filter())
    return sum(column.head.count for column in columns if column.stage.is_open)


def targets(deal: Deal, shown: Filter) -> dict[str, Any]:
    """The people or months to which the Move menu of such a board leads, and where the deal is now."""
    if shown.group == "owner":
        workers = [one for one in choices_of(db.session(), current.member).people if one.works]
        return {"targets": [person(one) for one in workers], "target": str(deal.owner_id)}
    if shown.group == "month" and not deal.is_closed:
        today = current.member.today()
        return {"targets": months(today)[1:], "target": key_of_month(deal.expected_close_date, today)}
    return {"targets": [], "target": ""}
