"""Textbook inventory models computed anew: renewal sums, integrals, stationary chains and dynamic programming.

None of these share code with the simulator; each is checked against the published number before it is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import integrate, sparse, stats
from scipy.optimize import minimize_scalar


def eoq(fixed: float, holding: float, rate: float) -> tuple[float, float]:
    """(Q*, cost per unit time) of Harris's economic order quantity."""
    return math.sqrt(2 * fixed * rate / holding), math.sqrt(2 * fixed * rate * holding)


def newsvendor(holding: float, penalty: float, mean: float, sd: float) -> tuple[float, float]:
    """(S*, expected cost) for normal demand."""
    z = stats.norm.ppf(penalty / (penalty + holding))
    return mean + z * sd, (holding + penalty) * sd * stats.norm.pdf(z)


def poisson_s_S(s: int, S: int, holding: float, penalty: float, fixed: float, mean: float) -> float:
    """Cost per period of (s,S), Poisson demand, no lead time, by the renewal function (Zheng & Federgruen 1991)."""
    demand = np.arange(int(mean + 20 * math.sqrt(mean) + 40))
    p = stats.poisson.pmf(demand, mean)

    def one_period(y: float) -> float:
        return float(((holding * np.maximum(y - demand, 0) + penalty * np.maximum(demand - y, 0)) * p).sum())

    m = np.zeros(S - s)
    m[0] = 1 / (1 - p[0])
    for j in range(1, S - s):
        m[j] = m[0] * (p[1 : j + 1] * m[j - 1 :: -1][:j]).sum()
    return (fixed + sum(m[j] * one_period(S - j) for j in range(S - s))) / m.sum()


def r_Q(r: float, Q: float, holding: float, penalty: float, fixed: float, rate: float, mean: float, sd: float) -> float:
    """Cost per unit time of (r,Q) with a position uniform on (r, r+Q] and normal lead-time demand (Hadley & Whitin)."""

    def g(y: float) -> float:
        z = (y - mean) / sd
        short = sd * (stats.norm.pdf(z) - z * (1 - stats.norm.cdf(z)))
        return holding * (y - mean) + (holding + penalty) * short

    return (fixed * rate + integrate.quad(g, r, r + Q, epsabs=1e-9)[0]) / Q


def r_Q_diffusion(
    r: float, Q: float, holding: float, penalty: float, fixed: float, rate: float, spread: float, lead: float
) -> float:
    """The same where demand is Brownian: the position is then uniform plus an exponential of mean σ²/(2d)."""
    scale = spread**2 / (2 * rate)

    def shifted(e: float) -> float:
        inside = r_Q(r + e, Q, holding, penalty, 0.0, rate, rate * lead, spread * math.sqrt(lead))
        return inside * math.exp(-e / scale) / scale

    return fixed * rate / Q + integrate.quad(shifted, 0, 30 * scale, limit=200)[0]


def serial_system(
    echelon_holding: list[float], leads: list[float], penalty: float, mean: float, sd: float
) -> tuple[list[float], float]:
    """(echelon levels from the customer's end, cost) of a serial system by the recursion of Clark & Scarf (1960)."""
    total = sum(echelon_holding)
    grid = np.linspace(-30.0, 80.0, 22_001)
    step = grid[1] - grid[0]
    value = (penalty + total) * np.maximum(-grid, 0.0)
    levels, cost = [], 0.0
    for holding, lead in zip(echelon_holding, leads, strict=True):
        hat = holding * grid + value
        mu, sigma = mean * lead, sd * math.sqrt(lead)
        offsets = np.arange(math.floor((mu - 8 * sigma) / step), math.ceil((mu + 8 * sigma) / step) + 1)
        weight = stats.norm.pdf(offsets * step, mu, sigma)
        weight /= weight.sum()
        left = grid[0] - offsets[-1] * step
        wide = np.arange(len(grid) + len(offsets) - 1) * step + left
        # below the grid costs are linear
        slope = (hat[1] - hat[0]) / step
        padded = np.where(wide < grid[0], hat[0] + slope * (wide - grid[0]), np.interp(wide, grid, hat))
        expected = np.convolve(padded, weight, mode="valid")
        best = int(expected.argmin())
        levels.append(float(grid[best]))
        cost = float(expected[best])
        value = expected[np.minimum(np.arange(len(grid)), best)]
    return levels, cost


def disrupted_base_stock(
    level: float, holding: float, penalty: float, demand: float, fails: float, recovers: float
) -> float:
    """Cost per period of base stock with no lead time and a supplier that fails and recovers (Snyder & Shen, §9.2)."""
    up = recovers / (fails + recovers)
    cost, n = 0.0, 0
    while True:
        chance = up if n == 0 else up * fails * (1 - recovers) ** (n - 1)
        left = level - (n + 1) * demand
        cost += chance * (holding * max(left, 0.0) + penalty * max(-left, 0.0))
        n += 1
        if chance < 1e-16:
            return cost


class DualSourcing:
    """Demand uniform on 0..4, slow source two periods, fast source at once; costs of the case."""

    holding, penalty, slow, fast = 5.0, 495.0, 100.0, 105.0
    demand = np.arange(5)

    def one_period(self, y: np.ndarray) -> np.ndarray:
        """Expected holding and penalty cost of a period that starts with `y` units."""
        gap = np.asarray(y, float)[..., None] - self.demand
        return (self.holding * np.maximum(gap, 0) + self.penalty * np.maximum(-gap, 0)).mean(axis=-1)

    def optimum(self) -> float:
        """Least average cost, by relative value iteration over (stock, slow order due next)."""
        stock, orders = np.arange(-12, 31), 9
        value = np.zeros((len(stock), orders))
        while True:
            ahead = np.zeros((len(stock), orders, orders))
            for d in self.demand:
                after = np.clip(np.arange(len(stock))[:, None] - d + np.arange(orders)[None, :], 0, len(stock) - 1)
                ahead += value[after] / len(self.demand)
            best = (ahead + self.slow * np.arange(orders)).min(axis=2) + self.one_period(stock)[:, None]
            raised = best + self.fast * stock[:, None]
            new = np.minimum.accumulate(raised[::-1], axis=0)[::-1] - self.fast * stock[:, None]
            change = new - value
            if change.max() - change.min() < 1e-9:
                return float(change.mean())
            value = new - new[len(stock) // 2, 0]

    def average(self, policy: Callable[[int, int], tuple[int, int]], most: int = 60) -> float:
        """Mean cost of `policy(stock, due next) -> (fast, slow)` from its stationary chain (stock up to `most`)."""
        index, states, rows, costs = {(5, 0): 0}, [(5, 0)], [], []
        i = 0
        while i < len(states):
            stock, due = states[i]
            fast, slow = policy(stock, due)
            costs.append(self.slow * slow + self.fast * fast + float(self.one_period(np.array(stock + fast))))
            row = []
            for d in self.demand:
                after = (min(stock + fast - int(d) + due, most), slow)
                if after not in index:
                    index[after] = len(states)
                    states.append(after)
                row.append(index[after])
            rows.append(row)
            i += 1
        n, k = len(states), len(self.demand)
        chain = sparse.csr_matrix(
            (np.full(n * k, 1 / k), (np.repeat(np.arange(n), k), np.ravel(rows))), shape=(n, n)
        ).T.tocsr()
        share = np.full(n, 1 / n)
        for _ in range(4000):
            share = chain @ share
        return float(share @ np.array(costs))

    def dual_index(self, fast_level: int, slow_level: int, cap: int = 99) -> Callable[[int, int], tuple[int, int]]:
        """Dual index, capped if asked."""

        def policy(stock: int, due: int) -> tuple[int, int]:
            fast = max(0, fast_level - stock)
            return fast, min(cap, max(0, slow_level - stock - due - fast))

        return policy

    def single_index(self, fast_level: int, slow_level: int) -> Callable[[int, int], tuple[int, int]]:
        """Single index."""

        def policy(stock: int, due: int) -> tuple[int, int]:
            fast = max(0, fast_level - stock - due)
            return fast, max(0, slow_level - stock - due - fast)

        return policy

    def base_surge(self, fast_level: int, base: int) -> Callable[[int, int], tuple[int, int]]:
        """Tailored base-surge."""
        return lambda stock, due: (max(0, fast_level - stock), base)


def best_lot(r: float, holding: float, penalty: float, fixed: float, rate: float, mean: float, sd: float) -> float:
    """Q that is best for a given r."""
    found = minimize_scalar(
        lambda Q: r_Q(r, Q, holding, penalty, fixed, rate, mean, sd), bounds=(10, 2000), method="bounded"
    )
    return float(found.x)
