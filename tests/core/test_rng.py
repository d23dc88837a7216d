"""Draws: known answers, uniformity, independence, and names that never collide."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from sim.core import rng


@njit
def block(key0, key1, entity, occurrence, decision, slot):  # type: ignore[no-untyped-def]
    return rng.philox(key0, key1, entity, occurrence, decision, slot)


@njit
def histogram(n, bins, decision, stride):  # type: ignore[no-untyped-def]
    """Counts of the four words' upper bits over n blocks; and the sum of products of neighbours."""
    counts = np.zeros((4, bins), np.int64)
    cross = np.zeros(4)
    for i in range(n):
        words = rng.philox(7, 3, i * stride, i // 97, decision, 0)
        previous = rng.uniform(words[3]) - 0.5
        for w in range(4):
            u = rng.uniform(words[w])
            counts[w, int(u * bins)] += 1
            cross[w] += previous * (u - 0.5)
            previous = u - 0.5
    return counts, cross


@pytest.mark.parametrize(
    ("key", "counter", "answer"),
    [
        ((0, 0), (0, 0, 0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ((0xA4093822, 0x299F31D0), (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
         "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
    ids=["zeros", "ones", "digits of pi"],
)  # fmt: skip
def test_philox_gives_the_published_answers(key: tuple[int, int], counter: tuple[int, ...], answer: str) -> None:
    words = block(*(np.uint32(x) for x in (*key, *counter)))
    assert " ".join(f"{int(word):08x}" for word in words) == answer


@pytest.mark.parametrize("stride", [1, 65536], ids=["neighbours", "strided entities"])
def test_words_are_uniform_and_uncorrelated(stride: int) -> None:
    n, bins = 1_000_000, 256
    counts, cross = histogram(n, bins, rng.decision("test.uniformity"), stride)
    for w in range(4):
        assert stats.chisquare(counts[w]).pvalue > 1e-5
        # a product of two centred uniforms has standard deviation 1/12
        assert abs(cross[w]) < 5 * np.sqrt(n) / 12


@pytest.mark.slow
def test_a_hundred_million_draws_are_uniform() -> None:
    counts, cross = histogram(25_000_000, 4096, rng.decision("test.battery"), 1)
    for w in range(4):
        assert stats.chisquare(counts[w]).pvalue > 1e-5
        assert abs(cross[w]) < 5 * np.sqrt(25_000_000) / 12


def test_decisions_entities_and_replications_are_independent() -> None:
    number = np.arange(200_000)
    a, b = rng.decision("test.first"), rng.decision("test.second")
    base = rng.Draws(1, 0).uniform(a, number)
    others = {
        "another decision": rng.Draws(1, 0).uniform(b, number),
        "another replication": rng.Draws(1, 1).uniform(a, number),
        "another seed": rng.Draws(2, 0).uniform(a, number),
        "another occurrence": rng.Draws(1, 0).uniform(a, number, 1),
        "another slot": rng.Draws(1, 0).uniform(a, number, 0, 1),
    }
    for name, other in others.items():
        assert abs(np.corrcoef(base, other)[0, 1]) < 5 / np.sqrt(len(number)), name


@pytest.mark.parametrize("shape", [0.25, 1.0, 4.0])
def test_gamma_has_its_distribution(shape: float) -> None:
    sample = rng.Draws(5).gamma(rng.decision("test.gamma"), shape, np.arange(40_000))
    assert stats.kstest(sample, "gamma", args=(shape,)).pvalue > 1e-4


def test_normal_and_exponential_have_their_distributions() -> None:
    draws, number = rng.Draws(5), np.arange(40_000)
    assert stats.kstest(draws.normal(rng.decision("test.normal"), number), "norm").pvalue > 1e-4
    assert stats.kstest(draws.exponential(rng.decision("test.exponential"), number), "expon").pvalue > 1e-4


@pytest.mark.parametrize("mean", [0.3, 12.0, 2000.0])
def test_poisson_has_its_mean_and_variance(mean: float) -> None:
    sample = rng.Draws(5).poisson(rng.decision("test.poisson"), mean, np.arange(40_000))
    error = np.sqrt(mean / len(sample))
    assert abs(sample.mean() - mean) < 5 * error
    assert abs(sample.var() / mean - 1) < 0.05


def test_a_rejection_sampler_touches_no_other_draw() -> None:
    draws, number = rng.Draws(9), np.arange(1000)
    name = rng.decision("test.untouched")
    before = draws.uniform(name, number)
    draws.gamma(rng.decision("test.gamma"), 0.3, number)
    assert np.array_equal(before, draws.uniform(name, number))


def test_declaring_a_name_again_gives_the_same_number_and_a_clash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rng.decision("test.first") == rng.decision("test.first")
    monkeypatch.setattr(rng.zlib, "crc32", lambda name: 1)
    monkeypatch.setattr(rng, "_decisions", {1: "some.other"})
    with pytest.raises(rng.DecisionClashError):
        rng.decision("test.clash")


@pytest.mark.parametrize("name", ["visit", "Visit.choice", "visit choice", "visit.choice!"])
def test_a_name_that_is_not_dotted_lower_case_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="dotted lower case"):
        rng.decision(name)


def test_no_two_decisions_of_the_model_share_a_number() -> None:
    import sim.engine.marketplace  # noqa: F401

    names = rng.declared()
    assert len(set(names.values())) == len(names) >= 30
