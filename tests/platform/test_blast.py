"""The blast radius of a faulty release: people and CNY, only through the release, and never more than what failed."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.books import state as books
from sim.books.measures.platform import release_people, release_requests, release_value
from sim.engine.marketplace import Marketplace
from sim.platform import state as st
from sim.platform.blast import Blast
from sim.platform.config import Release
from sim.scenario import load

FILE = Path(__file__).parents[2] / "scenarios" / "618.yaml"
SHOP = {"crowd.shoppers": 2000, "start": "2026-06-18", "days": 1, "warmup": "1d", "platform.releases.detect": "1h"}


def run(**release: Any) -> Any:
    event = {"at": "06-18 19:00", "do": "platform.bad_release", "target": "order", "magnitude": "80%", **release}
    market = Marketplace(load(FILE, overrides={**SHOP, "events": [event]}), seed=1)
    market.run()
    market.finish()
    return market


@pytest.fixture(scope="module")
def big_bang() -> Any:
    return run()


def failed(market: Any, column: int) -> float:
    return float(market.world.books.series[:, column].sum() * market.weight)


def test_who_gave_up_is_whom_the_books_saw_give_up(big_bang: Any) -> None:
    """Nothing else failed that day: the release's part of the failures is all of them but one in a thousand."""
    blast = big_bang.notices["operations"].rollouts[0].blast
    assert failed(big_bang, books.LOST_FAILURES) > 0
    assert blast.given_up == pytest.approx(failed(big_bang, books.LOST_FAILURES), rel=0.02)


def test_people_are_counted_once_and_are_no_more_than_the_failures(big_bang: Any) -> None:
    people = release_people(big_bang)
    blast = big_bang.notices["operations"].rollouts[0].blast
    assert len(blast.hit) * big_bang.weight == pytest.approx(people, rel=0.02)
    assert 0.0 < people < failed(big_bang, books.ORDER_FAILURES), "who tries again and fails is the same person"


def test_the_amount_is_the_orders_given_up_at_their_mean_value(big_bang: Any) -> None:
    totals = big_bang.world.books.series.sum(axis=0)
    mean = float(totals[books.GMV] / totals[books.ORDERS]) / 100.0
    given_up = big_bang.notices["operations"].rollouts[0].blast.given_up
    assert release_value(big_bang) == pytest.approx(given_up * mean)
    told = {row[2]: row[4] for row in big_bang.journal.rows if row[1] == "platform"}
    assert told["release_people"] == pytest.approx(release_people(big_bang))
    assert told["release_orders_given_up"] == pytest.approx(given_up)


def test_a_canary_hits_fewer_people_than_a_big_bang(big_bang: Any) -> None:
    canary = run(strategy="canary")
    assert release_people(canary) < 0.5 * release_people(big_bang)
    assert 0.0 < release_requests(canary) < 0.1 * release_requests(big_bang)


def test_a_release_no_order_passes_fails_requests_but_nobodys_order() -> None:
    search = run(target="search")
    assert release_requests(search) > 0.0 and release_people(search) == release_value(search) == 0.0


def test_without_a_faulty_release_there_is_no_blast_radius() -> None:
    market = run(magnitude="0%")
    assert math.isnan(release_people(market)) and math.isnan(release_value(market))


def radius(failing: float, errors: float, slower: float, before: float) -> Blast:
    platform = SimpleNamespace(
        into=np.array([0, 1]), essential=np.ones((1, st.ACTIONS)), failure=np.full((st.ACTIONS, 60), before)
    )
    market = SimpleNamespace(world=SimpleNamespace(platform=platform), weight=1.0)
    release = Release.model_construct(at="", service="order", errors=errors, slower=slower)
    blast = Blast(market, 0, release)
    platform.failure[:] = 1.0 - math.sqrt(1.0 - failing)
    return blast


@pytest.mark.parametrize(
    ("failing", "errors", "slower", "share", "part", "why"),
    [
        (0.51, 0.3, 0.0, 1.0, 1.0, "two passes at 30%: all that fails"),
        (0.8, 0.3, 0.0, 1.0, 0.51 / 0.8, "something else fails too: of ten failures six are the release's"),
        (0.51, 0.3, 0.0, 0.1, (1.0 - 0.97**2) / 0.51, "a tenth of the traffic"),
        (0.51, 0.3, 0.0, 0.0, 0.0, "nobody is on the new version"),
        (0.0, 0.3, 0.0, 1.0, 0.0, "nothing fails"),
        (0.5, 0.0, 9.0, 1.0, 1.0, "what slowness makes fail is what failed not before"),
        (0.5, 0.0, 0.0, 1.0, 0.0, "no error and no slowness: others are to blame"),
    ],
)
def test_the_part_of_a_release_in_what_fails(
    failing: float, errors: float, slower: float, share: float, part: float, why: str
) -> None:
    assert radius(failing, errors, slower, before=0.0).part(share) == pytest.approx(part), why
