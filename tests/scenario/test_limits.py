"""Every value a file may hold is refused with its path when it is loaded, or the run with it ends lawfully.

Places are tried in batches: a batch is loaded, what is refused is taken out, and the rest is run together. Where that
fails, each value is run alone to name the one at fault.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable
from typing import Any

import leaves
import pytest
from leaves import STAGE, WORLDS, Path, changed, dotted_name

from sim.core.errors import ScenarioError
from sim.scenario import from_resolved
from sim.scenario import load as load_file

Change = tuple[Path, Any]
BATCH = 24


def fault(document: dict[str, Any]) -> str:
    """What goes wrong with a document that loads: nothing, where it is refused or its run ends lawfully."""
    from sim.books.measures import measure_all
    from sim.engine.marketplace import Marketplace

    try:
        market = Marketplace(from_resolved(document))
        market.run()
        market.finish()
        measure_all(market)
    except ScenarioError as error:
        return "" if all(problem.path for problem in error.problems) else str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def settled(changes: list[Any], put: Callable[[list[Any]], dict[str, Any]], at: Callable[[Any, str], bool]) -> list[Any]:
    """The changes that load together; what is refused is named by its place, by what it holds, or by what holds it."""
    while changes:
        try:
            from_resolved(put(changes))
            return changes
        except ScenarioError as error:
            for problem in error.problems:
                assert problem.path and "\n" not in str(problem), str(problem)
                assert "accepted" in problem.message or "found" in problem.message, str(problem)
            refused = [change for change in changes if any(at(change, problem.path) for problem in error.problems)]
            # what only several together make wrong names none of them alone
            changes = [change for change in changes if change not in (refused or changes[-1:])]
    return []


def faults(changes: list[Any], put: Callable[[list[Any]], dict[str, Any]]) -> list[str]:
    """What goes wrong with changes that load together, by change."""
    together = fault(put(changes))
    if not together:
        return []
    alone = [f"{change}: {found}" for change in changes if (found := fault(put([change])))]
    return alone or [f"{changes} together: {together}"]


def batches(changes: list[Change]) -> list[list[Change]]:
    """Changes of places that do not hold one another, from all over the document."""
    found: list[list[Change]] = []
    rows = -(-len(changes) // BATCH)
    for change in itertools.chain.from_iterable(changes[start::rows] for start in range(rows)):
        for batch in found[-1:]:
            if len(batch) < BATCH and not any(related(change[0], other[0]) for other in batch):
                batch.append(change)
                break
        else:
            found.append([change])
    return found


def related(one: Path, other: Path) -> bool:
    """Whether one place holds the other."""
    length = min(len(one), len(other))
    return tuple(map(str, one[:length])) == tuple(map(str, other[:length]))


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_every_value_of_every_place_is_refused_with_its_path_or_runs_lawfully(world: str) -> None:
    def put(changes: list[Change]) -> dict[str, Any]:
        document = WORLDS[world]
        for path, value in changes:
            document = changed(document, path, value)
        return document

    def at(change: Change, path: str) -> bool:
        return related(change[0], tuple(path.split(".")))

    assert fault(WORLDS[world]) == ""
    changes = [(path, value) for name, path, value in leaves.cases() if name == world]
    told = []
    for batch in batches(changes):
        told += faults(settled(batch, put, at), put)
    assert not told, "\n".join(told)


@pytest.mark.slow
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_every_argument_of_every_event_is_refused_with_its_path_or_runs_lawfully() -> None:
    def put(entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {**copy.deepcopy(STAGE), "events": entries}

    def load(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of many entries that are accepted; each of the others is named by its number."""
        try:
            from_resolved(put(entries))
        except ScenarioError as error:
            refused = {int(problem.path.split(".")[1]) for problem in error.problems if problem.path.startswith("events.")}
            assert refused, str(error)
            return [entry for number, entry in enumerate(entries) if number not in refused]
        return entries

    assert fault(STAGE) == ""
    entries = list(leaves.event_cases())
    accepted = [entry for start in range(0, len(entries), 200) for entry in load(entries[start : start + 200])]
    assert {entry["do"] for entry in accepted} >= {entry["do"] for entry in entries}, "each event has a way to be accepted"
    told = []
    rows = -(-len(accepted) // BATCH)
    for start in range(rows):
        told += faults(accepted[start::rows], put)
    assert not told, "\n".join(told)


def test_the_places_are_all_there_are() -> None:
    places = {dotted_name(path) for _, path, _ in leaves.cases()}
    assert len(places) > 900
    for path in ("crowd.shoppers", "supply.replenishment.review", "platform.services", "shelf.promotions.0.off"):
        assert path in places


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("oversight.licences", {"grave_from": "0 CNY"}),
        ("oversight.prices", {"grave_from": "0%"}),
        ("oversight.privacy", {"breach": "0 CNY"}),
        ("oversight.privacy", {"mega": "0 CNY"}),
        ("oversight.privacy", {"usual": 0}),
        ("oversight.privacy", {"usual": 1_000_000}),
        ("care.complaints.quick", "0min"),
        ("care.complaints.small_loss", "0 CNY"),
        ("care.complaints.small_loss", "700 CNY"),
        ("fulfilment.promise.memory", "0min"),
    ],
)
def test_what_something_is_divided_by_is_not_nought(place: str, value: Any) -> None:
    with pytest.raises(ScenarioError, match="accepted"):
        load_file("scenarios/base.yaml", {place: value})
