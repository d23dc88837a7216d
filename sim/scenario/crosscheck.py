"""Checks across sections: names of policies and events, their targets, dates inside the run, shares of regions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, get_args, get_origin

from sim.core.calendar import DAY, Calendar
from sim.core.config import Slot
from sim.core.errors import Problem, RegistryError, UnitError, shown, suggestion
from sim.core.registry import get_policy
from sim.core.units import When, parse_count, parse_duration, parse_when
from sim.scenario import catalogue, happenings, names, types
from sim.scenario.check import listed, problem_at
from sim.scenario.model import ScenarioModel
from sim.scenario.nodes import Key, Node, Path

Section = Callable[[str], Any]


def crosscheck(node: Node, full: Node) -> list[Problem]:
    """Problems that no single field shows. `node` is what was written, `full` has absent sections filled in."""
    try:
        policies = catalogue.policies()
        events = {item.name: item for item in catalogue.events()}
    except RegistryError as error:
        return [Problem(node.mark.file, 0, 0, "", str(error))]
    section = happenings.sections_of(full)
    found = [*_policies(full, policies), *_events(full, events, section), *_plans(full, events, section)]
    found += _names(full, section)
    found += _goods(full, section)
    found += _driven_by(full, section)
    found += _allocation(full, section, [item.name for item in policies if item.slot == "fulfilment.allocation"])
    return [*found, *_regions(node), *_shoppers(node), *_promotions(full), *_days(full)]


def policies_named(node: Node) -> Iterator[tuple[Path, Node, str]]:
    """Every name of a policy in a document, with its slot."""
    data = node.plain()
    for path, leaf in node.leaves():
        if leaf.kind != "scalar" or not isinstance(leaf.value, str):
            continue
        for kind in types.at(ScenarioModel, path, data):
            for item in kind.metadata:
                if isinstance(item, Slot):
                    yield path, leaf, item.name


def _regions(node: Node) -> Iterator[Problem]:
    """A share of shoppers for each region, where both are written; shares left at their default follow the network."""
    path: Path = ("crowd", "region_shares")
    shares, regions = _at(node, path), _at(node, ("fulfilment", "network", "regions"))
    if shares is None or regions is None or shares.kind != "list":
        return
    try:
        count = parse_count(regions.value)
    except UnitError:
        return
    written = shares.plain()
    declared = types.at(ScenarioModel, path)[0].field
    assert declared is not None
    if len(written) != count and written != declared.get_default(call_default_factory=True):
        message = f"found {len(written)} shares, accepted: one for each of the {count} regions of fulfilment.network"
        yield problem_at(node, path, message)


def _shoppers(node: Node) -> Iterator[Problem]:
    """Somebody asks for something: shoppers, a demand for goods in their place, or a load of the machine room alone."""
    load = _at(node, ("platform", "load"))
    if load is not None and load.plain() is not None:
        return
    rows, demand = _at(node, ("crowd", "shoppers")), _at(node, ("crowd", "demand"))
    try:
        nobody = rows is not None and parse_count(rows.value) == 0
    except UnitError:
        return
    if nobody and (demand is None or demand.plain() is None):
        message = "found 0, accepted: 1 or more, or in their place crowd.demand, or platform.load for the machine room alone"
        yield problem_at(node, ("crowd", "shoppers"), message)


def _at(node: Node, path: Path) -> Node | None:
    found: Node | None = node
    for key in path:
        found = found.child(key) if found is not None else None
    return found


def _policies(node: Node, policies: list[catalogue.Named]) -> Iterator[Problem]:
    by_slot: dict[str, dict[str, catalogue.Named]] = {}
    for item in policies:
        by_slot.setdefault(item.slot, {})[item.name] = item
    for path, leaf, slot in policies_named(node):
        known = by_slot[slot]
        if leaf.value not in known:
            message = f"found {shown(leaf.value)}, accepted: {listed(list(known))}"
            yield problem_at(node, path, message, suggestion(leaf.value, list(known)))
        elif known[leaf.value].package:
            try:
                catalogue.interface(slot)  # what it is held against
                get_policy(slot, leaf.value)
            except RegistryError as error:
                yield problem_at(node, path, str(error))


def _events(node: Node, known: dict[str, catalogue.Named], section: Section) -> Iterator[Problem]:
    listing = node.child("events")
    if listing is None or listing.kind != "list":
        return
    calendar = _calendar(node)
    for index, item in enumerate(listing.value):
        if item.kind != "map":
            continue
        path: tuple[Key, ...] = ("events", index)
        at, do = (item.value.get(key) for key in ("at", "do"))
        if calendar is not None and at is not None:
            yield from _inside(calendar, node, (*path, "at"), at.value)
        if do is None or not isinstance(do.value, str):
            continue
        event = known.get(do.value)
        if event is None:
            hint = suggestion(do.value, known)
            side = [name for name in known if name.split(".")[0] == do.value.split(".")[0]]
            message = f"found {shown(do.value)}, accepted: {listed(side or known)}"
            yield problem_at(node, (*path, "do"), message, hint)
            continue
        yield from happenings.problems(item, path, event, happenings.TIMELINE, section)


def _promotions(node: Node) -> Iterator[Problem]:
    """Promotions that lie wholly outside the run, or end before they begin.

    A run shortened by an override may leave promotions behind: that is what shortening is for.
    """
    shelf = node.child("shelf")
    listing = shelf.child("promotions") if shelf is not None else None
    calendar = _calendar(node)
    if listing is None or listing.kind != "list" or calendar is None:
        return
    span = [node.child(key) for key in ("start", "days", "warmup")]
    shortened = any(part is not None and part.mark.line == 0 for part in span)
    for index, item in enumerate(listing.value):
        if item.kind == "map":
            yield from _promotion(calendar, node, ("shelf", "promotions", index), item, shortened)


def _promotion(calendar: Calendar, node: Node, path: Path, item: Node, shortened: bool) -> Iterator[Problem]:
    written = item.plain()
    key = next((key for key in ("at", "from") if written.get(key) is not None), None)
    if key is None:
        return
    openings = written[key] if isinstance(written[key], list) else [written[key]]
    end = written.get("to", written.get("balance"))
    try:
        opens = [calendar.minute(parse_when(text)) for text in openings]
        closes = [calendar.minute(parse_when(end))] if end is not None else [o + parse_duration(_lasts(item)) for o in opens]
    except (UnitError, ValueError, TypeError):
        return
    first, last = calendar.moment(0), calendar.moment(calendar.end)
    run = f"the run lasts from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, warm-up included"
    if opens and key == "from" and closes[0] <= opens[0]:
        other = "to" if "to" in written else "balance"
        message = f"found {shown(end)}, accepted: a moment after {shown(written[key])}, when the promotion opens"
        yield problem_at(node, (*path, other), message)
    elif opens and not shortened and all(o >= calendar.end or c <= 0 for o, c in zip(opens, closes, strict=True)):
        message = f"found {shown(written[key])}, accepted: a promotion that touches the run; {run}"
        yield problem_at(node, (*path, key), message)


def _lasts(item: Node) -> object:
    """How long one opening lasts: written, or the default of its kind."""
    return item.plain().get("for", "4h" if item.plain().get("kind") == "livestream" else "1h")


def _plans(node: Node, known: dict[str, catalogue.Named], section: Section) -> Iterator[Problem]:
    """Steps of contingency plans: actions that there are."""
    plans = node.child("plans")
    actions = [name for name, event in known.items() if event.kind == "action"]
    for name, plan in plans.value.items() if plans is not None and plans.kind == "map" else ():
        steps = plan.child("playbook") if plan.kind == "map" else None
        for index, item in enumerate(steps.value if steps is not None and steps.kind == "list" else ()):
            do = item.child("do") if item.kind == "map" else item
            if do is None or not isinstance(do.value, str):
                continue
            path: tuple[Key, ...] = ("plans", name, "playbook", index)
            if do.value not in actions:
                side = [other for other in actions if other.split(".")[0] == do.value.split(".")[0]]
                message = f"found {shown(do.value)}, accepted: {listed(side or actions)}"
                yield problem_at(node, path, message, suggestion(do.value, actions))
            else:
                yield from happenings.problems(item, path, known[do.value], happenings.STEP, section)


def _goods(node: Node, section: Section) -> Iterator[Problem]:
    """Goods in every category, and somebody who makes them."""
    shelf, supply, crowd = section("shelf"), section("supply"), section("crowd")
    if shelf is None or supply is None or crowd is None or crowd.demand is not None:
        return
    catalogue = shelf.catalogue
    if catalogue.skus < len(catalogue.categories):
        message = f"found {catalogue.skus}, accepted: at least one for each of the {len(catalogue.categories)} categories"
        yield problem_at(node, ("shelf", "catalogue", "skus"), message)
    mains = [one for one in supply.roster().values() if one.role == "main"]
    for name in catalogue.categories:
        if not any(not one.serves or name in one.serves for one in mains):
            message = f"found no main supplier that serves {name!r}, accepted: at least one for each category"
            yield problem_at(node, ("supply", "suppliers"), message)


def _driven_by(node: Node, section: Section) -> Iterator[Problem]:
    """What needs a demand for goods, and what needs shoppers."""
    supply, crowd, threats = section("supply"), section("crowd"), section("threats")
    if supply is None or crowd is None:
        return
    forecast, path = supply.forecast, ("supply", "forecast", "policy")
    if forecast.policy == "perfect" and crowd.demand is None:
        yield problem_at(node, path, "found 'perfect', accepted with shoppers: any other; it needs crowd.demand")
    if forecast.policy == "given" and forecast.mean is None:
        yield problem_at(node, path, "found 'given', accepted with it: supply.forecast.mean, units a day")
    if crowd.demand is not None and threats is not None and threats.stands:
        message = "found attackers or defences, accepted with crowd.demand: none, for there is no shop to attack"
        yield problem_at(node, ("threats",), message, at_key=True)
    calendar = _calendar(node)
    for number, gang in enumerate(threats.attackers if threats is not None and calendar is not None else ()):
        assert calendar is not None
        start = calendar.minute(gang.start) if gang.start else 0.0
        end = calendar.minute(gang.to) if gang.to else float(calendar.end)
        if end <= start:
            message = f"found {gang.kind} from {gang.start or 'the start'} to {gang.to or 'the end'}, accepted: an end after its beginning"
            yield problem_at(node, ("threats", "attackers", number, "to" if gang.to else "from"), message)


def _allocation(node: Node, section: Section, known: list[str]) -> Iterator[Problem]:
    fulfilment = section("fulfilment")
    if fulfilment is not None and fulfilment.allocation not in known:
        message = f"found {shown(fulfilment.allocation)}, accepted: {listed(known)}"
        yield problem_at(node, ("fulfilment", "allocation"), message, suggestion(fulfilment.allocation, known))


def _names(node: Node, section: Section) -> Iterator[Problem]:
    """Values and keys that name something there is not: a category, goods, a supplier."""
    data = node.plain()
    told: set[Path] = set()
    for path, leaf in node.leaves():
        if path[:1] in (("events",), ("plans",)):
            continue
        places = [(path[:n], _keys(path[: n - 1], data), path[n - 1], True) for n in range(2, len(path) + 1) if path[:n] not in told]
        told.update(at for at, *_ in places)
        if isinstance(leaf.value, str):
            places.append((path, types.at(ScenarioModel, path, data), leaf.value, False))
        for at, kinds, text, is_key in places:
            of = names.kind_of(kinds)
            known = names.accepted(of, section, str(text)) if of is not None else None
            if known is not None:
                message = f"found {shown(text)}, accepted: {listed(known)}"
                yield problem_at(node, at, message, suggestion(text, known), at_key=is_key)


def _keys(path: Path, data: Any) -> list[types.Kind]:
    """What the keys of a mapping are, where the mapping has keys of the user's own."""
    return [
        inner
        for holder in types.at(ScenarioModel, path, data)
        if get_origin(holder.annotation) is dict
        for inner in types.kinds(get_args(holder.annotation)[0])
    ]


def _days(node: Node) -> Iterator[Problem]:
    """Days that the year of the run does not have: 29 February."""
    calendar, data = _calendar(node), node.plain()
    if calendar is None:
        return
    for path, leaf in node.leaves():
        # in a mapping by days the day is the key
        keys = [(key, path[: number + 1], True) for number, key in enumerate(path)]
        for text, at, is_key in [(leaf.value, path, False), *keys]:
            if not isinstance(text, str) or "02-29" not in text or not _is_day(at, data, is_key):
                continue
            try:
                moment = parse_when(text)
            except UnitError:
                continue
            if not calendar.has(moment):
                message = f"found {shown(text)}, accepted: a day of the year {calendar.year(moment)}, which is no leap year"
                yield problem_at(node, at, message)


def _is_day(path: Path, data: Any, key: bool) -> bool:
    """Whether a place, or the key of a place, holds a date."""
    kinds = _keys(path[:-1], data) if key else types.at(ScenarioModel, path, data)
    return any(kind.has(When) for kind in kinds)


def _calendar(node: Node) -> Calendar | None:
    """The run's calendar, or None while its own keys are wrong."""
    plain = node.plain()
    try:
        start = parse_when(plain.get("start"))
        warmup = parse_duration(plain.get("warmup", "7d"))
        days = plain.get("days")
        if start.year is None or not isinstance(days, int) or not 1 <= days <= 400:
            return None
        return Calendar(date(start.year, start.month, start.day), days, int(warmup // DAY))
    except (UnitError, ValueError):
        return None


def _inside(calendar: Calendar, node: Node, path: Path, text: object) -> Iterator[Problem]:
    try:
        minute = calendar.minute(parse_when(text))
    except (UnitError, ValueError):
        return
    if not 0 <= minute < calendar.end:
        first, last = calendar.moment(0), calendar.moment(calendar.end)
        span = f"a moment of the run, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} (warm-up included)"
        yield problem_at(node, path, f"found {shown(text)}, accepted: {span}")
