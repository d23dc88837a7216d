"""The goods: SKUs drawn from a compact description or read from a table, sorted by category."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.rng import Draws, decision
from sim.shelf.config import Catalogue
from sim.shelf.state import CATEGORY, SKU

PRICE = decision("sku.price")
APPEAL = decision("sku.appeal")
SKU_QUALITY = decision("sku.quality")
POSITION = decision("sku.position")
EXCLUSIVE = decision("sku.exclusive")
RATING = decision("sku.rating")

PRIOR_REVIEWS = 20.0  # reviews a rating starts from, so that one early voice does not decide it
MEAN_RATING = 4.6  # of 5, the usual mean on marketplaces


def build_categories(config: Catalogue, frame: Any = None) -> np.ndarray:
    """CATEGORY[categories]: SKUs are dealt out by need, each category getting at least one, or counted in ``frame``, the
    table of goods."""
    names = list(config.categories)
    if not 1 <= len(names) <= 12:
        raise ValueError("shelf.catalogue.categories: between 1 and 12 categories")
    need = np.array([config.categories[name].need for name in names])
    count = _dealt(config.skus, need) if frame is None else counts_of(frame, names)
    table = np.zeros(len(names), CATEGORY)
    table["need"] = need / need.sum()
    table["count"] = count
    table["first"] = np.concatenate([[0], np.cumsum(count)[:-1]])
    for row, name in zip(table, names, strict=True):
        category = config.categories[name]
        row["sensitivity"] = category.sensitivity
        row["cover_days"] = category.cover / 1440.0
        row["expansion"] = category.expansion
        row["return_propensity"] = category.returns
    return table


def _dealt(skus: int, need: np.ndarray) -> np.ndarray:
    count = np.maximum(np.floor(skus * need / need.sum()).astype(int), 1)
    while count.sum() < skus:
        count[np.argmax(need / count)] += 1
    while count.sum() > skus and count.max() > 1:
        count[np.argmax(count)] -= 1
    return count


def build_skus(config: Catalogue, categories: np.ndarray, draws: Draws, frame: Any = None) -> np.ndarray:
    """SKU[skus]: list price lognormal, appeal lognormal, quality normal, position normal in taste space.

    ``frame``: a checked table of goods, whose columns take the place of what is drawn.
    """
    total = int(categories["count"].sum())
    skus = np.zeros(total, SKU)
    number = np.arange(total)
    specs = list(config.categories.values())
    category = np.repeat(np.arange(len(specs)), categories["count"])
    skus["category"] = category
    median = np.array([spec.price for spec in specs])[category]
    spread = np.array([spec.price_spread for spec in specs])[category]
    margin = np.array([spec.margin for spec in specs])[category]
    price = median * np.exp(spread * draws.normal(PRICE, number))
    # shelf prices end in 9: a whole yuan, at least 5
    yuan = np.maximum(np.rint(price / 10.0) * 10.0 - 1.0, np.maximum(np.rint(price), 5.0) * (price < 15.0))
    skus["list_price"] = np.maximum(yuan, 5.0).astype(np.int64) * 100
    # a dearer article of a category earns a somewhat lower share, a cheaper one a higher
    skus["unit_cost"] = np.rint(skus["list_price"] * (1.0 - margin)).astype(np.int64)
    skus["quality"] = config.quality_spread * draws.normal(SKU_QUALITY, number)
    appeal = np.exp(config.concentration * draws.normal(APPEAL, number))
    for row in categories:
        part = slice(row["first"], row["first"] + row["count"])
        order = np.argsort(-appeal[part], kind="stable")
        appeal[part] = appeal[part][order]
        heroes = max(1, round(config.hero_share * row["count"]))
        skus["hero"][part.start : part.start + heroes] = 1
        skus["appeal"][part] = appeal[part] / appeal[part].sum()
    skus["exclusive"] = draws.uniform(EXCLUSIVE, number) < config.exclusive_share
    for axis in range(4):
        skus["position"][:, axis] = np.clip(64.0 * draws.normal(POSITION, number, 0, axis), -127, 127)
    skus["return_propensity"] = categories["return_propensity"][category]
    skus["supplier"] = -1
    if frame is not None:
        read_skus(frame, config, categories, skus)
    rating = np.clip(MEAN_RATING + 0.15 * skus["quality"] + 0.1 * draws.normal(RATING, number), 3.0, 5.0)
    skus["rating_count"] = PRIOR_REVIEWS
    skus["rating_sum"] = PRIOR_REVIEWS * rating
    reset_boards(skus)
    return skus


def counts_of(frame: Any, names: list[str]) -> np.ndarray:
    """int64[categories]: rows of a checked table of goods in each category of ``names``."""
    return np.array([int((frame["category"] == name).sum()) for name in names])


def read_skus(frame: Any, config: Catalogue, categories: np.ndarray, skus: np.ndarray) -> None:
    """Put a checked table's goods in the place of generated ones; columns left out keep what was drawn.

    Within a category the rows are taken in the order of ``appeal``, the most popular first, as everywhere; without that
    column the order of the file is the order of popularity.
    """
    names = list(config.categories)
    place = frame["category"].map({name: number for number, name in enumerate(names)}).to_numpy(int)
    appeal = frame["appeal"].to_numpy(float) if "appeal" in frame else np.zeros(len(frame))
    frame = frame.iloc[np.lexsort((-appeal, place))]
    skus["list_price"] = np.rint(frame["list_price"].to_numpy(float) * 100.0).astype(np.int64)
    margin = np.array([spec.margin for spec in config.categories.values()])[skus["category"]]
    cost = frame["unit_cost"].to_numpy(float) * 100.0 if "unit_cost" in frame else skus["list_price"] * (1.0 - margin)
    skus["unit_cost"] = np.rint(cost).astype(np.int64)
    for column, field in (("quality", "quality"), ("returns", "return_propensity"), ("hero", "hero"), ("exclusive", "exclusive")):
        if column in frame:
            skus[field] = frame[column].to_numpy()
    if "appeal" in frame:
        for row in categories:
            part = slice(row["first"], row["first"] + row["count"])
            appeal = frame["appeal"].to_numpy(float)[part]
            skus["appeal"][part] = appeal / appeal.sum()


def reset_boards(skus: np.ndarray) -> None:
    """Every board at its state without any promotion."""
    skus["price"] = skus["price_beyond"] = skus["list_price"]
    skus["member_price"] = 0
    skus["deposit"] = 0.0
    skus["balance_at"] = 0
    skus["announced_price"] = 0
    skus["announced_at"] = -1
    skus["full_reduction"] = 0
    skus["exposure"] = 0.0
    skus["impulse"] = 0.0
    skus["cash_back"] = 0
    skus["origin"] = 0
    skus["quota"] = -1
