"""The call graph of the machine room: its nodes and edges, and how often a user action passes each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.platform import state as st
from sim.platform.config import Platform


@dataclass(frozen=True)
class Plan:
    """Names and numbers of nodes and edges."""

    names: tuple[str, ...]
    kinds: tuple[int, ...]
    owners: tuple[int, ...]
    edges: tuple[tuple[int, int, bool, bool], ...]  # caller, callee, cached, optional; sorted by callee
    calls: np.ndarray  # float64[ACTIONS, edges]
    aliases: dict[str, int]  # every name an event may use -> node


MONOLITH = "shop"


def plan(config: Platform) -> Plan:
    """The call graph: services in calling order, then databases, then dependencies."""
    mono = config.architecture == "monolith"
    order = config.order_of_services()
    names: list[str] = [MONOLITH] if mono else list(order)
    aliases = {name: 0 for name in order} | {MONOLITH: 0} if mono else {name: i for i, name in enumerate(order)}
    kinds = [st.SERVICE] * len(names)
    owners = list(range(len(names)))
    links: dict[tuple[int, int, bool], np.ndarray] = {}
    visits = service_visits(config, order)

    def link(caller: int, callee: int, cached: bool, number: np.ndarray) -> None:
        key = (caller, callee, cached)
        links[key] = links.get(key, np.zeros(st.ACTIONS)) + number

    present = np.array([float(name in config.actions) for name in st.ACTION_NAMES])
    link(-1, 0, False, present)
    every = np.ones(st.ACTIONS)
    if not mono:
        for action, callees in config.actions.items():
            unit = np.zeros(st.ACTIONS)
            unit[st.ACTION_NAMES.index(action)] = 1.0
            for callee, times in callees.items():
                if callee in config.services:
                    link(0, aliases[callee], False, unit * times)
        for name in order:
            for callee, times in config.services[name].calls.items():
                if callee in config.services:
                    link(aliases[name], aliases[callee], False, every * times)
    for name in order:
        database = config.services[name].database
        if database is None:
            continue
        caller = aliases[name]
        # in a monolith the call comes from the shop, as often as the module would have been visited
        number = (visits[name] if mono else every) * database.queries
        cached = config.services[name].cache is not None
        primary = reader = -1
        if database.writes > 0.0 or database.replicas == 0:
            primary = reader = len(names)
            names.append(f"{name}.db.primary")
            kinds.append(st.PRIMARY)
            owners.append(caller)
            aliases |= {f"{name}.db.primary": primary, f"{name}.db": primary}
        if database.replicas > 0:
            reader = len(names)
            names.append(f"{name}.db.replica")
            kinds.append(st.REPLICA)
            owners.append(caller)
            aliases[f"{name}.db.replica"] = reader
            aliases.setdefault(f"{name}.db", reader)
        if database.writes > 0.0:
            link(caller, primary, False, number * database.writes)
        if database.writes < 1.0:
            link(caller, reader, cached, number * (1.0 - database.writes))
    for name in config.dependencies:
        node = len(names)
        names.append(name)
        aliases[name] = node
        kinds.append(st.DEPENDENCY)
        owners.append(node)
        for caller_name in order:
            if name in config.services[caller_name].calls:
                times = config.services[caller_name].calls[name]
                link(aliases[caller_name], node, False, (visits[caller_name] if mono else every) * times)
        for action, callees in config.actions.items():
            if name in callees:
                unit = np.zeros(st.ACTIONS)
                unit[st.ACTION_NAMES.index(action)] = callees[name]
                link(0, node, False, unit)
    keys = sorted(links, key=lambda key: (key[1], key[0], key[2]))
    optional = [not mono and kinds[v] == st.SERVICE and config.services[names[v]].optional for v in range(len(names))]
    edges = tuple((u, v, cached, optional[v]) for u, v, cached in keys)
    return Plan(tuple(names), tuple(kinds), tuple(owners), edges, np.array([links[k] for k in keys]).T.copy(), aliases)


def service_visits(config: Platform, order: list[str]) -> dict[str, np.ndarray]:
    """Visits of each service for one user action of each kind: float64[ACTIONS] by name."""
    visits: dict[str, np.ndarray] = {name: np.zeros(st.ACTIONS) for name in order}
    for index, action in enumerate(st.ACTION_NAMES):
        if action not in config.actions:
            continue
        visits[config.entry][index] += 1.0
        for callee, number in config.actions[action].items():  # type: ignore[index]
            if callee in visits:
                visits[callee][index] += number
    for name in order:
        for callee, number in config.services[name].calls.items():
            if callee in visits:
                visits[callee] += visits[name] * number
    return visits


def node_names(config: Platform) -> tuple[str, ...]:
    """Names of the nodes, in the order of every per-node array."""
    return plan(config).names


def trips_of(graph: Plan, essential: bool) -> np.ndarray:
    """Calls on each edge for one user action; with `essential` only those whose failure fails the action."""
    trips = np.zeros_like(graph.calls)
    visits = np.zeros((st.ACTIONS, len(graph.names)))
    for e, (u, v, _, optional) in enumerate(graph.edges):
        source = np.ones(st.ACTIONS) if u < 0 else visits[:, u]
        trips[:, e] = source * graph.calls[:, e] * (0.0 if essential and optional else 1.0)
        visits[:, v] += trips[:, e]
    return trips
