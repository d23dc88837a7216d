"""Gross and incremental: what a promotion took from others, from other days, and what it added."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.core.errors import ScenarioError
from sim.scenario import load_document
from sim.study.ab_test import two_means
from sim.study.config import AbStudy
from sim.study.incremental import decompose, increment

ROOT = Path(__file__).parents[2]
units = st.lists(st.floats(0, 1e6), min_size=4, max_size=4)


@given(units, units)
def test_the_three_parts_of_a_bump_make_the_whole_of_it(shown: list[float], withheld: list[float]) -> None:
    parts = decompose(np.array(shown), np.array(withheld))
    if abs(parts["bump"]) > 1e-3:
        whole = parts["other_articles"] + parts["other_days"] + parts["category"]
        assert whole == pytest.approx(1.0, abs=1e-6 * (1.0 + 4e6 / abs(parts["bump"])))


@pytest.mark.parametrize(
    ("shown", "withheld", "expected", "why"),
    [
        ([200, 100, 300, 400], [100, 100, 300, 400], (100, 0.0, 0.0, 1.0), "nothing else moves: the category grew"),
        ([200, 0, 300, 400], [100, 100, 300, 400], (100, 0.0, 1.0, 0.0), "all of it bought earlier or later otherwise"),
        ([200, 100, 200, 400], [100, 100, 300, 400], (100, 1.0, 0.0, 0.0), "all of it taken from other articles"),
        ([190, 70, 270, 400], [100, 100, 300, 400], (90, 1 / 3, 1 / 3, 1 / 3), "thirds"),
        ([200, 100, 350, 400], [100, 100, 300, 400], (100, -0.5, 0.0, 1.5), "others gain too: a share may be negative"),
    ],
)
def test_decomposition_by_example(shown, withheld, expected, why) -> None:  # type: ignore[no-untyped-def]
    parts = decompose(np.array(shown), np.array(withheld))
    found = (parts["bump"], parts["other_articles"], parts["other_days"], parts["category"])
    assert found == pytest.approx(expected), why


def test_a_promotion_shown_against_its_twin_withheld() -> None:
    found = increment(
        str(ROOT / "scenarios" / "base.yaml"),
        {"crowd.shoppers": 1500, "shelf.catalogue.skus": 100, "days": 8, "warmup": "2d",
         "shelf.promotions": [{"kind": "discount", "off": "30%", "skus": "random 20%", "from": "06-02", "to": "06-05"}]},
        replications=3,
    )  # fmt: skip
    assert found.bump.value > 0
    assert found.gross.value > found.net.value > 0
    assert found.gmv.value < found.gross.value
    parts = found.other_articles.value + found.other_days.value + found.category.value
    assert parts == pytest.approx(1.0, abs=1e-9)
    assert list(found.table["what"])[:3] == ["gross", "net", "gmv"]


def test_welchs_test_is_that_of_the_textbook() -> None:
    draws = np.random.default_rng(1)
    a, b = draws.exponential(10.0, 4_000), draws.exponential(10.6, 3_000)
    one = np.array
    found = two_means(
        one([a.sum()]), one([len(a)]), one([a.std(ddof=1)]), one([b.sum()]), one([len(b)]), one([b.std(ddof=1)])
    )
    book = stats.ttest_ind(b, a, equal_var=False)
    assert found.effect[0] == pytest.approx(b.mean() - a.mean())
    assert found.p_value[0] == pytest.approx(book.pvalue, rel=0.01)
    interval = book.confidence_interval()
    assert (found.low[0], found.high[0]) == pytest.approx((interval.low, interval.high), rel=0.01)


def test_a_test_in_the_shop_needs_its_arms_or_its_truth() -> None:
    file = ROOT / "experiments" / "ab_time_limited_vs_full_reduction.yaml"
    study = load_document(file, AbStudy).config
    assert study.arms == ("discount", "full_reduction")
    with pytest.raises(ScenarioError, match="arms"):
        load_document(file, AbStudy, {"arms": None})


def test_a_study_measures_an_effect_in_the_shop_that_is_there() -> None:
    """A third off for one arm: the test finds it, and has the sign of the truth."""
    from sim.study.ab_test import ab, summary
    from sim.study.model import ScenarioModel
    from sim.study.runner import Runner

    changes = {
        "crowd.shoppers": 3000, "crowd.represents": 30_000, "shelf.catalogue.skus": 100, "days": 6, "warmup": "2d",
        "shelf.ab": {"arms": {"a": {}, "b": {}}},
        "shelf.promotions": [{"kind": "discount", "off": "35%", "skus": "all", "from": "06-01", "to": "06-06", "arm": "b"}],
    }  # fmt: skip
    model = ScenarioModel(str(ROOT / "scenarios" / "base.yaml"), changes)
    study = AbStudy(
        scenario="base.yaml", arms=("a", "b"), outcome="buyers", per="visitors", replications=2,
        no_effect={"shelf.ab.blank": True},
    )  # fmt: skip
    found = summary(ab(Runner(model, None), study))
    assert found["measured"].value > 0.02
    assert found["true"].value > 0.02
    assert found["power"].value == 1.0
