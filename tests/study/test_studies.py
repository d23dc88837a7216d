"""Each kind of study finds what is known to be true."""

from __future__ import annotations

import importlib.resources
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from study_models import BaseStock, Gaussian, Ishigami, Newsvendor, Queue, Shop, sequential_study

from sim.core.errors import ScenarioError
from sim.study import ab_test, api, discovery, paired
from sim.study.store import Store

ROOT = Path(__file__).parents[2]


def compare(model, policies, **options):
    options.setdefault("store", None)
    return api.compare(model, policies, **options)


class TestCompare:
    TRUE = Newsvendor.expected_cost(56.603956) - Newsvendor.expected_cost(50.0)

    def test_the_newsvendor_closed_form_is_that_of_the_textbook(self):
        assert Newsvendor.expected_cost(56.603956) == pytest.approx(1.997605, abs=1e-5)

    @pytest.mark.slow
    def test_intervals_of_whole_comparisons_cover_the_known_difference_in_93_to_97_percent(self):
        """1,000 sequential studies of two order quantities, each on a seed of its own, demand normal."""
        model, hits, used = Newsvendor(), [], []
        for seed in range(1, 1001):
            found = compare(
                model,
                {"mean demand": {}, "optimal": {"order": 56.603956}},
                kpis=["cost"],
                replications={"min": 30, "max": 400, "until": {"kpi": "cost", "half_width": 0.55}},
                seed=seed,
            ).extra["comparison"]
            estimate = found.differences["", 1, "cost"].mean
            hits.append(estimate.covers(self.TRUE))
            used.append(estimate.n)
        assert min(used) >= 30 and len(set(used)) > 20, "the number of replications is decided by each study"
        assert 0.93 <= np.mean(hits) <= 0.97

    def test_pairing_is_reported_for_what_it_is_worth(self):
        table = compare(
            Gaussian(shared=3.0, own=1.0), {"a": {"policy": 1}, "b": {"policy": 2}}, kpis=["profit"], replications=400
        ).table
        factor = table["variance_reduction"].iloc[1]
        assert factor == pytest.approx(10.0, rel=0.3), "(9 + 1 + 9 + 1) / (1 + 1)"
        assert table["correlation"].iloc[1] == pytest.approx(0.9, abs=0.03)

    def test_the_table_has_a_row_for_each_scenario_policy_and_measure(self):
        outcome = compare(
            Gaussian(mean=10.0),
            {"a": {}, "b": {"mean": 11.0}, "c": {"mean": 12.0}},
            scenarios={"calm": {}, "storm": {"shared": 4.0}},
            kpis=["profit", {"kpi": "cost", "better": "lower"}, "cvar95_loss"],
            replications=8,
            baseline="b",
        )
        assert len(outcome.table) == 2 * 3 * 3
        assert set(outcome.table[outcome.table["policy"] == "b"]["difference"].isna()) == {True}
        row = outcome.table[(outcome.table["policy"] == "c") & (outcome.table["kpi"] == "profit")].iloc[0]
        assert (row["baseline"], row["replications"]) == ("b", 8)

    def test_holm_counts_every_question_asked(self):
        outcome = compare(
            Gaussian(),
            {"a": {"policy": 1}, "b": {"policy": 2, "mean": 1.5}, "c": {"policy": 3}},
            kpis=["profit"],
            replications=20,
        )
        rows = outcome.table.dropna(subset=["p_value"])
        smallest = rows["p_value"].idxmin()
        assert rows["p_value"][smallest] < 0.4
        assert rows["p_holm"][smallest] == pytest.approx(2 * rows["p_value"][smallest])

    def test_precision_asked_is_precision_got(self):
        outcome = compare(
            Gaussian(mean=100.0),
            {"a": {"policy": 1}, "b": {"policy": 2}},
            kpis=["profit"],
            replications={"min": 10, "max": 500, "until": {"kpi": "profit", "half_width": "0.5%"}},
        )
        row = outcome.table.iloc[1]
        assert outcome.met
        assert (row["difference_high"] - row["difference_low"]) / 2 <= 0.5 * 1.03

    def test_precision_out_of_reach_is_said_not_hidden(self):
        outcome = compare(
            Gaussian(mean=100.0),
            {"a": {"policy": 1}, "b": {"policy": 2}},
            kpis=["profit"],
            replications={"min": 10, "max": 12, "until": {"kpi": "profit", "half_width": "0.1%"}},
        )
        assert not outcome.met
        assert any("was not reached" in sentence.en for sentence in outcome.sure)

    def test_the_best_is_selected_when_asked_for(self):
        outcome = compare(
            Gaussian(),
            {"a": {"policy": 1}, "b": {"policy": 2, "mean": 3.0}, "c": {"policy": 3}},
            kpis=["profit"],
            replications={"min": 10, "max": 300},
            best={"kpi": "profit", "indifference": 1.0},
        )
        assert outcome.extra["comparison"].selection[""].best == 1

    def test_cvar_of_the_loss_is_the_mean_of_the_worst_profits(self):
        outcome = compare(Gaussian(), {"a": {}}, kpis=["profit", "cvar95_loss"], replications=200)
        profits = np.sort(outcome.extra["comparison"].values[""][0, :, 0])
        assert outcome.table["value"][1] == pytest.approx(-profits[:10].mean())

    def test_a_policy_that_names_no_such_path_is_an_error_that_names_the_policy(self):
        with pytest.raises(ScenarioError, match="'dual'"):
            compare(Gaussian(), {"a": {}, "dual": {"sourcing": "dual"}}, kpis=["profit"])

    def test_one_policy_is_a_description(self):
        assert "profit is" in compare(Gaussian(), {"only": {}}, kpis=["profit"], replications=5).answer.en


class TestSweep:
    def test_every_point_policy_and_measure_is_in_one_tidy_table(self):
        outcome = api.sweep(
            Newsvendor(),
            {"order": [50.0, 56.6, 60.0], "sd": {"from": 4.0, "to": 12.0, "steps": 3}},
            policies={"cheap": {}, "dear": {"penalty": 0.9}},
            constraints=["order < 60 or sd > 10"],
            kpis=["cost", "fill_rate"],
            replications=4,
            store=None,
        )
        assert len(outcome.table) == (2 * 3 + 1) * 2
        assert list(outcome.table.columns[:4]) == ["point", "policy", "order", "sd"]
        assert outcome.table["point"].nunique() == 7

    def test_means_are_those_of_the_model(self):
        outcome = api.sweep(
            Newsvendor(), {"order": [45.0, 50.0, 56.603956, 65.0]}, kpis=["cost"], replications=3000, store=None
        )
        for _, row in outcome.table.iterrows():
            assert abs(row["cost"] - Newsvendor.expected_cost(row["order"])) <= 1.6 * row["cost.half_width"]

    def test_constraints_nothing_satisfies_leave_an_empty_table_and_say_so(self):
        outcome = api.sweep(
            Newsvendor(), {"order": [1.0, 2.0]}, constraints=["order > 5"], kpis=["cost"], replications=2, store=None
        )
        assert outcome.table.empty and not outcome.met and "No point" in outcome.answer.en


    def test_a_best_that_intervals_do_not_show_is_not_declared(self):
        def answer(spread):
            factors = {"mean": [1.0, 1.1, 1.0 + spread]}
            return api.sweep(Gaussian(shared=5.0, own=0.0), factors, kpis=["profit"], replications=4, store=None).answer

        assert "cannot be told apart" in answer(0.2).en and "the best" not in answer(0.2).en.replace("that of the best", "")
        assert "无法区分" in answer(0.2).zh and "最优处" not in answer(0.2).zh
        assert "the best is mean = 101" in answer(100.0).en and "over 3 settings" in answer(100.0).en

    def test_each_setting_of_the_other_factor_has_a_line_with_intervals(self):
        factors = {"order": [40.0, 50.0, 60.0], "sd": [4.0, 12.0]}
        outcome = api.sweep(Newsvendor(), factors, kpis=["cost"], replications=4, store=None)
        (axes,) = outcome.pictures[0].draw("en").axes
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["sd = 4", "sd = 12"]
        assert sum(len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) == 0.0 for line in axes.lines) == 6

    def test_chinese_has_chinese_units(self):
        factors = {"outage": {"from": "2d", "to": "4d", "steps": 2}}
        outcome = api.sweep(BaseStock(), factors, kpis=["lost_sales"], replications=2, store=None)
        assert [row[0].zh for row in outcome.effects[0].rows] == ["2天", "4天"]
        assert [row[0].en for row in outcome.effects[0].rows] == ["2 d", "4 d"]
        assert "outage = 2天" in outcome.answer.zh or "无法区分" in outcome.answer.zh


class TestSensitivity:
    def test_ishigami_indices_come_out(self):
        """Known indices for a = 7, b = 0.1 (Sobol' & Levitan 1999): S1 = .3139, .4424, 0; ST = .5576, .4424, .2437."""
        factors = {f"x{i}": {"from": -math.pi, "to": math.pi} for i in (1, 2, 3)}
        outcome = api.sensitivity(Ishigami(), factors, samples=4096, trajectories=60, replications=2, store=None)
        table = outcome.table.set_index("factor")
        for name, first, total in (("x1", 0.3139, 0.5576), ("x2", 0.4424, 0.4424), ("x3", 0.0, 0.2437)):
            assert table.loc[name, "first"] == pytest.approx(first, abs=0.03)
            assert table.loc[name, "total"] == pytest.approx(total, abs=0.03)
        assert "x1 matters most" in outcome.answer.en

    def test_a_factor_without_effect_is_screened_out(self):
        factors = {"mean": {"from": 0.0, "to": 5.0}, "cost": {"from": 0.0, "to": 5.0}}
        table = api.sensitivity(Gaussian(), factors, samples=32, store=None).table.set_index("factor")
        assert table.loc["cost", "mu_star"] == 0.0 and math.isnan(table.loc["cost", "total"])
        assert table.loc["mean", "at_high"] == pytest.approx(2.5), "from the middle to the high end"

    def test_noise_that_all_points_share_does_not_pass_for_sensitivity(self):
        factors = {"mean": {"from": 0.0, "to": 1.0}, "cost": {"from": 0.0, "to": 1.0}}
        table = api.sensitivity(Gaussian(shared=50.0, own=0.0), factors, samples=0, store=None).table.set_index(
            "factor"
        )
        assert table.loc["mean", "mu_star"] == pytest.approx(1.0)
        assert table.loc["cost", "mu_star"] == pytest.approx(0.0, abs=1e-9)

    def test_with_two_policies_their_difference_is_explained(self):
        factors = {"mean": {"from": 0.0, "to": 5.0}, "shared": {"from": 0.0, "to": 5.0}}
        table = api.sensitivity(
            Gaussian(), factors, policies={"a": {"policy": 1}, "b": {"policy": 2}}, samples=0, store=None
        ).table
        assert table["mu_star"].max() == pytest.approx(0.0, abs=1e-9), "both policies shift alike"

    def test_a_model_without_assumptions_asks_for_factors(self):
        with pytest.raises(ScenarioError, match="factors"):
            api.sensitivity(Gaussian(), store=None)


class TestOptimise:
    def test_the_newsvendor_optimum_is_found(self):
        outcome = api.optimise(
            Newsvendor(),
            {"order": {"from": 35.0, "to": 80.0}},
            [{"kpi": "cost"}],
            trials=60,
            replications=300,
            store=None,
        )
        best = outcome.table.loc[outcome.table["cost"].idxmin(), "order"]
        assert Newsvendor.expected_cost(best) <= 1.03 * Newsvendor.expected_cost(56.603956)

    def test_constraints_exclude_what_breaks_them(self):
        outcome = api.optimise(
            Newsvendor(),
            {"order": {"from": 35.0, "to": 80.0}},
            [{"kpi": "stock", "goal": "min"}],
            constraints=[{"kpi": "fill_rate", "at_least": "95%"}],
            trials=50,
            replications=200,
            store=None,
        )
        front = outcome.table[outcome.table["front"]]
        assert len(front) and (front["fill_rate"] >= 0.95).all()
        assert (outcome.table[~outcome.table["feasible"]]["fill_rate"] < 0.95).all()

    def test_several_objectives_give_a_front(self):
        outcome = api.optimise(
            Newsvendor(),
            {"order": {"from": 40.0, "to": 75.0}},
            [{"kpi": "cost", "goal": "min"}, {"kpi": "fill_rate", "goal": "max"}],
            trials=60,
            replications=100,
            store=None,
        )
        front = outcome.table[outcome.table["front"]].sort_values("cost")
        assert len(front) >= 3 and front["fill_rate"].is_monotonic_increasing

    def test_the_worst_case_is_worse_than_the_tail_is_worse_than_the_mean(self):
        found = {}
        for robust in ("mean", "cvar", "worst"):
            table = api.optimise(
                Newsvendor(),
                {"order": [50.0]},
                [{"kpi": "cost", "robust": robust}],
                trials=1,
                replications=60,
                store=None,
            ).table
            found[robust] = table["cost"][0]
        assert found["mean"] < found["cvar"] < found["worst"]

    @pytest.mark.parametrize("robust", ["cvar", "worst"])
    def test_a_setting_whose_measure_is_undefined_throughout_is_the_worst_and_stops_no_search(self, robust):
        class Partly(Newsvendor):
            name = "partly"

            def run(self, resolved, seed, replication):
                found = super().run(resolved, seed, replication)
                return {**found, "cost": math.nan} if resolved["order"] == 60.0 else found

        table = api.optimise(
            Partly(), {"order": [50.0, 60.0]}, [{"kpi": "cost", "robust": robust}], trials=8, replications=5, store=None
        ).table
        assert set(table["order"]) == {50.0, 60.0}
        assert table["cost"].isna().tolist() == (table["order"] == 60.0).tolist()
        assert set(table.loc[table["front"], "order"]) == {50.0}

    def test_levels_that_are_names_can_be_searched(self):
        table = api.optimise(
            Gaussian(), {"policy": [1, 2, 3]}, [{"kpi": "profit"}], trials=8, replications=3, store=None
        ).table
        assert set(table["policy"]) <= {1, 2, 3}


def shock(**keys):
    return [{"path": keys.pop("path"), **keys}]


class TestBreak:
    def test_the_outage_a_base_stock_survives_is_stock_over_demand(self):
        """S = 100 units last 10 days of 10 a day, exactly: the breaking point is 10 days within its tolerance."""
        outcome = api.break_(
            BaseStock(),
            shock(path="outage", **{"from": "0d", "to": "30d"}, tolerance="3h"),
            {"kpi": "lost_sales", "above": 0.0},
            policies={"lean": {}, "thick": {"base_stock": 200.0}},
            replications=10,
            store=None,
        )
        table = outcome.table.set_index("policy")
        for policy, days in (("lean", 10.0), ("thick", 20.0)):
            assert abs(table.loc[policy, "breaks_at"] - days * 1440) <= table.loc[policy, "tolerance"] <= 180.0
            assert table.loc[policy, "consistent"]

    @pytest.mark.parametrize("probability", ["10%", "50%", "90%"])
    def test_with_random_demand_the_quantile_of_the_outage_is_covered(self, probability):
        """Demand 10(1 + Z/10): the outage survived is 10/(1 + Z/10) days, whose p-quantile is known."""
        p = float(probability.strip("%")) / 100
        truth = 10.0 / (1.0 + 0.1 * scipy_stats.norm.ppf(1 - p)) * 1440
        hits = []
        for seed in range(1, 25):
            table = api.break_(
                BaseStock(noise=0.1),
                shock(path="outage", **{"from": "0d", "to": "30d"}, tolerance="1h"),
                {"kpi": "lost_sales", "above": 0.0},
                probability=probability,
                replications=60,
                seed=seed,
                store=None,
            ).table
            hits.append(table["low"][0] - 60 <= truth <= table["high"][0] + 60)
        assert np.mean(hits) >= 0.85, "24 intervals of 95%"

    @pytest.mark.slow
    @pytest.mark.parametrize("servers", [1, 3])
    def test_an_m_m_c_queue_breaks_at_load_equal_to_its_servers(self, servers):
        """Beyond load = c the wait grows without end; with 4,000 customers the edge is blurred by a few percent."""
        outcome = api.break_(
            Queue(servers=servers),
            shock(path="load", **{"from": 0.5 * servers, "to": 1.6 * servers}, tolerance=0.01 * servers),
            {"kpi": "growth", "above": 20.0 / servers},
            probability="50%",
            replications=15,
            store=None,
        )
        assert outcome.table["breaks_at"][0] == pytest.approx(servers, rel=0.05)

    def test_what_does_not_break_in_the_range_is_said_to_hold(self):
        outcome = api.break_(
            BaseStock(base_stock=1e6),
            shock(path="outage", **{"from": "0d", "to": "30d"}),
            {"kpi": "lost_sales", "above": 0.0},
            replications=5,
            store=None,
        )
        assert (
            outcome.table["breaks_at"][0] == math.inf
            and "Nothing breaks: even with outage at 30 d" in outcome.answer.en
            and not outcome.met
        )

    def test_what_is_broken_from_the_start_breaks_at_the_low_end(self):
        outcome = api.break_(
            BaseStock(base_stock=0.0),
            shock(path="outage", **{"from": "1d", "to": "30d"}),
            {"kpi": "lost_sales", "above": 0.0},
            replications=5,
            store=None,
        )
        assert outcome.table["breaks_at"][0] == 1440.0

    def test_a_shock_that_helps_when_it_grows_is_found_out(self):
        class Odd(BaseStock):
            def run(self, resolved, seed, replication):
                from sim.core.units import parse_duration

                days = parse_duration(resolved["outage"]) / 1440
                # half the replications break for good at day 3; the others between days 0.5 and 14, and at the very end
                if replication % 2:
                    return {"lost_sales": float(days > 3)}
                return {"lost_sales": float(0.5 < days < 14 or days > 29)}

        outcome = api.break_(
            Odd(),
            shock(path="outage", **{"from": "0d", "to": "30d"}, tolerance="1h"),
            {"kpi": "lost_sales", "above": 0.0},
            probability="90%",
            replications=40,
            store=None,
        )
        assert outcome.table["failing_below"][0] == 0.5, "just below, only those fail that broke for good"

    def test_two_shocks_give_the_frontier(self):
        """Stock 100 over demand d lasts 100/d days: the frontier is a hyperbola."""
        shocks = [
            {"path": "demand", "from": 5.0, "to": 20.0},
            {"path": "outage", "from": "0d", "to": "30d", "tolerance": "3h"},
        ]
        table = api.break_(
            BaseStock(), shocks, {"kpi": "lost_sales", "above": 0.0}, steps=4, replications=5, store=None
        ).table
        assert np.allclose(table["breaks_at"], 1440 * 100 / table["demand"], atol=180.0)

    def test_whole_numbers_break_at_the_first_that_fails(self):
        class Servers(BaseStock):
            def run(self, resolved, seed, replication):
                return {"lost_sales": float(resolved["base_stock"] >= 37)}

        outcome = api.break_(
            Servers(),
            shock(path="base_stock", **{"from": 0, "to": 64}, tolerance=1),
            {"kpi": "lost_sales", "above": 0.5},
            replications=3,
            store=None,
        )
        assert outcome.table["breaks_at"][0] == 37.0


class TestDiscover:
    def test_the_published_box_of_bryant_and_lempert_is_reproduced(self):
        """The data of Bryant & Lempert (2010) ship with ema_workbench, whose documentation shows entry 21 of this
        trajectory: coverage .7528, density .7701, mass .0986, four restricted dimensions. The paper's own box limits
        total biomass, demand elasticity and the biomass backstop price."""
        folder = importlib.resources.files("ema_workbench") / "examples" / "data"
        data = pd.read_csv(str(folder / "bryant et al 2010 data.csv"), index_col=False)
        boxes = discovery.prim(data.iloc[:, 2:11], data.iloc[:, 15].to_numpy(bool), density=0.8, peel=0.1, boxes=1)
        entry = boxes[0].trajectory.loc[21]
        assert entry["coverage"] == pytest.approx(0.752809, abs=1e-6)
        assert entry["density"] == pytest.approx(0.770115, abs=1e-6)
        assert entry["mass"] == pytest.approx(0.098639, abs=1e-6)
        assert entry["res_dim"] == 4
        assert set(boxes[0].limits) == {"Total biomass", "Demand elasticity", "Biomass backstop price"}

    def test_the_corner_where_a_policy_fails_is_found(self):
        class Corner(Gaussian):
            def run(self, resolved, seed, replication):
                return {"profit": -1.0 if resolved["mean"] > 0.6 and resolved["cost"] < 0.3 else 1.0}

        unit = {"from": 0.0, "to": 1.0}
        outcome = api.discover(
            Corner(),
            {"mean": unit, "cost": unit, "shared": unit},
            {"kpi": "profit", "below": 0.0},
            samples=500,
            density="95%",
            store=None,
        )
        box = outcome.extra["boxes"][0]
        assert set(box.limits) == {"mean", "cost"}
        assert box.limits["mean"][0] == pytest.approx(0.6, abs=0.05)
        assert box.limits["cost"][1] == pytest.approx(0.3, abs=0.05)
        assert box.coverage > 0.9 and box.density > 0.9

    def test_failures_without_pattern_give_no_box(self):
        class Chance(Gaussian):
            def run(self, resolved, seed, replication):
                return {"profit": -1.0 if hash(round(resolved["mean"] * 1e9)) % 2 else 1.0}

        unit = {"from": 0.0, "to": 1.0}
        outcome = api.discover(
            Chance(), {"mean": unit, "cost": unit}, {"kpi": "profit", "below": 0.0}, samples=200, store=None
        )
        assert not outcome.extra["boxes"] and "no region" in outcome.answer.en


class TestAb:
    TEST, A, B = {"share_b": 0.5}, {"share_b": 0.0}, {"share_b": 1.0}

    def run(self, **shop):
        return ab_test.summary(
            api.ab(
                Shop(**shop),
                self.TEST,
                self.A,
                self.B,
                no_effect={**self.TEST, "lift": 0.0},
                replications=400,
                store=None,
            )
        )

    def test_without_interference_the_test_measures_the_truth_with_the_power_theory_gives(self):
        found = self.run()
        assert found["true"].covers(0.02)
        assert found["bias"].covers(0.0)
        theory = ab_test.proportion_power(0.10, 0.02, 2000)
        assert abs(found["power"].value - theory) <= 0.07
        assert found["false"].low <= 0.05 <= found["false"].high
        assert found["coverage"].low <= 0.95 <= found["coverage"].high + 0.01

    def test_shared_stock_makes_the_test_see_an_effect_that_is_not_there(self):
        """Stock for 400 orders sells out either way: the truth is nought, the test still sees arm b win the stock."""
        found = self.run(stock=300)
        assert found["true"].value == pytest.approx(0.0, abs=1e-3)
        assert found["bias"].low > 0.005
        assert found["power"].value + found["wrong"].value > 0.2, "winners are called although there is nothing to win"


class TestCases:
    def case(self, **keys):
        return {
            "name": "case",
            "claim": "claim",
            "kpi": "profit",
            "on": {"mean": 130.0},
            "literature": ["10%", "40%"],
            **keys,
        }

    @pytest.mark.parametrize(
        ("literature", "verdict"), [(["10%", "40%"], "within"), (["-5%", "10%"], "above"), (["50%", "80%"], "below")]
    )
    def test_the_verdict_compares_the_effect_with_the_literature(self, literature, verdict):
        table = api.cases(Gaussian(mean=100.0), [self.case(literature=literature)], replications=30, store=None).table
        assert table["verdict"][0] == verdict and table["sure"][0]
        assert table["effect"][0] == pytest.approx(0.3, abs=0.02)

    def test_effects_may_be_relative_a_difference_or_a_level(self):
        cases = [
            self.case(name=kind, effect=kind, literature=[0, 1000]) for kind in ("relative", "difference", "level")
        ]
        table = api.cases(Gaussian(mean=100.0), cases, replications=30, store=None).table.set_index("case")
        assert table.loc["difference", "effect"] == pytest.approx(30.0)
        assert table.loc["level", "effect"] == pytest.approx(130.0, abs=2.0)
        assert table.loc["relative", "effect"] == pytest.approx(0.3, abs=0.02)

    def test_an_interval_over_the_edge_is_left_open(self):
        table = api.cases(Gaussian(mean=100.0, shared=0.0, own=300.0), [self.case()], replications=30, store=None).table
        assert not table["sure"][0]


class TestInterruption:
    """Killed at any moment, a study goes on and ends in the same bytes."""

    SCRIPT = (
        "import sys; sys.path[:0] = [{root!r}, {here!r}]\n"
        "from study_models import sequential_study\n"
        "if __name__ == '__main__':\n"
        "    sequential_study(0.02, {executor!r}, sys.argv[1], sys.argv[2])\n"
    )

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("blow", "executor"), [(signal.SIGKILL, "processes:2"), (signal.SIGINT, "local"), (signal.SIGKILL, "local")]
    )
    def test_a_study_that_is_killed_goes_on_and_ends_in_the_same_bytes(self, tmp_path, blow, executor):
        script = tmp_path / "study.py"
        script.write_text(self.SCRIPT.format(root=str(ROOT), here=str(Path(__file__).parent), executor=executor))

        sequential_study(0.0, "local", tmp_path / "calm", tmp_path / "calm_out")
        command = [sys.executable, str(script), str(tmp_path / "store"), str(tmp_path / "out")]
        victim = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size > 4000 for path in (tmp_path / "store" / "runs").glob("*.jsonl")):
            assert time.monotonic() < deadline and victim.poll() is None
            time.sleep(0.01)
        os.kill(victim.pid, blow)
        assert victim.wait() != 0
        assert not (tmp_path / "out").exists()
        with Store(tmp_path / "store") as store:
            survived = store.query("SELECT count(*) FROM runs").fetchone()[0]
        assert survived >= 5
        sequential_study(0.0, "local", tmp_path / "store", tmp_path / "out")
        for name in ("table.parquet", "table.json"):
            assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "calm_out" / name).read_bytes()

    def test_a_second_study_computes_nothing_the_first_did(self, tmp_path):
        policies = {"a": {"policy": 1}, "b": {"policy": 2}}
        first = api.compare(Gaussian(), policies, kpis=["profit"], replications=20, store=tmp_path)
        again = api.compare(Gaussian(), policies, kpis=["profit", "cost"], replications=20, store=tmp_path)
        sweep = api.sweep(Gaussian(), {"policy": [1, 2, 3]}, kpis=["profit"], replications=20, store=tmp_path)
        assert (first.runs_made, again.runs_made, sweep.runs_made) == (40, 0, 20)

    def test_a_search_is_replayed_from_the_store(self, tmp_path):
        options = {"trials": 12, "replications": 5, "store": tmp_path}
        first = api.optimise(Newsvendor(), {"order": {"from": 35.0, "to": 80.0}}, [{"kpi": "cost"}], **options)
        again = api.optimise(Newsvendor(), {"order": {"from": 35.0, "to": 80.0}}, [{"kpi": "cost"}], **options)
        assert again.runs_made == 0 and again.table.equals(first.table)

    def test_another_version_of_the_model_reuses_nothing(self, tmp_path):
        class Newer(Gaussian):
            version = "2"

        for model, made in ((Gaussian(), 10), (Newer(), 10), (Gaussian(), 0)):
            assert api.compare(model, {"a": {}}, kpis=["profit"], replications=10, store=tmp_path).runs_made == made


def test_undefined_measures_pair_only_where_both_are_defined():
    a, b = np.array([1.0, math.nan, 3.0, 5.0]), np.array([0.5, 1.0, math.nan, 4.0])
    found = paired.difference(a, b)
    assert found.mean.n == 2 and found.mean.value == pytest.approx(0.75)
