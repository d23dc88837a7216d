"""Names of things in a scenario, for values that must name one: categories, suppliers, warehouses, services.

A type marked with `Names` (:mod:`sim.core.arguments`) says of what kind; here is what there is of each kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from sim.core.arguments import Names
from sim.platform.names import ACTION_NAMES
from sim.scenario import types

Section = Callable[[str], Any]
_KINDS = ("central", "regional", "front")
_RULES = ("all", "hero", "flash", "exclusive")
_SHARE = re.compile(r"(?:top|random) ([0-9]+(?:\.[0-9]+)?)%")


def kind_of(kinds: Iterable[types.Kind]) -> str | None:
    """What a place names, or None where it holds no name of anything."""
    for kind in kinds:
        for item in kind.metadata:
            if isinstance(item, Names):
                return item.of
    return None


def accepted(of: str, section: Section, text: str) -> list[str] | None:
    """None where `text` names something of the kind, else what does. `section` gives a side's checked section, or None."""
    side, names = _NAMES[of]
    found = section(side)
    if found is None:
        return None  # that section is itself wrong, and told of
    known = names(found, section)
    if known is None or text in known:
        return None
    if of in _RULED and _is_rule(text, of):
        return None
    return [*known, *_RULED.get(of, ())]


def _is_rule(text: str, of: str) -> bool:
    share = _SHARE.fullmatch(text) if of == "goods" else None
    return share is not None and 0.0 < float(share[1]) <= 100.0


def _categories(shelf: Any, section: Section) -> list[str] | None:
    """The catalogue's categories, or None where a table of goods or a demand without shoppers says what there is."""
    crowd = section("crowd")
    unknown = shelf.catalogue.table is not None or crowd is None or crowd.demand is not None
    return None if unknown else list(shelf.catalogue.categories)


def _and_nothing(names: list[str] | None) -> list[str] | None:
    return None if names is None else [*names, ""]


def _goods(shelf: Any, section: Section) -> list[str] | None:
    names = _categories(shelf, section)
    return None if names is None else [*_RULES, *(f"category:{name}" for name in names)]


def _suppliers(supply: Any, section: Section) -> list[str]:
    return [*_roster(supply), *supply.regions, "all"]


def _roster(supply: Any) -> list[str]:
    """Suppliers by name, with the second source that is made up where the sourcing policy asks for one."""
    roster = supply.roster()
    role = {"emergency_pool": "emergency"}.get(supply.sourcing.policy, "backup")
    made_up = supply.sourcing.policy != "single" and not any(one.role == role for one in roster.values())
    return [*roster, *([f"{role}-1"] if made_up else [])]


def _main_suppliers(supply: Any, section: Section) -> list[str]:
    return [*(name for name, one in supply.roster().items() if one.role == "main"), "all"]


def _supply_goods(supply: Any, section: Section) -> list[str]:
    return ["all", "hero", "exclusive", *(f"supplier:{name}" for name in _roster(supply))]


def _warehouse(fulfilment: Any, section: Section) -> list[str]:
    from sim.fulfilment.config import warehouse_names

    return warehouse_names(fulfilment)


def _kinds(fulfilment: Any) -> list[str]:
    """Kinds of warehouses there are any of."""
    return [kind for kind in _KINDS if getattr(fulfilment.network, kind) > 0]


def _warehouses(fulfilment: Any, section: Section) -> list[str]:
    return [*_warehouse(fulfilment, section), *_kinds(fulfilment), "all"]


def _couriers(fulfilment: Any, section: Section) -> list[str]:
    from sim.fulfilment.config import courier_names

    return [*courier_names(fulfilment), "all"]


def _stations(fulfilment: Any, section: Section) -> list[str]:
    return [*_warehouse(fulfilment, section), *_couriers(fulfilment, section), *_kinds(fulfilment)]


def _services(platform: Any, section: Section) -> list[str]:
    return [*platform.services, *(["shop"] if platform.architecture == "monolith" else [])]


def _stores(platform: Any) -> dict[str, Any]:
    return {name: one.database for name, one in platform.services.items() if one.database is not None}


def _nodes(platform: Any, section: Section) -> list[str]:
    found = [*_services(platform, section), *platform.dependencies]
    for name, store in _stores(platform).items():
        found.append(f"{name}.db")
        found += [f"{name}.db.primary"] if store.writes > 0.0 or store.replicas == 0 else []
        found += [f"{name}.db.replica"] if store.replicas > 0 else []
    return found


def _databases(platform: Any, section: Section) -> list[str]:
    found = [name for name in _nodes(platform, section) if ".db" in name]
    return [*_stores(platform), *found]


def _primaries(platform: Any, section: Section) -> list[str]:
    names = [name for name, store in _stores(platform).items() if store.writes > 0.0 or store.replicas == 0]
    return [*names, *(f"{name}.db" for name in names), *(f"{name}.db.primary" for name in names)]


def _caches(platform: Any, section: Section) -> list[str]:
    cached = [name for name, one in platform.services.items() if one.cache is not None]
    return _services(platform, section) if cached and platform.architecture == "monolith" else cached


def _places(platform: Any, section: Section) -> list[str]:
    return [*_databases(platform, section), "site", "city"]


def _degradable(platform: Any, section: Section) -> list[str]:
    return [*_nodes(platform, section), *ACTION_NAMES, *(f"action.{name}" for name in ACTION_NAMES)]


def _roles(oversight: Any, section: Section) -> list[str] | None:
    return None if oversight.privacy is None else list(oversight.privacy.roles)


_NAMES: dict[str, tuple[str, Callable[[Any, Section], list[str] | None]]] = {
    "categories": ("shelf", _categories),
    "any_category": ("shelf", lambda shelf, section: _and_nothing(_categories(shelf, section))),
    "goods": ("shelf", _goods),
    "suppliers": ("supply", _suppliers),
    "main_suppliers": ("supply", _main_suppliers),
    "main_supplier": ("supply", lambda supply, section: _main_suppliers(supply, section)[:-1]),
    "supplier": ("supply", lambda supply, section: list(supply.roster())),
    "regions": ("supply", lambda supply, section: list(supply.regions)),
    "supply_goods": ("supply", _supply_goods),
    "warehouse": ("fulfilment", _warehouse),
    "warehouses": ("fulfilment", _warehouses),
    "couriers": ("fulfilment", _couriers),
    "stations": ("fulfilment", _stations),
    "services": ("platform", _services),
    "nodes": ("platform", _nodes),
    "databases": ("platform", _databases),
    "primaries": ("platform", _primaries),
    "caches": ("platform", _caches),
    "places": ("platform", _places),
    "degradable": ("platform", _degradable),
    "actions": ("platform", lambda platform, section: list(ACTION_NAMES)),
    "rivals": ("rivals", lambda rivals, section: [*rivals.platforms, "all"]),
    "roles": ("oversight", _roles),
}
#: what a rule may say beside names, told with them
_RULED = {"goods": ("top N%", "random N%")}
