"""How a rival answers our prices: one class a reaction, registered by name.

``answer`` gets what the rival saw of us when it looked, not what is there when its answer comes out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.registry import policy

NONE = np.inf  # log price of no answer


class _Reaction:
    """Base of the reactions. ``section``: the rival's `reaction`."""

    def __init__(self, section: Any) -> None:
        self.section = section

    def answer(self, rival: Any, ours: np.ndarray) -> None:
        """Answer our log prices float64[categories]."""

    def _challenged(self, rival: Any, ours: np.ndarray) -> np.ndarray:
        """bool[categories]: we are cheaper than the rival's own price by more than it puts up with."""
        return np.asarray(ours < rival.own + np.log1p(-self.section.threshold))


@policy("rivals.reaction", "none")
class Indifferent(_Reaction):
    """The rival does not look at our prices."""


@policy("rivals.reaction", "match")
class Match(_Reaction):
    """Our price where we are cheaper, down to the margin floor; back to its own once we are back."""

    def answer(self, rival: Any, ours: np.ndarray) -> None:
        """Answer our log prices."""
        rival.reply(np.where(self._challenged(rival, ours), np.maximum(ours, rival.floor), NONE))


@policy("rivals.reaction", "undercut")
class Undercut(_Reaction):
    """A little below our price where we are cheaper, down to the margin floor."""

    def answer(self, rival: Any, ours: np.ndarray) -> None:
        """Answer our log prices."""
        lower = ours + np.log1p(-self.section.undercut)
        rival.reply(np.where(self._challenged(rival, ours), np.maximum(lower, rival.floor), NONE))


@policy("rivals.reaction", "war")
class War(_Reaction):
    """Round after round below the lower of both prices until the margin floor; it ends when we are back at its own price."""

    def answer(self, rival: Any, ours: np.ndarray) -> None:
        """Answer our log prices."""
        challenged = self._challenged(rival, ours)
        if challenged.any():
            rival.begin_war(challenged, self.section.step, self.section.lasts, provoked=True)
        else:
            rival.retreat()
