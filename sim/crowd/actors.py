"""Those who run the crowd's programmes. Nobody does anything until a scenario asks for it."""

from __future__ import annotations

from typing import Any

from sim.core.errors import SimError
from sim.core.registry import get_policy
from sim.crowd.acquisition import acquirer, make_prospects
from sim.crowd.messages import messenger
from sim.crowd.state import N_MEASURED


def populate(market: Any) -> None:
    """Turn rows into prospects and begin every programme that has a section."""
    config = market.config.crowd
    if market.alone or len(market.world.crowd.rows) == 0:
        return
    market.world.crowd.counts[N_MEASURED] = market.calendar.warmup
    make_prospects(market)
    if config.acquisition is not None:
        acquirer(market)
    if config.messages.policy != "none":
        get_policy("crowd.messages", config.messages.policy)(market, messenger(market))
    if config.membership is not None and config.membership.adviser is not None:
        for name in config.membership.adviser.categories:
            if name not in market.category_names:
                known = ", ".join(market.category_names)
                raise SimError(f"crowd.membership.adviser.categories: found {name!r}, accepted: {known}")
    for slot in ("coupons", "membership", "private_domain", "win_back", "invitations"):
        section = getattr(config, slot)
        if section is not None:
            market.notices[f"crowd.{slot}"] = get_policy(f"crowd.{slot}", section.policy)(market, section)
