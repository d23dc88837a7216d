"""A page that does not come ends the visit; one that fails now and then is loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.books import state as books
from sim.engine.marketplace import Marketplace
from sim.platform import state as st
from sim.scenario import load

SCENARIO = Path(__file__).parents[2] / "scenarios" / "base.yaml"
SHOP = {"crowd.shoppers": 4000, "days": 1, "warmup": "1d", "start": "2026-06-01"}


def replay(magnitude: str) -> tuple[np.ndarray, float]:
    """Hourly series of the day, and the mean share of pages that failed in the fault's hours."""
    event = {"at": "06-01 10:00", "do": "platform.degrade", "target": "action.browse", "for": "6h", "magnitude": magnitude}
    more: dict[str, Any] = {**SHOP, "events": [event]}
    market = Marketplace(load(SCENARIO, more), seed=1)
    market.run()
    rows = np.asarray(market.world.platform.actions[1440 + 610 : 1440 + 950, st.BROWSE], "f8")
    share = float((rows[:, st.A_SHED] + rows[:, st.A_FAILED]).sum() / rows[:, st.A_OFFERED].sum())
    return np.asarray(market.world.books.series), share


@pytest.mark.slow
def test_visits_end_as_often_as_three_loads_in_a_row_fail() -> None:
    bounced = {}
    for magnitude in ("0%", "50%", "100%"):
        series, share = replay(magnitude)
        hours = slice(24 + 11, 24 + 15)
        bounced[magnitude] = series[hours, books.BOUNCES].sum() / series[hours, books.VISITS].sum()
        assert share == pytest.approx(float(magnitude[:-1]) / 100.0, abs=0.01)
    assert bounced["100%"] == 1.0
    visits = replay("0%")[0][24 + 11 : 24 + 15, books.VISITS].sum()
    lost = (bounced["50%"] - bounced["0%"]) / (1.0 - bounced["0%"])
    assert lost == pytest.approx(0.5**3, abs=4.0 * np.sqrt(0.125 * 0.875 / visits))
