"""An event is given what it takes: more is refused, and a drill's length of a fault is told to those alone that last."""

from types import SimpleNamespace

import numpy as np
import pytest

import sim.crowd.events  # noqa: F401  (registers them)
from sim.core.errors import SimError
from sim.engine.marketplace import Marketplace
from sim.engine.withdraw import Fault


def event(**said):
    return SimpleNamespace(**{"do": "crowd.broadcast", "target": None, "lasts": None, "arguments": {}, **said})


@pytest.mark.parametrize("said", [{"target": "food"}, {"lasts": 60.0}, {"arguments": {"share": 0.5}}])
def test_what_an_event_does_not_take_is_refused_before_anything_happens(said):
    market = SimpleNamespace()
    with pytest.raises(SimError, match=r"crowd\.broadcast: got an unexpected keyword argument"):
        Marketplace.apply(market, event(**said))


@pytest.mark.parametrize(("name", "told"), [("crowd.rumour", None), ("crowd.surge", 60.0)])
def test_a_drill_counts_the_length_of_a_fault_that_has_none_of_its_own(name, told):
    given = []
    market = SimpleNamespace(
        env=SimpleNamespace(now=100.0, _queue=[]), notices={}, apply=given.append,
        world=SimpleNamespace(platform=SimpleNamespace(effects=np.zeros(1, np.int64))),
    )  # fmt: skip
    fault = Fault(market, event(do=name, lasts=60.0))
    assert given[0].lasts == told
    assert (fault.is_over(159.0), fault.is_over(160.0)) == (False, True)
