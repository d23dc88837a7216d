"""Rankings by name, so that they can be listed and compared."""

from __future__ import annotations

from sim.core.registry import policy


@policy("shelf.ranking", "popularity")
class Popularity:
    """Consideration sets follow appeal and sales, the same for everybody."""


@policy("shelf.ranking", "personalised")
class Personalised:
    """Each place goes, with the ranking's quality, to the better of two SKUs for this shopper."""


@policy("shelf.ranking", "random")
class Random:
    """Every SKU of a category is as likely to be seen."""
