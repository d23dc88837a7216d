"""The arithmetic of the law: fines, withheld tax, the cost of a breach. Pure functions, amounts in CNY."""

from __future__ import annotations

import math


def within_band(least: float, most: float, gravity: float) -> float:
    """A fine within its band: ``gravity`` 0 is the least, 1 the most (values beyond are cut off)."""
    return least + (most - least) * min(1.0, max(0.0, gravity))


def withholding(payment: float) -> float:
    """Tax to be withheld from one payment of labour remuneration [G08].

    The base is the payment less 20% (less 800 CNY up to 4,000 CNY); 20% of it up to 20,000 CNY, 30% less 2,000 CNY up to
    50,000 CNY, 40% less 7,000 CNY above.
    """
    if payment <= 800.0:
        return 0.0
    base = payment - 800.0 if payment <= 4_000.0 else 0.8 * payment
    if base <= 20_000.0:
        return 0.2 * base
    if base <= 50_000.0:
        return 0.3 * base - 2_000.0
    return 0.4 * base - 7_000.0


def breach_cost(records: float, usual: float, cost: float, mega: float) -> float:
    """Cost of a breach of ``records``: a power law through the usual breach [G14] and one of a million records [G16]."""
    if records <= 0.0:
        return 0.0
    slope = math.log(mega / cost) / math.log(1e6 / usual)
    return cost * (records / usual) ** slope


def privacy_fine(
    records: float, customers: float, lacking: float, ordinary: float, serious: float, serious_from: float
) -> float:
    """Fine for a breach [G01]. ``lacking``: share of the protections asked for that were missing, 0 to 1.

    Below ``serious_from`` records the ordinary ceiling applies, from there on the serious one, in proportion to the share of
    customers concerned. Whoever lacked nothing is not fined.
    """
    if records <= 0.0 or lacking <= 0.0:
        return 0.0
    if records < serious_from:
        return ordinary * lacking
    return max(ordinary, serious * min(1.0, records / max(customers, 1.0))) * lacking
