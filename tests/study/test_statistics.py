"""Intervals cover, corrections correct, and the textbook's numbers come out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from sim.study import bootstrap, multiple, paired, pareto, regret, risk, sequential, stats

STUDIES = 3000
finite = st.floats(-1e6, 1e6, allow_nan=False)


def normal(shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


def share(hits) -> float:
    return float(np.mean(list(hits)))


class TestMean:
    def test_the_95_percent_interval_covers_in_93_to_97_percent_of_studies(self):
        assert 0.93 <= share(stats.mean(x + 5.0).covers(5.0) for x in normal((STUDIES, 12))) <= 0.97

    def test_one_replication_says_nothing_about_its_spread(self):
        assert stats.mean([3.0]).half_width == math.inf

    def test_undefined_replications_are_left_out_and_not_counted(self):
        estimate = stats.mean([1.0, math.nan, 3.0])
        assert (estimate.value, estimate.n) == (2.0, 2)

    def test_it_agrees_with_scipy(self):
        x = normal(20)
        low, high = scipy_stats.t.interval(0.95, 19, x.mean(), scipy_stats.sem(x))
        assert stats.mean(x).low == pytest.approx(low)
        assert stats.mean(x).high == pytest.approx(high)
        assert stats.t_test(x) == pytest.approx(scipy_stats.ttest_1samp(x, 0.0).pvalue)


def sequentially(x, half, pilot=10, limit=1200):
    """Replications taken from the array as the rule asks for them."""
    plan, made = sequential.first([x[:pilot]], half, pilot, limit), pilot
    while made < plan.replications:
        made = plan.replications
        plan = sequential.further(plan, [x[:made]], limit)
    return plan, stats.mean(x[:made], pilot=plan.pilot)


class TestSequential:
    """The stopping rule: coverage must hold whatever half-width is asked, from useless to very narrow."""

    @pytest.mark.parametrize("needed", [3, 10, 20, 40, 120, 300])
    def test_sequential_intervals_cover_in_93_to_97_percent_of_studies(self, needed):
        half, hits, used = 1.96 / math.sqrt(needed), [], []
        for x in normal((STUDIES, 1200), seed=needed):
            plan, estimate = sequentially(x, half)
            assert plan.reachable and estimate.half_width <= half * (1 + 1e-12)
            hits.append(estimate.covers(0.0))
            used.append(estimate.n)
        assert 0.93 <= share(hits) <= 0.97
        assert np.mean(used) <= 1.25 * needed + 10, "and it does not waste replications"

    def test_skewed_differences_are_covered_too(self):
        """Costs of two newsvendors on one demand: piecewise linear, far from normal; a pilot of 30."""
        draws = 50 + 8 * normal((STUDIES, 600), seed=6)

        def cost(q, d):
            return 0.18 * np.maximum(0, q - d) + 0.7 * np.maximum(0, d - q)

        many = 50 + 8 * normal(2_000_000, seed=7)
        truth = float((cost(56.6, many) - cost(50.0, many)).mean())
        for half in (0.8, 0.5, 0.3):
            hits = [sequentially(cost(56.6, d) - cost(50.0, d), half, 30, 600)[1].covers(truth) for d in draws]
            assert 0.93 <= share(hits) <= 0.97

    def test_coverage_also_holds_where_the_limit_cuts_the_study_short(self):
        hits = []
        for x in normal((STUDIES, 30), seed=4):
            plan, estimate = sequentially(x, 0.1, limit=30)
            assert estimate.n == 30 and not plan.reachable
            hits.append(estimate.covers(0.0))
        assert 0.93 <= share(hits) <= 0.97

    def test_watching_the_interval_and_stopping_when_short_would_cover_less(self):
        """Why the rule is Stein's: the naive rule on the same draws falls short."""
        naive = []
        for x in normal((STUDIES, 400), seed=25):
            n = 5
            while stats.mean(x[:n]).half_width > 1.96 / math.sqrt(15) and n < 400:
                n += 1
            naive.append(stats.mean(x[:n]).covers(0.0))
        assert share(naive) < 0.93

    def test_the_largest_need_of_several_contrasts_decides(self):
        a, b = normal(10), 3.0 * normal(10, seed=2)
        together = sequential.first([a, b], 0.5, 10, 10_000)
        assert together.needed == max(sequential.first([c], 0.5, 10, 10_000).needed for c in (a, b))

    def test_no_spread_needs_no_more(self):
        plan = sequential.first([np.ones(10)], 0.1, 10, 100)
        assert plan.replications == 10 and plan.reachable

    def test_the_p_value_agrees_with_the_interval(self):
        for x in normal((300, 40), seed=3) + 0.3:
            assert (stats.t_test(x, pilot=12) < 0.05) == (not stats.mean(x, pilot=12).covers(0.0))

    def test_relative_precision_is_relative_to_the_reference_mean(self):
        assert sequential.Precision(relative=0.01).half_width(-500.0) == 5.0
        assert sequential.Precision(absolute=2.0, relative=0.01).half_width(500.0) == 2.0


class TestProportionAndQuantile:
    @pytest.mark.parametrize("p", [0.02, 0.1, 0.5, 0.9])
    def test_wilson_intervals_cover_on_average(self, p):
        hits = np.random.default_rng(3).binomial(60, p, STUDIES)
        assert share(stats.proportion(int(k), 60).covers(p) for k in hits) >= 0.92

    def test_all_and_nothing_reach_the_ends(self):
        assert stats.proportion(0, 10).low == 0.0
        assert stats.proportion(10, 10).high == 1.0

    @pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
    def test_quantile_intervals_cover_at_least_as_often_as_they_say(self, p):
        truth = scipy_stats.norm.ppf(p)
        assert share(stats.quantile(x, p).covers(truth) for x in normal((STUDIES, 60))) >= 0.94

    def test_an_end_the_data_cannot_bound_is_infinite(self):
        assert stats.quantile(range(10), 0.95).high == math.inf


class TestPaired:
    def test_differences_on_common_numbers_cover_and_tell_what_pairing_was_worth(self):
        rng, hits, factors = np.random.default_rng(8), [], []
        for _ in range(STUDIES // 3):
            shared = 3.0 * rng.standard_normal(15)
            a, b = shared + rng.standard_normal(15) + 1.0, shared + rng.standard_normal(15)
            hits.append(stats.mean(a - b).covers(1.0))
            factors.append(paired.variance_reduction(a, b))
        assert 0.93 <= share(hits) <= 0.97
        assert np.median(factors) == pytest.approx(10.0, rel=0.15), "(9+1+9+1) / (1+1)"

    def test_the_whole_difference_object_is_consistent(self):
        a, b = normal(40), normal(40, seed=2)
        found = paired.difference(a, b)
        assert found.mean.value == pytest.approx((a - b).mean())
        assert found.p_value == pytest.approx(scipy_stats.ttest_rel(a, b).pvalue)
        assert found.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
        assert found.better.value == pytest.approx((a > b).mean())

    def test_lower_is_better_turns_the_probability_round_but_not_the_difference(self):
        a, b = normal(40), normal(40, seed=2)
        up, down = paired.difference(a, b), paired.difference(a, b, higher_is_better=False)
        assert up.mean == down.mean
        assert up.better.value == pytest.approx(1 - down.better.value)

    def test_a_constant_difference_has_infinite_variance_reduction(self):
        a = normal(10)
        assert paired.variance_reduction(a + 2.0, a) == math.inf
        assert math.isnan(paired.variance_reduction(np.ones(5), np.ones(5)))

    def test_unequal_numbers_of_replications_are_refused(self):
        with pytest.raises(ValueError, match="differ in number"):
            paired.difference([1.0, 2.0], [1.0])

    def test_fieller_intervals_of_relative_differences_cover(self):
        rng, hits = np.random.default_rng(5), []
        for _ in range(STUDIES // 2):
            shared = rng.standard_normal(12)
            a, b = 110 + 20 * shared + 5 * rng.standard_normal(12), 100 + 20 * shared + 5 * rng.standard_normal(12)
            hits.append(paired.ratio(a, b).covers(0.1))
        assert 0.93 <= share(hits) <= 0.97

    def test_a_base_that_may_be_zero_gives_no_bounded_ratio(self):
        assert paired.ratio([1.0, 2.0, 3.0], [-1.0, 0.1, 1.0]).half_width == math.inf


class TestBootstrap:
    def test_bca_intervals_of_a_skewed_mean_cover_about_as_often_as_they_say(self):
        rng = np.random.default_rng(2)
        hits = [bootstrap.bca(rng.exponential(size=40), resamples=600).covers(1.0) for _ in range(1000)]
        assert 0.90 <= share(hits) <= 0.97

    def test_the_same_data_give_the_same_interval(self):
        x = normal(25)
        assert bootstrap.bca(x) == bootstrap.bca(x.copy())
        assert bootstrap.bca(x) != bootstrap.bca(x + 1.0)

    def test_replications_that_are_all_equal_have_no_spread(self):
        assert bootstrap.bca([2.0] * 5).half_width == 0.0


class TestHolm:
    def test_a_worked_example(self):
        # Holm (1979): sorted p times (m, m-1, ...), made monotone
        assert multiple.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_undefined_tests_neither_count_nor_change(self):
        assert multiple.holm([0.01, math.nan])[0] == pytest.approx(0.01)
        assert math.isnan(multiple.holm([0.01, math.nan])[1])

    def test_the_chance_of_any_false_finding_stays_below_5_percent(self):
        p = 2 * scipy_stats.norm.sf(np.abs(normal((4000, 8))))
        assert share((multiple.holm(row) < 0.05).any() for row in p) <= 0.06

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_adjusted_values_keep_the_order_and_never_fall(self, p):
        adjusted = multiple.holm(p)
        assert (adjusted >= np.array(p) - 1e-12).all() and (adjusted <= 1.0).all()
        order = np.argsort(p, kind="stable")
        assert (np.diff(adjusted[order]) >= -1e-12).all()


class TestRisk:
    def test_tail_mean_of_a_known_distribution(self):
        x = np.random.default_rng(1).standard_normal(400_000)
        truth = scipy_stats.norm.pdf(scipy_stats.norm.ppf(0.95)) / 0.05
        assert float(risk.tail_mean(x, 0.95)) == pytest.approx(truth, rel=0.01)

    def test_part_of_the_value_at_the_edge_counts(self):
        # of ten losses 1..10 the worst 25% are 10, 9 and half of 8
        assert float(risk.tail_mean(np.arange(1.0, 11.0), 0.75)) == pytest.approx((10 + 9 + 4) / 2.5)

    def test_cvar_is_at_least_var(self):
        x = normal(200)
        assert risk.conditional_value_at_risk(x).value >= risk.value_at_risk(x).value

    def test_cvar_intervals_cover_at_300_replications(self):
        truth = scipy_stats.norm.pdf(scipy_stats.norm.ppf(0.95)) / 0.05
        rng = np.random.default_rng(9)
        hits = [risk.conditional_value_at_risk(rng.standard_normal(300)).covers(truth) for _ in range(250)]
        assert share(hits) >= 0.87

    def test_a_gain_is_a_negative_loss(self):
        assert list(risk.loss([1.0, -2.0], higher_is_better=True)) == [-1.0, 2.0]

    def test_200_replications_are_enough_for_a_95_percent_tail(self):
        assert risk.enough(200) and not risk.enough(199)


class TestParetoAndRegret:
    def test_the_front_keeps_what_nothing_beats(self):
        values = [[1.0, 1.0], [2.0, 2.0], [3.0, 0.5], [2.0, 2.0], [math.nan, 9.0]]
        assert list(pareto.front(values, [True, True])) == [False, True, True, True, False]

    def test_direction_matters(self):
        assert list(pareto.front([[1.0, 1.0], [2.0, 2.0]], [True, False])) == [True, True]

    @settings(max_examples=50)
    @given(st.lists(st.tuples(finite, finite), min_size=1, max_size=30))
    def test_every_point_off_the_front_is_dominated_by_one_on_it(self, points):
        x = np.array(points)
        on = pareto.front(x, [True, True])
        assert on.any()
        for row in x[~on]:
            assert any((other >= row).all() and (other > row).any() for other in x[on])

    def test_front_probability_is_sure_where_the_data_are(self):
        data = np.stack([normal((2, 50)) * 0.01 + 5.0, normal((2, 50), 2) * 0.01])
        assert list(pareto.front_probability(data, [True, True])) == [1.0, 0.0]

    def test_minimax_regret_picks_the_policy_that_is_never_far_off(self):
        # three policies, two scenarios: two specialists and an all-rounder
        means = np.array([[100.0, 0.0], [0.0, 100.0], [80.0, 80.0]])
        found = regret.regret(means[:, :, None] + normal((1, 1, 30)), higher_is_better=True)
        assert found.minimax == 2
        assert found.table == pytest.approx(np.array([[0.0, 100.0], [100.0, 0.0], [20.0, 20.0]]))
        assert found.minimax_probability == 1.0

    def test_one_undefined_replication_neither_wins_the_smallest_regret_nor_loses_the_front(self):
        means = np.array([[100.0, 0.0], [0.0, 100.0], [80.0, 80.0]])
        data = means[:, :, None] + normal((1, 1, 30))
        data[0, 0, 3] = math.nan
        found = regret.regret(data, higher_is_better=True)
        assert found.minimax == 2
        assert found.minimax_probability == 1.0
        assert found.table == pytest.approx(regret.regret(means[:, :, None] + normal((1, 1, 30)), True).table, abs=0.2)
        assert np.isfinite(found.worst_low).all() and np.isfinite(found.worst_high).all()
        pair = np.stack([normal((2, 50)) * 0.01 + 5.0, normal((2, 50), 2) * 0.01])
        pair[0, 1, 7] = math.nan
        assert list(pareto.front_probability(pair, [True, True])) == [1.0, 0.0]

    def test_a_policy_undefined_throughout_a_scenario_has_no_regret_to_be_the_smallest(self):
        data = np.array([[100.0, 0.0], [0.0, 100.0], [80.0, 80.0]])[:, :, None] + normal((1, 1, 30))
        data[1, 0] = math.nan
        found = regret.regret(data, higher_is_better=True)
        assert found.minimax == 2
        assert list(np.isnan(found.worst)) == [False, True, False]
        assert list(np.isnan(found.worst_low)) == [False, True, False]

    def test_lower_is_better_turns_regret_round(self):
        assert regret.table(np.array([[3.0], [1.0]]), higher_is_better=False)[:, 0] == pytest.approx([2.0, 0.0])
