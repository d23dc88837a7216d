"""Every leaf of the scenario model, each with values at and beyond its borders, in worlds small enough to run them all.

A world is a document in which every optional section is written, so that the walk meets every leaf of the model.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from sim.core import units
from sim.core.config import DataFile
from sim.scenario import types
from sim.scenario.model import ScenarioModel

HEAD = {"name": "leaf", "start": "2026-06-18", "days": 1, "warmup": "0d"}
SPELL = {"up": {"mean": "2d"}, "down": {"mean": "6h"}}
VOUCHER = {"off": "5 CNY"}
SPAN = {"from": "06-18 02:00", "to": "06-18 12:00"}

SHOP: dict[str, Any] = {
    **HEAD,
    "crowd": {
        "shoppers": 300,
        "represents": 3000,
        "prospects": "20%",
        "acquisition": {
            "channels": {
                "search": {"policy": "broad", "budget": "500 CNY"},
                "kol": {"policy": "kol", "budget": "500 CNY", "fee": "500 CNY"},
                "alike": {"policy": "look_alike", "budget": "500 CNY"},
                "leaders": {"policy": "community_leaders", "budget": "500 CNY", "pick_up": True, "direct": "10%",
                            "category": "food"},
            },
            "holdout": "5%",
        },
        "coupons": {"budget": "1000 CNY", "every": "1d"},
        "membership": {
            "joins": 1,
            "tiers": {"gold": {"orders": 1, "benefits": ["day", "adviser", "free_returns"]}},
            "day": {"voucher": VOUCHER, "budget": "100 CNY", "every": "1d"},
            "adviser": {},
            "free_returns": {},
        },
        "private_domain": {"voucher": VOUCHER, "budget": "100 CNY"},
        "messages": {"policy": "triggered"},
        "win_back": {"budget": "100 CNY", "lapsed": "1d", "every": "1d"},
        "invitations": {},
        "visits": {"per_day": 1.0},
    },
    "shelf": {
        "catalogue": {"skus": 16, "categories": {"food": {"cover": "10d"}, "phones": {"price": "1499 CNY"}}},
        "promotions": [
            {"kind": "discount", "off": "10%", **SPAN, "arm": "b"},
            {"kind": "flash", "off": "40%", "skus": "flash", "at": ["06-18 03:00"], "for": "1h", "quota": 5},
            {"kind": "full_reduction", "every": "300 CNY", "off": "50 CNY", **SPAN},
            {"kind": "presale", "deposit": "10%", "off": "5%", "from": "06-18", "balance": "06-18 10:00"},
            {"kind": "coupon", "threshold": "100 CNY", "off": "10 CNY", "budget": "1000 CNY", **SPAN},
            {"kind": "livestream", "at": "06-18 04:00", "for": "2h", "zero_yuan_trials": 3, "room": "food"},
            {"kind": "group_buy", "ladder": {"2": "10%", "3": "20%"}, **SPAN},
            {"kind": "cash_back", "amount": "3 CNY", **SPAN},
        ],
        "price_protection": {},
        "page": {},
        "ab": {"arms": {"a": {}, "b": {"quality": "50%", "page": {}}}},
        "trends": {"per_month": 600.0, "rise": "6h", "fade": "12h"},
        "selection": {"policy": "trend", "window": "6h"},
        "markdown": {"policy": "none"},
        "price_matching": {"policy": "match"},
    },
    "supply": {
        "suppliers": {
            "own": {"lead_time": {"mean": "6h"}, "capacity": "1000/d", "disruptions": SPELL, "monitored": True,
                    "depends_on": ["chips"]},
            "chips": {"role": "component"},
            "spare": {"role": "backup"},
        },
        "regions": {"bohai": {"disruptions": SPELL}, "inland": {}},
        "festival": {"order_at": "06-18", **SPAN},
        "sourcing": {"policy": "backup"},
        "contracts": [{"kind": "buy_out", "at": "06-18"}, {"kind": "c2m", **SPAN}],
        "stock": {"initial": "3d of cover"},
        "replenishment": {"review": "6h"},
    },
    "fulfilment": {"network": {"regions": 2, "regional": 2, "front": 2}},
    "care": {
        "bot": {"policy": "by_intent"},
        "staff": {"number": "auto"},
        "refunds": {"policy": "instant"},
        "complaints": {"policy": "clock"},
        "compensation": {"policy": "coupon"},
        "follow_up": {"policy": "affected", "after": "2h"},
    },
    "platform": {
        "breaker": {},
        "releases": {"schedule": [{"at": "06-18 06:00", "service": "order", "fault": "always"}]},
        "prescale": [{**SPAN, "factor": 2}],
    },
    "rivals": {
        "platforms": {
            "dragon": {"promotions": [{**SPAN, "off": "10%"}], "reaction": {"policy": "war", "lag": "1h"}},
        }
    },
    "oversight": {
        "licences": {"named": {"own": {"missing": True}}},
        "checks": {"policy": "periodic", "every": "1d"},
        "review": {"policy": "two_key"},
        "privacy": {},
        "commissions": {"policy": "withhold"},
        "prices": {},
        "residency": {},
    },
}  # fmt: skip

#: what an attack needs: goods with offers, shoppers, and little else
ATTACKED: dict[str, Any] = {
    **HEAD,
    "crowd": {"shoppers": 300, "represents": 3000, "visits": {"per_day": 1.0}},
    "shelf": {
        "catalogue": {"skus": 16, "categories": {"food": {}, "phones": {"price": "1499 CNY"}}},
        "promotions": [
            {"kind": "flash", "off": "40%", "at": ["06-18 03:00"], "for": "1h"},
            {"kind": "coupon", "threshold": "100 CNY", "off": "10 CNY", "budget": "1000 CNY", **SPAN},
        ],
    },
    "fulfilment": {"network": {"regions": 2, "regional": 2, "front": 0}},
    "plans": {"more": {"playbook": [{"do": "platform.scale", "factor": 2}], "detect": {"burn_rate": 14.4}}},
    "threats": {
        "defences": {
            name: {}
            for name in ("waf", "rate_limit", "captcha", "fingerprint", "behaviour", "manual_review", "coupon_quota",
                         "real_name")
        },
    },
}  # fmt: skip


def _world(**sections: Any) -> dict[str, Any]:
    return {**HEAD, **sections}


WORLDS: dict[str, dict[str, Any]] = {
    "shop": SHOP,
    "attacked": ATTACKED,
    **{
        kind: {**ATTACKED, "threats": {"attackers": [{"kind": kind, "levels": [0.1]}]}}
        for kind in (
            "ddos", "coupon_abuse", "scalpers", "price_bug", "credential_stuffing", "card_fraud", "return_fraud",
            "review_fraud",
        )
    },
    "demand": _world(
        days=5,
        crowd={"shoppers": 0, "demand": {"distribution": "normal", "mean": 20.0, "sd": 5.0, "skus": 3}},
        supply={
            "forecast": {"policy": "given", "mean": 20.0, "sd": 5.0},
            "replenishment": {"policy": "min_max", "reorder": 50.0, "up_to": 120.0, "lot": 60.0},
            "stock": {"units": 100.0},
        },
        fulfilment={"network": {"regions": 1, "regional": 0, "front": 0}},
    ),
    "load": _world(
        crowd={"shoppers": 0},
        platform={
            "sizing": {"sized_for": "50/s"},
            "rate_limit": {},
            "load": {"start_rate": "1/s", "stages": [{"duration": "2h", "target": "60/s"}]},
            "services": {"order": {"replicas": 2, "cache": {}, "database": {}}, "cart": {"calls": {"inventory": 1.0}}},
            "dependencies": {"payment_provider": {}},
            "releases": {"schedule": [{"at": "06-18 06:00", "fault": "always"}]},
        },
    ),
    "stations": _world(
        fulfilment={
            "arrivals": {
                "rate": "1/min",
                "stations": [{"name": "pick", "servers": 2, "service": {"mean": "1min", "distribution": "gamma"}}],
                "parcels": 1000,
                "warmup": 10,
            }
        },
        crowd={"shoppers": 10},
    ),
    "queue": _world(
        care={
            "arrivals": {
                "rate": "1/min", "servers": 2, "handle": "1min", "patience": "1min", "contacts": 10_000, "warmup": 10,
            }
        },
        crowd={"shoppers": 10},
    ),
}  # fmt: skip

LARGE = 10**12
VALUES: list[tuple[Any, list[Any]]] = [
    (units.Duration, ["0s", "1ms", "36500d", 5]),
    (units.Share, ["0%", "0.0001%", "100%", 0.5]),
    (units.Percent, ["-100%", "-1000000%", "0%", "1000000%", 0.5]),
    (units.Money, ["0 CNY", "0.01 CNY", "10000B CNY", 5]),
    (units.MoneyRate, ["0 CNY/h", "10000B CNY/s", 5]),
    (units.Rate, ["0/s", "1/w", "1B/s", 5]),
    (units.Count, [0, 1, LARGE, -1]),
    (units.When, ["02-29", "12-31 23:59", "1999-01-01", 5]),
    (units.Clock, ["00:00", "24:00", 5]),
    (units.Cover, ["0d of cover", "3660d of cover", 5]),
    (units.Size, ["0 kB", "999999999 MB", 5]),
    (units.Speed, ["0 kbit/s", "0.001 kbit/s", "999999999 Mbit/s", 5]),
]
PLAIN: dict[Any, list[Any]] = {
    float: [-1.0, 0.0, 1e-9, 1e17, "5"],
    int: [-1, 0, 1, LARGE],
    bool: [True, False, "yes"],
    str: ["", "nosuch", "category:nosuch", 5],
}
Path = tuple[str | int, ...]
#: tables of goods have tests of their own
ELSEWHERE = {("shelf", "catalogue", "table")}


def values(kind: types.Kind) -> list[Any]:
    """Values to try at a place of this kind: its borders, what lies far beyond, and what is no value of the kind."""
    for unit, tried in VALUES:
        if kind.has(unit):
            return tried
    if kind.has(DataFile):
        return ["nosuch.csv"]
    if get_origin(kind.annotation) is Literal:
        return [*get_args(kind.annotation), "nosuch"]
    if kind.annotation in PLAIN:
        return PLAIN[kind.annotation]
    origin = get_origin(kind.annotation)
    if origin in (list, tuple):
        # every entry the least, every entry the most; entries of their own are places of their own
        inner = [item for part in types.kinds(get_args(kind.annotation)[0]) if part.model is None for item in values(part)]
        return [[], *([item] for item in inner)]
    if origin is dict:
        inner = [item for part in types.kinds(get_args(kind.annotation)[1]) if part.model is None for item in values(part)]
        return [{}, *({"nosuch": item} for item in inner)]
    return []


def places(doc: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, list[types.Kind]]]:
    """Every place below `path` of the model that a document reaches, with the kinds it may have."""
    for kind in types.at(ScenarioModel, path, doc):
        if kind.model is not None:
            for name, field in kind.model.model_fields.items():
                if not types.extra(field).get("filled_in"):
                    yield from _below(doc, (*path, types.field_key(name, field)))


def _below(doc: dict[str, Any], path: Path) -> Iterator[tuple[Path, list[types.Kind]]]:
    here = types.at(ScenarioModel, path, doc)
    found = at(doc, path)
    plain = [kind for kind in here if kind.model is None]
    if plain:
        yield path, plain
    if isinstance(found, dict) and not any(kind.model for kind in here):
        for key in found:
            yield from _below(doc, (*path, key))
    elif isinstance(found, list):
        for index, _ in enumerate(found):
            yield from _below(doc, (*path, index))
    elif any(kind.model for kind in here) and (found is not None or len(here) == 1):
        yield from places(doc, path)


def at(doc: Any, path: Path) -> Any:
    """What a document holds at a path, or None."""
    for key in path:
        try:
            doc = doc[key]
        except (KeyError, IndexError, TypeError):
            return None
    return doc


def changed(doc: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The document with another value at a path."""
    doc = copy.deepcopy(doc)
    here: Any = doc
    for key in path[:-1]:
        if isinstance(here, dict):
            here = here.setdefault(key, {})
        else:
            here = here[key]
    here[path[-1]] = value
    return doc


def cases() -> Iterator[tuple[str, Path, Any]]:
    """Every world, place and value to try; a place that several worlds reach is tried in the first."""
    seen: set[tuple[Any, ...]] = set()
    for world, doc in WORLDS.items():
        for path, kinds in places(doc):
            if path in ELSEWHERE:
                continue
            field = next((kind.field for kind in kinds if kind.field is not None), None)
            name = (id(field) if field is not None else dotted_name(path), path[-1])
            if name in seen:
                continue
            seen.add(name)
            tried: list[Any] = []
            for kind in kinds:
                tried += [value for value in values(kind) if value not in tried or isinstance(value, bool)]
            for value in tried:
                yield world, path, value


def dotted_name(path: Path) -> str:
    """A path as messages write it."""
    return ".".join(map(str, path))


#: worlds in which events happen, and what else an event needs to be heard of at all
STAGE: dict[str, Any] = {
    **ATTACKED,
    "crowd": {**ATTACKED["crowd"], "shoppers": 200},
    "supply": {"sourcing": {"policy": "backup"}},
    "rivals": {"platforms": {"dragon": {}}},
    "oversight": {"licences": {}, "privacy": {}},
    "plans": {},
}
TARGETS = ["nosuch", "", "all", "food", "hero", "category:food", "top 5%", "supplier-1", "inland", "central-1", "couriers-1",
           "front", "order", "order.db", "payment.db.replica", "payment_provider", "search", "browse", "action.pay", "site",
           "dragon", "waf", "scalpers", "staff", "service", 5, True, ["order"], {"a": 1}]  # fmt: skip


def event_values(kind: types.Kind) -> list[Any]:
    """Values to try as an argument of an event."""
    found = values(kind)
    if kind.annotation is float and found[:1] != ["0s"]:
        found = [*found, "0%", "0.0001%", "100%", "100000%", "0", 0.5, 3]
    return [*found, None, True, "nonsense", -1, [], {}, [5]]


def event_cases() -> Iterator[dict[str, Any]]:
    """Every event with each of its arguments at its borders and beyond, with targets of every kind, and with nothing."""
    from sim.scenario import catalogue

    for event in catalogue.events():
        if event.package:
            continue
        entry: dict[str, Any] = {"at": "06-18 03:00", "do": event.name}
        usual = {key: _usual(event, key) for key in event.requires}
        if event.one_of:
            usual[event.one_of[0]] = 3
        yield entry
        yield {**entry, **usual}
        for lasts in ("0s", "1ms", "36500d", "2h", "nonsense"):
            yield {**entry, **usual, "for": lasts}
        for name, field in event.model.model_fields.items():
            kinds = list(types.kinds(field.annotation, field.metadata, field))
            tried = TARGETS if name in ("target", "warehouse", "skus") else []
            for value in [*tried, *(value for kind in kinds for value in event_values(kind))]:
                yield {**entry, **usual, name: value}


def _usual(event: Any, key: str) -> Any:
    """A value that an argument an event requires may have."""
    if key != "target":
        return "1%"
    for name in ("order", "search", "payment", "waf", "food"):
        kinds = list(types.kinds(event.model.model_fields[key].annotation))
        found = [item.of for kind in kinds for item in kind.metadata if hasattr(item, "of")]
        if any(get_origin(kind.annotation) is Literal for kind in kinds):
            return "waf"
        if found and name in {"caches": ["search"], "primaries": ["payment"]}.get(found[0], [name]):
            return name
    return "order"
