"""A risk register finds what is known to be true: likelihood × loss, the tail of a year, the costliest risk first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.core.errors import ScenarioError
from sim.core.rng import Draws, decision
from sim.scenario.documents import problems_of
from sim.study import api
from sim.study.model import BaseModel, Measure
from sim.study.register import draw_years, exceedance

HAZARD = decision("test.hazard")
BASE = decision("test.base")


class Town(BaseModel):
    """profit = 100 + noise − what the events cost; a wall halves floods and costs 1."""

    name = "town"

    def __init__(self, **base: Any) -> None:
        super().__init__({"wall": 0, "fire": 0.0, "events": [{"do": "fair", "size": 5.0, "target": None}], **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        draws = Draws(seed, replication)
        profit = 100.0 + 10.0 * float(draws.normal(BASE)) - resolved["wall"]
        for event in resolved["events"]:
            if event["do"] == "flood":
                profit -= event["size"] * (1.0 + float(draws.uniform(HAZARD))) / (1 + resolved["wall"])
            else:
                profit += event["size"]
        return {"profit": profit - resolved["fire"], "cost": -profit}

    def measures(self) -> dict[str, Measure]:
        return {
            "profit": Measure("profit", "profit", "利润", "CNY", True),
            "cost": Measure("cost", "cost", "成本", "CNY", False),
        }


RISKS = {
    "fire": {"per_year": 0.5, "source": "assumption", "changes": {"fire": 4.0}},
    "flood": {"per_year": 0.2, "range": [0.1, 0.4], "source": "S01", "inject": [{"do": "flood", "size": 40.0}]},
}
WALL = {"as it is": {}, "wall": {"wall": 1}}


def register(**options: Any) -> Any:
    return api.register(Town(), RISKS, **{"policies": WALL, "replications": 40, "years": 4_000, "store": None, **options})


@pytest.fixture(scope="module")
def outcome() -> Any:
    return register()


def test_the_loss_of_a_risk_is_the_difference_on_the_same_seeds(outcome: Any) -> None:
    rows = outcome.table.set_index(["policy", "risk"])
    fire = rows.loc[("as it is", "fire")]
    assert fire["loss"] == pytest.approx(4.0) and fire["loss_low"] == pytest.approx(fire["loss_high"]), "no noise is left"
    assert fire["expected_a_year"] == pytest.approx(2.0)
    draws = [float(Draws(1, r).uniform(HAZARD)) for r in range(40)]
    flood = rows.loc[("as it is", "flood")]
    assert flood["loss"] == pytest.approx(40.0 * (1.0 + np.mean(draws)))
    assert rows.loc[("wall", "flood")]["loss"] == pytest.approx(flood["loss"] / 2)
    assert flood["expected_low"] == pytest.approx(flood["loss"] * 0.1)
    worst = np.sort(draws)[::-1][:2].mean()
    assert flood["loss_cvar"] == pytest.approx(40.0 * (1.0 + worst)), "the worst 5% of 40 are two"


def test_the_dearest_risk_comes_first_and_the_answer_names_it_and_the_better_policy(outcome: Any) -> None:
    assert list(outcome.table["risk"][:2]) == ["flood", "fire"] and list(outcome.table["rank"][:2]) == [1, 2]
    assert "costliest risk is flood" in outcome.answer.en and "wall lowers" in outcome.answer.en
    assert "once in 5 years" in outcome.answer.en and "每 5 年一次" in outcome.answer.zh


def test_the_scenario_s_own_events_stay_and_a_cost_counts_like_a_lost_profit(outcome: Any) -> None:
    assert outcome.extra["calm"][0].mean() == pytest.approx(105.0, abs=5.0), "the fair takes place"
    cost = register(kpi="cost", policies={"as it is": {}}).table.set_index("risk")
    assert cost.loc["flood"]["loss"] == pytest.approx(outcome.table.set_index("risk")["loss"]["flood"].iloc[0])


def test_a_year_is_a_compound_poisson_sum() -> None:
    losses = np.array([[[10.0, 20.0, 60.0], [1.0, 1.0, 1.0]]])
    years = draw_years(losses, [0.5, 3.0], 40_000, seed=1)
    first, second = years[0]
    assert first.mean() == pytest.approx(0.5 * 30.0, rel=0.04)
    assert first.var() == pytest.approx(0.5 * (100 + 400 + 3600) / 3, rel=0.06), "rate × mean square"
    assert second.mean() == pytest.approx(3.0, rel=0.02) and second.var() == pytest.approx(3.0, rel=0.04)
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert (first == 0).mean() == pytest.approx(math.exp(-0.5), abs=0.01), "most years nothing happens"


def test_policies_meet_the_same_years() -> None:
    one = np.array([[[10.0, 20.0, 60.0]]])
    both = draw_years(np.concatenate([one, one / 2]), [2.0], 500, seed=1)
    assert np.allclose(both[1], both[0] / 2)
    alone = draw_years(one, [2.0], 500, seed=1)
    assert (alone[0] == both[0]).all()


def test_undefined_losses_are_left_out_of_the_years() -> None:
    some = draw_years(np.array([[[10.0, math.nan]]]), [1.0], 200, seed=1)
    assert set(np.unique(some)) <= {0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0}
    assert np.isnan(draw_years(np.array([[[math.nan]]]), [1.0], 5, seed=1)).all()


def test_the_exceedance_curve_falls_from_nearly_one_to_nought() -> None:
    x, chance = exceedance(np.array([5.0, 1.0, 3.0, math.nan]))
    assert x.tolist() == [1.0, 3.0, 5.0] and chance == pytest.approx([2 / 3, 1 / 3, 0.0])


def test_the_register_is_the_same_every_time_and_its_page_shows_all_figures_in_both_languages(
    outcome: Any, tmp_path: Any
) -> None:
    again = register()
    assert again.table.equals(outcome.table) and len(outcome.pictures) == 3
    for lang in ("en", "zh"):
        outcome.save(tmp_path / lang, lang=lang)
        page = (tmp_path / lang / "study.html").read_text(encoding="utf-8")
        assert page.count("<svg") == 3 and "<script" not in page and ">nan<" not in page


@pytest.mark.parametrize(
    ("risk", "said"),
    [
        ({"per_year": 0.1, "source": "S01"}, "inject"),
        ({"per_year": 0.0, "source": "S01", "changes": {"fire": 1.0}}, "per_year"),
        ({"per_year": 0.1, "changes": {"fire": 1.0}}, "source"),
        ({"per_year": 0.1, "range": [0.2, 0.3], "source": "S01", "changes": {"fire": 1.0}}, "range"),
    ],
)
def test_a_risk_without_likelihood_source_or_event_is_refused(risk: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        api.register(Town(), {"fire": risk}, store=None)


RISKY = """
study: register
name: wrong risks
scenario: small.yaml
policies: {as it is: {}, backup: {supply.sourcing.policy: backup}}
risks:
  sound: {per_year: 0.2, source: assumption, inject: [{at: 06-10 06:00, do: platform.crash, target: order, for: 10min}]}
  wrong:
    per_year: 0.2
    source: assumption
    WRONG
"""
CRASH = "{at: 06-10 06:00, do: platform.crash, target: order}"


@pytest.mark.parametrize(
    ("written", "line", "path", "accepted"),
    [
        ("inject: [{at: 06-10 06:00, do: platform.crush, target: order}]", 10, "inject.0.do", "platform.crash"),
        (f"inject: [{CRASH}, {{at: 06-10 06:00, do: platform.crash, target: ordr}}]", 10, "inject.1.target", "order"),
        ("inject: [{at: 08-10 06:00, do: platform.crash, target: order}]", 10, "inject.0.at", "a moment of the run"),
        ("inject: [{at: 06-10 06:00, do: supply.fail, target: supplier-3, four: 14d}]", 10, "inject.0.four", "for"),
        ("changes: {supply.sourcing.policy: backpu}", 10, "changes.supply.sourcing.policy", "backup"),
        (f"inject: [{CRASH}]\n    set: {{crowd.shopers: 10}}", 11, "set.crowd.shopers", "shoppers"),
    ],
)
def test_what_a_risk_injects_is_checked_where_it_is_written(
    tmp_path: Any, written: str, line: int, path: str, accepted: str
) -> None:
    (tmp_path / "small.yaml").write_text("name: small\nstart: 2026-06-09\ndays: 3\ncrowd: {shoppers: 300}\n")
    file = tmp_path / "register.yaml"
    file.write_text(RISKY.lstrip().replace("WRONG", written))
    found = problems_of(file)
    assert [(item.line, item.path) for item in found] == [(line, f"risks.wrong.{path}")]
    assert accepted in found[0].message


def test_a_register_whose_risks_are_sound_has_no_problem(tmp_path: Any) -> None:
    (tmp_path / "small.yaml").write_text("name: small\nstart: 2026-06-09\ndays: 3\ncrowd: {shoppers: 300}\n")
    file = tmp_path / "register.yaml"
    file.write_text(RISKY.lstrip().replace("WRONG", f"inject: [{CRASH}]"))
    assert problems_of(file) == []
