"""The laws of the machine room notice what they are there to notice."""

from __future__ import annotations

import pytest
from machine_room import Room, single

from sim.books.laws import LawBroken
from sim.platform.laws import law_little, law_requests


@pytest.fixture
def queueing():
    """A room with a queue in it: 12/s at 10/s for three minutes."""
    return Room(single(rate=12.0, service={"timeout": "10min"}), rate=0.0).run(3)


@pytest.mark.parametrize("field", ["arrived", "served", "refused", "dropped", "queue"])
def test_a_request_that_vanishes_or_appears_breaks_the_law_of_requests(queueing, field):
    law_requests(queueing.platform)
    queueing.platform.live[field][0] += 1.0
    with pytest.raises(LawBroken, match="requests"):
        law_requests(queueing.platform)


@pytest.mark.parametrize("field", ["queue_area", "waited"])
def test_a_request_second_too_many_breaks_littles_law(queueing, field):
    law_little(queueing.platform)
    queueing.platform.live[field][0] += 1.0
    with pytest.raises(LawBroken, match="little"):
        law_little(queueing.platform)


def test_an_answer_nobody_asked_for_breaks_the_law_of_requests(queueing):
    queueing.platform.balance[0, 3] += 1.0
    with pytest.raises(LawBroken, match="user action 0"):
        law_requests(queueing.platform)
