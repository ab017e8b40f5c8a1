"""The model of the board in a short form: what eight clients were told is what everybody sees."""

from __future__ import annotations

from bench.model import Model
from tests.crowd import crowd


def test_what_was_acknowledged_is_there_once_in_one_order_and_told(request):
    with crowd(request, "model") as (app, ids):
        model = Model(app, ids["organization"], ids["olga"])
        model.run(160, deals=40, clients=8, checkpoints=2)
    assert model.told.moves.total() == 160 and len(model.told.deals) > 30
