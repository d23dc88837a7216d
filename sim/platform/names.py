"""Words that both the section of a scenario file and the compiled state use; it imports no kernels."""

from __future__ import annotations

#: what a user does on the site, in the order of the arrays
ACTION_NAMES = ("browse", "search", "cart", "order", "pay", "care")
ATTEMPTS = 5  # most attempts of one call, the first included
