"""Raising a price so that a later cut looks deeper.

The list price goes up, and with it every price worked out from it. Shoppers see the true price: their utility falls by the
weight of the regular price. What is fooled is the comparison of a cut with the list price, the transaction utility.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.arguments import Goods, Part, minutes, share
from sim.core.clock import ACTIONS, call_after
from sim.core.errors import SimError, UnitError
from sim.core.registry import event
from sim.crowd.state import P_REGULAR
from sim.shelf.promotions import select
from sim.shelf.state import STALE


@event("shelf.raise_prices", kind="action", forbids="shelf.trends")
def raise_prices(
    market: Any, for_minutes: Any = None, magnitude: Part | None = None, skus: Goods = "all"
) -> None:
    """List prices of some `skus` go up by `magnitude` (10%) for a time (14d), ahead of a promotion."""
    if market.config.shelf.trends is not None:
        raise SimError("shelf.raise_prices: found shelf.trends, accepted with it: none; both write what goods are worth")
    office = market.notices.get("oversight")
    if office is not None and not office.approve("raise_prices"):
        return
    try:
        rise = share(magnitude, 0.1)
        chosen = select(skus, market.world.shelf.skus, market.category_names, market.draws, 0)
    except (UnitError, ValueError) as error:
        raise SimError(f"shelf.raise_prices: {error}") from None
    lasting = minutes(for_minutes or None, 14.0 * 1440.0)
    goods = market.world.shelf.skus
    before = goods["list_price"][chosen].copy()
    after = np.rint(before * (1.0 + rise)).astype(np.int64)
    _relist(market, chosen, before, after)
    call_after(market.env, lasting, ACTIONS, lambda: _relist(market, chosen, after, before))


def _relist(market: Any, chosen: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
    """List prices int64[chosen], fen, go from ``before`` to ``after``; pages and utility follow."""
    shelf = market.world.shelf
    goods = shelf.skus
    weight = market.world.crowd.params[P_REGULAR] * shelf.categories["sensitivity"][goods["category"][chosen]]
    goods["list_price"][chosen] = after
    for name in ("price", "price_beyond"):
        goods[name][chosen] = np.rint(goods[name][chosen] * (after / before)).astype(np.int64)
    goods["quality"][chosen] -= (weight * np.log(after / before)).astype(np.float32)
    shelf.setting[STALE] = 1.0
    mean = float(np.mean(after / before)) if len(before) else 1.0  # of a few goods "top 5%" may be none
    market.journal.record("shelf", "list_prices", "", mean - 1.0)
