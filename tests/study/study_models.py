"""Small models whose truth is known, for studies of the study layer itself.

They are real simulations drawn from the same named draws as the marketplace.
"""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np
from scipy import stats

from sim.core.rng import Draws, decision
from sim.study.model import BaseModel, Measure

NOISE = decision("test.noise")
OWN = decision("test.own_noise")
DEMAND = decision("test.demand")
ARRIVAL = decision("test.arrival")
SERVICE = decision("test.service")
ARM = decision("test.arm")
BUY = decision("test.buy")


class Gaussian(BaseModel):
    """profit = mean + shared noise + own noise; the shared part is what common random numbers cancel."""

    name = "gaussian"

    def __init__(self, **base: Any) -> None:
        super().__init__({"mean": 0.0, "shared": 1.0, "own": 1.0, "policy": 0, "cost": 0.0, **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        draws = Draws(seed, replication)
        shared = resolved["shared"] * float(draws.normal(NOISE))
        own = resolved["own"] * float(draws.normal(OWN, int(resolved["policy"])))
        profit = resolved["mean"] + shared + own
        return {"profit": profit, "cost": resolved["cost"] - 0.5 * shared, "size": abs(shared)}

    def measures(self) -> dict[str, Measure]:
        return {
            "profit": Measure("profit", "profit", "利润", "CNY", True),
            "cost": Measure("cost", "cost", "成本", "CNY", False),
        }


class Slow(Gaussian):
    """The same, taking a while; for interruptions, worker deaths and overhead."""

    name = "slow"

    def __init__(self, seconds: float = 0.02, die_at: int = -1, marker: str = "", **base: Any) -> None:
        super().__init__(**base)
        self.seconds, self.die_at, self.marker = seconds, die_at, marker

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        if replication == self.die_at and not os.path.exists(self.marker):
            with open(self.marker, "w") as handle:
                handle.write("died here once")
            os._exit(9)
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return super().run(resolved, seed, replication)


class Newsvendor(BaseModel):
    """One festival day of one product: order q, demand normal; cost has a closed form (Snyder & Shen, Ex. 4.3)."""

    name = "newsvendor"

    def __init__(self, **base: Any) -> None:
        super().__init__({"order": 50.0, "mean": 50.0, "sd": 8.0, "holding": 0.18, "penalty": 0.7, **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        demand = resolved["mean"] + resolved["sd"] * float(Draws(seed, replication).normal(DEMAND))
        over, under = max(0.0, resolved["order"] - demand), max(0.0, demand - resolved["order"])
        cost = resolved["holding"] * over + resolved["penalty"] * under
        return {"cost": cost, "fill_rate": 1.0 - under / max(demand, 1e-9), "stock": over}

    def measures(self) -> dict[str, Measure]:
        return {"cost": Measure("cost", "cost", "成本", "CNY", False)}

    @staticmethod
    def expected_cost(
        order: float, mean: float = 50.0, sd: float = 8.0, holding: float = 0.18, penalty: float = 0.7
    ) -> float:
        """h E(q - D)+ + p E(D - q)+ for normal demand."""
        z = (order - mean) / sd
        short = sd * (stats.norm.pdf(z) - z * stats.norm.sf(z))
        return float(holding * (order - mean + short) + penalty * short)


class Queue(BaseModel):
    """M/M/c by the exact recursion of waiting times (Kiefer & Wolfowitz), mean service 1; stable if load < servers."""

    name = "queue"

    def __init__(self, **base: Any) -> None:
        super().__init__({"load": 0.8, "servers": 1, "customers": 4000, **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        n, draws = int(resolved["customers"]), Draws(seed, replication)
        who = np.arange(n)
        gaps = draws.exponential(ARRIVAL, who) / resolved["load"]
        services = draws.exponential(SERVICE, who)
        free = [0.0] * int(resolved["servers"])
        now, waits = 0.0, np.empty(n)
        for index in range(n):
            now += gaps[index]
            first = min(range(len(free)), key=free.__getitem__)
            begin = max(now, free[first])
            free[first] = begin + services[index]
            waits[index] = begin - now
        half = n // 2
        # in a stable queue the second half waits no longer than the first; in an unstable one the wait grows linearly
        return {"wait": float(waits.mean()), "growth": float(waits[half:].mean() - waits[:half].mean())}


class BaseStock(BaseModel):
    """Base-stock S under constant demand d a day; the supplier is out for ``outage`` days: stock lasts S/d days."""

    name = "base_stock"

    def __init__(self, **base: Any) -> None:
        super().__init__({"base_stock": 100.0, "demand": 10.0, "noise": 0.0, "outage": "0d", **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        from sim.core.units import parse_duration

        days = parse_duration(resolved["outage"]) / 1440.0
        rate = resolved["demand"] * (1.0 + resolved["noise"] * float(Draws(seed, replication).normal(DEMAND)))
        return {"lost_sales": max(0.0, rate * days - resolved["base_stock"])}

    def measures(self) -> dict[str, Measure]:
        return {"lost_sales": Measure("lost_sales", "lost sales", "缺货损失", "units", False)}


class Ishigami(BaseModel):
    """sin x1 + a sin^2 x2 + b x3^4 sin x1 on [-pi, pi]^3 with a = 7, b = 0.1 (Ishigami & Homma 1990)."""

    name = "ishigami"

    def __init__(self) -> None:
        super().__init__({"x1": 0.0, "x2": 0.0, "x3": 0.0})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        x1, x2, x3 = resolved["x1"], resolved["x2"], resolved["x3"]
        return {"profit": math.sin(x1) + 7.0 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)}


class Shop(BaseModel):
    """An A/B test with or without shared stock. Arm b converts ``lift`` better; stock shared between arms interferes.

    Visitors arrive in order; each wants to buy with its arm's probability and does if stock is left.
    """

    name = "shop"

    def __init__(self, **base: Any) -> None:
        super().__init__({"share_b": 0.5, "base": 0.10, "lift": 0.02, "visitors": 4000, "stock": 10**9, **base})

    def run(self, resolved: dict[str, Any], seed: int, replication: int) -> dict[str, float]:
        draws, who = Draws(seed, replication), np.arange(int(resolved["visitors"]))
        in_b = np.asarray(draws.uniform(ARM, who)) < resolved["share_b"]
        wants = np.asarray(draws.uniform(BUY, who)) < resolved["base"] + resolved["lift"] * in_b
        sold = wants & (np.cumsum(wants) <= resolved["stock"])
        result: dict[str, float] = {"orders": float(sold.sum()), "visits": float(who.size)}
        for arm, mask in (("a", ~in_b), ("b", in_b)):
            result[f"ab.{arm}.orders"] = float(sold[mask].sum())
            result[f"ab.{arm}.visits"] = float(mask.sum())
        return result


def sequential_study(seconds: float, executor: str, store: Any, out: Any) -> None:
    """A comparison that goes on until it is precise; each of its runs takes ``seconds``."""
    from sim.study import api

    compared = {"a": {"policy": 1}, "b": {"policy": 2, "mean": 0.2}}
    until = {"min": 20, "max": 60, "until": {"kpi": "profit", "half_width": 0.3}}
    model = Slow(seconds=seconds)
    api.compare(model, compared, kpis=["profit", "cost"], replications=until, executor=executor, store=store, out=out)
