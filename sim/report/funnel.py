"""How many go each step of the way: shoppers from visit to door, goods from demand to kept."""

from __future__ import annotations

from dataclasses import dataclass

from sim.core.wording import number, plain
from sim.report.folder import Run
from sim.report.words import Words


@dataclass(frozen=True)
class Step:
    """One step with its number in the period, and how it stands to the step above."""

    name: str
    value: float
    beside: str = ""  # "37.3%" of the step above, "1.17 each", or nothing where a share would mean nothing


def shopper_steps(run: Run, words: Words) -> list[Step]:
    """From visits to orders delivered; orders of attackers never went to a checkout and are left out, free trials too.

    A checkout leads to one order, to none, or to several: presold articles and each one bought in a group are orders
    of their own.
    """
    if not run.has_shoppers:
        return []
    sums = run.counted.select_dtypes("number").sum()

    def total(name: str) -> float:
        return float(sums.get(name, 0.0))

    people = total("orders") - total("bot_orders")
    counts = [("visits", total("visits")), ("carts", total("carts")), ("checkouts", total("checkouts"))]
    if run.has("carts_ordered"):
        counts.append(("carts_ordered", total("carts_ordered")))
    counts += [("orders", people), ("paid", people - total("unpaid_orders"))]
    if run.has("delivered_orders"):
        counts.append(("delivered", total("delivered_orders")))
    return _steps(counts, words)


def unit_steps(run: Run, words: Words) -> list[Step]:
    """From units asked for to units kept."""
    if not run.has("demanded_units"):
        return []
    sums = run.counted.select_dtypes("number").sum()
    counts = [("demanded", float(sums["demanded_units"])), ("served", float(sums["served_units"]))]
    if run.has("picked_units"):
        picked = float(sums["picked_units"])
        counts += [("picked", picked), ("kept", picked - float(sums["returned_units"]))]
    return _steps(counts, words)


def several(run: Run) -> bool:
    """Whether some checkouts made several orders."""
    counted = run.counted
    if not run.has("carts_ordered"):
        return False
    return bool((counted["orders"] - counted["bot_orders"]).sum() > counted["carts_ordered"].sum())


def _steps(counts: list[tuple[str, float]], words: Words) -> list[Step]:
    found = []
    above: tuple[str, float] | None = None
    for name, value in counts:
        beside = ""
        if above is not None and above[1] > 0.0:
            if above[0] == "carts_ordered":
                beside = words("each", n=plain(value / above[1], 3))
            elif value <= above[1]:
                beside = number(value / above[1], "share", words.lang)
        found.append(Step(words[f"step_{name}"], value, beside))
        above = (name, value)
    return found
