"""Events of the crowd do what they say, for as long as they say."""

from __future__ import annotations

import numpy as np
import pytest
from programme_runs import SMALL, fresh, market

from sim.books.state import COLUMN
from sim.core.errors import SimError
from sim.core.registry import get_event
from sim.platform.state import SEARCH


def visits(made: object) -> np.ndarray:
    series: np.ndarray = made.world.books.series  # type: ignore[attr-defined]
    return series[:, COLUMN["visits"]].reshape(-1, 24).sum(axis=1)


def with_event(**event: object) -> object:
    return market({"events": [event]})


def test_a_surge_multiplies_visits_while_it_lasts() -> None:
    off = visits(market())
    on = visits(with_event(at="06-03 00:00", do="crowd.surge", factor=2.0, **{"for": "2d"}))
    assert (on[:4] == off[:4])[:2].all()
    assert on[4:6].sum() / off[4:6].sum() == pytest.approx(2.0, rel=0.08)
    assert on[7:].sum() / off[7:].sum() == pytest.approx(1.0, rel=0.05)


def test_a_surge_of_one_category_leaves_the_others_what_they_had() -> None:
    off, on = market(), with_event(at="06-02 00:00", do="crowd.surge", target="food", factor=4.0, **{"for": "4d"})
    sold = [np.bincount(m.world.shelf.skus["category"], m.world.shelf.skus["sold"], 8) for m in (off, on)]  # type: ignore[attr-defined]
    food = off.category_names.index("food")
    others = np.arange(8) != food
    assert sold[1][food] > 1.5 * sold[0][food]
    assert sold[1][others].sum() / sold[0][others].sum() == pytest.approx(1.0, rel=0.12)
    assert on.world.shelf.categories["need"] == pytest.approx(off.world.shelf.categories["need"])  # type: ignore[attr-defined]


def test_a_rumour_lowers_the_satisfaction_of_those_who_hear_it() -> None:
    made = fresh()
    before = made.world.crowd.rows["satisfaction"].copy()
    get_event("crowd.rumour").function(made, share="40%", size=0.2)
    fall = before - made.world.crowd.rows["satisfaction"]
    heard = fall > 0
    assert heard.mean() == pytest.approx(0.4, abs=0.03) and fall[heard] == pytest.approx(0.2, abs=1e-6)


def test_a_campaign_spends_its_budget_once_and_brings_visits() -> None:
    on = with_event(at="06-03 00:00", do="crowd.campaign", budget="200k CNY", click="10%")
    spent = sum(account.spent for account in on.notices["acquirer"].accounts.values())  # type: ignore[attr-defined]
    assert spent == 200_000 * 100 / on.weight  # type: ignore[attr-defined]
    assert visits(on)[4] > 1.05 * visits(market())[4]


def test_a_broadcast_writes_to_every_customer_once() -> None:
    on = with_event(at="06-03 10:00", do="crowd.broadcast")
    assert 0 < on.world.books.series[:, COLUMN["messages"]].sum() <= SMALL["crowd.shoppers"]  # type: ignore[attr-defined]


def test_wrong_arguments_are_refused_by_name() -> None:
    with pytest.raises(SimError, match=r"accepted: apparel"):
        get_event("crowd.surge").function(fresh(), target="toys")
    with pytest.raises(SimError, match=r"crowd.campaign: budget"):
        get_event("crowd.campaign").function(fresh(), budget="a lot")


def test_those_a_message_brings_load_the_platform() -> None:
    # half of them within minutes, so that the load of the hour after is theirs
    quick = {"crowd.messages.delay": "30min", "crowd.messages.open": "90%"}
    off = market(quick)
    on = market({**quick, "events": [{"at": "06-03 20:00", "do": "crowd.broadcast"}]})
    start = 4 * 1440 + 20 * 60
    asked = [m.world.platform.actions[:, SEARCH, 0] for m in (off, on)]
    assert (asked[0][: start + 1] == asked[1][: start + 1]).all()
    came = on.world.books.series[:, COLUMN["trigger_visits"]].sum() * on.weight
    after = slice(start + 1, start + 301)
    assert came > 0 and asked[1][after].sum() - asked[0][after].sum() == pytest.approx(came, rel=0.05)
    assert asked[1][start + 1 : start + 61].sum() > 1.5 * asked[0][start + 1 : start + 61].sum()
    # a row stands for a hundred people who do not click in the same minute
    jump = np.abs(np.diff(asked[1][after])).max()
    assert jump < 0.2 * asked[1][after].max()
