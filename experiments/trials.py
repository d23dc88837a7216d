"""Experiments on simulated shops, one seed each: what the estimators of the literature are applied to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import statsmodels.api as sm

from sim.books.measures import measure_all
from sim.books.state import COLUMN
from sim.core.clock import ACTIONS, REVIEWS, call_after, wait
from sim.core.rng import decision
from sim.crowd.messages import messenger
from sim.crowd.state import OPTED_OUT
from sim.engine.marketplace import Marketplace
from sim.scenario import load
from sim.shelf.state import STALE

ROOT = Path(__file__).parents[1]
HALF = decision("estimator.half")
WEEK, DAY = 7, 1440
SHOP: dict[str, Any] = {
    "crowd.shoppers": 20_000, "shelf.catalogue.skus": 300, "supply.stock.initial": "90d of cover", "warmup": "7d",
}  # fmt: skip
#: the literature controls for feature and display: every article is as likely to be seen, promoted or not
PRICES = {"shelf__ranking__policy": "random"}
#: the shop's own ranking, which follows sales but is not told of promotions
SALES = {"shelf__ranking__promoted": 0.0}


def shop(seed: int, days: int, **overrides: Any) -> Marketplace:
    """A shop before its first minute; ``__`` in a name stands for a dot."""
    given = {name.replace("__", "."): value for name, value in overrides.items()}
    return Marketplace(load(ROOT / "scenarios" / "base.yaml", {**SHOP, "days": days, **given}), seed=seed)


def daily_units(market: Marketplace) -> np.ndarray:
    """Run to the end; float64[days, skus] of units ordered on each day that counts."""
    found = []
    for day in range(market.calendar.total_days):
        market.run_until((day + 1) * DAY)
        found.append(market.world.shelf.skus["sold"].astype(float))
    sold = np.diff(np.array([np.zeros_like(found[0]), *found]), axis=0)
    return sold[market.calendar.warmup_days :]


def date(day: int) -> str:
    """Day of the run, 0 the first that counts, as a date of a scenario that starts on 1 June."""
    return str(np.datetime64("2026-06-01") + day)


def cut(off: str, skus: str, first: int, last: int) -> dict[str, Any]:
    """A price cut from day ``first`` to the end of day ``last``, told to nobody before."""
    return {"kind": "discount", "off": off, "skus": skus, "from": date(first), "to": date(last + 1), "announced": date(first)}


def poisson_elasticity(units: np.ndarray, log_price: np.ndarray) -> float:
    """Coefficient of the log price in a Poisson regression of units [weeks, skus] with effects of weeks and of SKUs."""
    weeks, skus = units.shape
    sells = units.sum(axis=0) > 0
    y, x = units[:, sells].ravel(), log_price[:, sells].ravel()
    sku = np.tile(np.arange(sells.sum()), weeks)
    week = np.repeat(np.arange(weeks), sells.sum())
    design = np.column_stack([x, np.eye(sells.sum())[sku], np.eye(weeks)[week][:, 1:]])
    return float(sm.GLM(y, design, family=sm.families.Poisson()).fit(maxiter=50).params[0])


def promotional(seed: int, **overrides: Any) -> float:
    """Elasticity to cuts of 20% that last a week, on another tenth of the SKUs each week."""
    weeks = 6
    promotions = [cut("20%", "random 10%", WEEK * w, WEEK * w + 6) for w in range(weeks)]
    market = shop(seed, WEEK * weeks, shelf__promotions=promotions, **PRICES, **overrides)
    masks = np.array([window.mask for window in market.windows])
    units = daily_units(market).reshape(weeks, WEEK, -1).sum(axis=1)
    return poisson_elasticity(units, np.where(masks, np.log(0.8), 0.0))


def regular(seed: int, **ranking: Any) -> float:
    """Elasticity to a cut of 10% on a third of the SKUs that stays: four weeks before, the first left out, four weeks after."""
    given = ranking or PRICES
    market = shop(seed, WEEK * 9, shelf__promotions=[cut("10%", "random 33%", WEEK * 4, WEEK * 9 - 1)], **given)
    mask = market.windows[0].mask
    units = daily_units(market).reshape(9, WEEK, -1).sum(axis=1)[[0, 1, 2, 3, 5, 6, 7, 8]]
    held = np.repeat([0.0, 1.0], 4)[:, None] * mask
    return poisson_elasticity(units, held * np.log(0.9))


def regular_ranked(seed: int) -> float:
    """The same in a shop whose ranking follows sales."""
    return regular(seed, **SALES)


def bump(seed: int) -> dict[str, float]:
    """A week's cut of 20% on a quarter of the food, against the same seed without: where the extra units come from.

    Bump = extra units of the promoted SKUs in the week. Cross-brand = what other food loses in it; cross-period = what
    food loses in the six weeks after; expansion = the rest (van Heerde et al. 2004, store data).
    """
    first, weeks = WEEK, 8
    market = shop(seed, WEEK * weeks, shelf__promotions=[cut("20%", "random 25%", first, first + 6)], **PRICES)
    food = market.world.shelf.skus["category"] == market.category_names.index("food")
    mask = market.windows[0].mask
    mask &= food  # in place: the calendar holds this array
    on = daily_units(market).reshape(weeks, WEEK, -1).sum(axis=1)
    off = daily_units(shop(seed, WEEK * weeks, **PRICES)).reshape(weeks, WEEK, -1).sum(axis=1)
    extra = on - off
    own, others = extra[1, mask].sum(), extra[1, food & ~mask].sum()
    return {
        "bump": own,
        "brand": -others,
        "period": -extra[2:, food].sum(),
        "promoted": on[1, mask].sum(),
        "usual": off[1, mask].sum(),
        "others": off[1, food & ~mask].sum(),
    }


def dip(seed: int) -> np.ndarray:
    """float64[9]: relative change of all units in the week of a cut of 20% on everything and in the eight after."""
    weeks = 10
    on = daily_units(shop(seed, WEEK * weeks, shelf__promotions=[cut("20%", "all", WEEK, WEEK + 6)], **PRICES))
    off = daily_units(shop(seed, WEEK * weeks, **PRICES))
    weekly = [x.sum(axis=1).reshape(weeks, WEEK).sum(axis=1) for x in (on, off)]
    return np.asarray(weekly[0][1:] / weekly[1][1:] - 1.0)


def topping_up(seed: int) -> tuple[float, float]:
    """(share of baskets below 300 CNY that were padded to it, share of padded orders whose filler came back)."""
    reduction = {"kind": "full_reduction", "every": "300 CNY", "off": "50 CNY", "from": date(0), "to": date(28)}
    market = shop(seed, 28, shelf__promotions=[reduction])
    seen, below = -1, 0

    def watch() -> Any:
        nonlocal seen, below
        while True:
            yield wait(market.env, 120.0, REVIEWS)
            orders = market.world.fulfilment.orders
            new = orders[(orders["shopper"] >= 0) & (orders["serial"] > seen)]
            if not len(new):
                continue
            seen = int(new["serial"].max())
            if market.env.now > market.calendar.warmup:
                below += int((new["list_value"].sum(axis=1) < 30_000).sum())

    market.env.process(watch())
    market.run()
    start = market.calendar.warmup // 60
    series = market.world.books.series[start:]
    padded, back = series[:, COLUMN["topped_up"]].sum(), series[:, COLUMN["topped_up_returned"]].sum()
    return float(padded / (padded + below)), float(back / max(1.0, padded))


def coupons(seed: int) -> tuple[float, float]:
    """Redemption of (coupons that visitors claim, vouchers that go to every customer unasked)."""
    claimed = {"kind": "coupon", "threshold": "199 CNY", "off": "20 CNY", "budget": "9M CNY", "from": date(0), "to": date(14)}
    market = shop(seed, 14, shelf__promotions=[claimed])
    market.run()
    mass = shop(seed, 14, crowd__coupons={
        "policy": "everyone", "budget": "90M CNY", "every": "14d", "tell": False,
        "vouchers": {"all": {"off": "20 CNY", "threshold": "199 CNY", "valid": "14d"}},
    })  # fmt: skip
    mass.run()
    return measure_all(market)["coupon_redemption"], measure_all(mass)["voucher_redemption"]


def messages(seed: int) -> dict[str, float]:
    """Half of the shoppers get a message about abandoned carts; orders of both halves within three days of the occasion."""
    market = shop(seed, 28, crowd__messages={"policy": "triggered", "expiring": False, "back_in_stock": False})
    rows = market.world.crowd.rows
    held = market.draws.uniform(HALF, np.arange(len(rows))) < 0.5
    rows["flags"][held] |= OPTED_OUT
    post = messenger(market)
    counted = {True: [0, 0], False: [0, 0]}
    placed = recipients = 0
    send = post.send

    def watched(purpose: str, shoppers: np.ndarray, **more: Any) -> np.ndarray:
        nonlocal recipients
        reached = post.willing(shoppers)
        control = shoppers[held[shoppers]]
        clicked = send(purpose, shoppers, **more)
        now = market.env.now
        if now < market.calendar.warmup or now > market.calendar.end - 3 * DAY:
            return clicked
        recipients += len(reached)
        for group, who in ((True, reached), (False, control)):
            counted[group][0] += len(who)
            before = rows["orders"][who].copy()
            call_after(market.env, 3.0 * DAY, REVIEWS, lambda g=group, w=who, b=before: bought(g, w, b))
        before = rows["orders"][clicked].copy()
        call_after(market.env, 1.0 * DAY, REVIEWS, lambda w=clicked, b=before: attributed(w, b))
        return clicked

    def bought(group: bool, who: np.ndarray, before: np.ndarray) -> None:
        counted[group][1] += int((rows["orders"][who] > before).sum())

    def attributed(who: np.ndarray, before: np.ndarray) -> None:
        nonlocal placed
        placed += int((rows["orders"][who] > before).sum())

    post.send = watched  # type: ignore[method-assign, assignment]
    market.run()
    rate = {group: done / max(1, n) for group, (n, done) in counted.items()}
    return {
        "click": sum(post.clicked.values()) / sum(post.sent.values()),
        "recovered": rate[True] - rate[False],
        "placed": placed / max(1, recipients),
    }


def opting_out(seed: int) -> tuple[float, float]:
    """(share of those left who opt out in the third week of three messages a day, clicks of the seventh ÷ the first)."""
    market = shop(seed, 22, crowd__messages__per_week=100, crowd__shoppers=10_000)
    rows = np.flatnonzero(market.world.crowd.rows["orders"] > 0)
    gone = []
    clicks = []
    for day in range(21):
        for hour in (9, 14, 20):
            market.run_until(DAY * day + 60 * hour)
            before = messenger(market).clicked["broadcast"]
            sent = messenger(market).sent["broadcast"]
            messenger(market).send("broadcast", rows)
            new = messenger(market).sent["broadcast"] - sent
            clicks.append((messenger(market).clicked["broadcast"] - before) / max(1, new))
        gone.append(float(((market.world.crowd.rows["flags"][rows] & OPTED_OUT) > 0).mean()))
    return (gone[20] - gone[13]) / (1.0 - gone[13]), clicks[6] / clicks[0]


def rival_prices(seed: int) -> float:
    """Log change of our units ÷ log change of the price of the only rival, 95% against 105% of ours."""
    low, high = (
        daily_units(shop(seed, 28, rivals__platforms={"other": {"price": price}})).sum() for price in ("95%", "105%")
    )
    return float(np.log(high / low) / np.log(1.05 / 0.95))


def a_day_faster(seed: int) -> float:
    """Relative change of orders when every page promises delivery a day sooner than it otherwise would."""
    def orders(days: float) -> float:
        market = shop(seed, 28)

        def shift() -> None:
            market.world.shelf.pages["promise"] += days
            market.world.shelf.setting[STALE] = 1.0

        def midnights() -> Any:
            while True:
                yield wait(market.env, 0.0 if market.env.now == 0 else DAY - market.env.now % DAY, ACTIONS)
                shift()
                yield wait(market.env, 1.0, ACTIONS)

        market.env.process(midnights())
        market.run()
        return measure_all(market)["orders"]

    return orders(3.0) / orders(4.0) - 1.0


def repurchase(seed: int) -> float:
    """Buyers with a second order within 30 days."""
    market = shop(seed, 30)
    market.run()
    return measure_all(market)["repurchase_rate"]
