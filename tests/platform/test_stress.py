"""The machine room alone, as a user runs it: stages, a real trace, the breaking point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.engine.marketplace import Marketplace
from sim.platform import state as st
from sim.scenario import load

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def replay(name: str, **more: object) -> Marketplace:
    market = Marketplace(load(SCENARIOS / name, {key.replace("__", "."): value for key, value in more.items()}), seed=1)
    market.run()
    market.finish()
    return market


def offered(market: Marketplace) -> np.ndarray:
    """User actions asked in each minute."""
    return np.asarray(market.world.platform.actions[:, :, st.A_OFFERED], "f8").sum(axis=1)


@pytest.mark.slow
def test_stages_rise_linearly_and_hold() -> None:
    market = replay("stress_test.yaml")
    rate = offered(market) / 60.0
    assert rate[15] == pytest.approx(1000.0, rel=1e-5), "held for twenty minutes"
    assert rate[45] == pytest.approx(2033.3, rel=1e-3), "halfway up to 3000/s"
    assert rate[200] == pytest.approx(12000.0, rel=1e-5)
    assert rate[1000] == pytest.approx(1000.0, rel=1e-5), "the last target holds"
    platform = market.world.platform
    bad = np.asarray(platform.actions[:, :, [st.A_SHED, st.A_FAILED]], "f8").sum(axis=(1, 2)) / offered(market).clip(1.0)
    assert bad[:90].max() < 0.001, "it carries what it is sized for"
    assert bad[205:].max() > 0.2, "and not four times as much"
    assert bad[260:].max() < 0.001, "back at a load it carries, it answers again"


@pytest.mark.slow
def test_a_real_flash_crowd_is_served_request_by_request() -> None:
    market = replay("stress_test_world_cup.yaml", platform__load__arrivals="smooth")
    counts = pd.read_csv(SCENARIOS / "traces" / "worldcup98_1998-06-30.csv")["count"].to_numpy("f8")
    np.testing.assert_allclose(offered(market), counts, rtol=1e-5)
    assert market.world.books.series.sum() == 0.0, "nobody shops"


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "holds"), [("3000/s", True), ("40000/s", False)])
def test_below_the_breaking_point_it_answers_and_above_it_does_not(rate: str, holds: bool) -> None:
    market = replay("stress_test.yaml", platform__load={"rate": rate})
    total = market.world.platform.totals.sum(axis=(0, 1))
    assert bool(total[3] / total[0] > 0.995) is holds
