"""Floods: hired by the hour, paid by somebody for every hour the shop does not answer."""

from __future__ import annotations

import math
from typing import Any

from sim.core.clock import REVIEWS, wait
from sim.core.errors import SimError
from sim.platform import control
from sim.platform import state as st
from sim.threats.attacker import Attacker, Batch, Option
from sim.threats.chance import LENGTH, PAUSE
from sim.threats.config import Ddos

ROUTES = {"browse": st.BROWSE, "search": st.SEARCH, "order": st.ORDER}
SHARE_WITHIN = 0.94  # of floods that end within `within`


class Flooder(Attacker):
    """A gang that floods. Requests are stopped at the front door before they load a service."""

    kind = "ddos"
    every = 1.0
    surface = "request"
    config: Ddos

    def ways(self) -> list[str]:
        """What is flooded."""
        return list(self.config.routes)

    def expected(self, option: Option) -> float:
        """Reward less rent of a flood of mean length, were every order stopped."""
        hours = self.mean_length() / 60.0
        return hours * (self.config.reward - self.config.rent * option[2])

    def mean_length(self) -> float:
        """Minutes: exponential, 94% end within the stated time."""
        return self.config.within / -math.log(1.0 - SHARE_WITHIN)

    def live(self) -> Any:
        """Flood, pause, flood again; who has quit tries a small flood now and then."""
        yield wait(self.market.env, self.start - self.now, REVIEWS)
        self.scores = {option: self.expected(option) for option in self.options}
        self.side.tell("comes", self.name)
        draws = self.market.draws
        while self.now < self.end:
            self.steps += 1
            scale = 1.0 if self.active else self.config.probe_size
            minutes = self.mean_length() * float(draws.exponential(LENGTH, self.number, self.steps))
            minutes = min(max(1.0, round(minutes)), self.end - self.now)
            yield from self.flood(self.choose(), scale, minutes)
            pause = self.config.pause * float(draws.exponential(PAUSE, self.number, self.steps))
            pause = pause if self.active else self.config.probe
            yield wait(self.market.env, min(max(1.0, round(pause)), max(1.0, self.end - self.now)), REVIEWS)
        self.leave()

    def flood(self, option: Option, scale: float, minutes: float) -> Any:
        """One flood, minute by minute: paid for, stopped in part, and measured by the orders that fail."""
        batch = Batch(option, scale)
        out = 0.0
        self.side.tell("flood", f"{self.name} {option[1]}", minutes)
        for _ in range(max(1, round(minutes))):
            rent = self.config.rent * option[2] * scale / 60.0
            if self.purse.cny < rent or self.gone:
                break
            batch.cost += self.purse.pay("rent", rent)
            strike(self.side, self.number, option, self.config, scale)
            yield wait(self.market.env, 1.0, REVIEWS)
            # what the minute's orders met, beside what they meet on a quiet day
            failure = float(self.market.world.platform.failure[st.ORDER].mean())
            out += max(0.0, failure - 0.01) / 60.0
        self.side.ask(self.number, {})
        batch.revenue += self.purse.earn("rewards", self.config.reward * out)
        self.side.add("outage_hours_bought", out)
        batch.placed = True
        self.close(batch)


def strike(side: Any, number: int, option: Option, config: Ddos, scale: float) -> None:
    """One minute of a flood: what the front door lets pass goes on the platform's board."""
    tactic, route, level = option
    now = float(side.market.env.now)
    platform = side.market.world.platform
    if route == "volumetric":
        # bits, not requests: what the line (or the scrubbing service before it) cannot carry is lost for everybody
        waf = side.guard.get("waf")
        line = max(side.config.defences.line, waf.config.link if waf is not None else 0.0)
        volume = config.volume * level * scale
        minute = math.floor(now)
        others = sum(bits for key, (then, bits) in side.bits.items() if then == minute and key != number)
        side.bits[number] = (minute, volume)
        # what others send in this minute is on the line already: this flood adds what is lost beyond that
        passed, passes = (1.0 if total <= line else line / total for total in (others, others + volume))
        if passes < passed:
            control.add(platform, st.LOSS, 0, min(0.99, 1.0 - passes / passed), now * 60.0, now * 60.0 + 60.0)
        side.ask(number, {})
        return
    wanted = min(config.requests * level * scale, side.guard.most("request", tactic, 1.0) / 60.0)
    passed = wanted
    for _, name, share in side.guard.powers("request", tactic, now):
        stopped = passed * share
        side.guard.seen[name] += round(passed * 60.0)
        side.guard.caught[name] += round(stopped * 60.0)
        passed -= stopped
    side.add("flood_requests", wanted * 60.0)
    side.add("flood_requests_stopped", (wanted - passed) * 60.0)
    side.ask(number, {ROUTES[route]: passed})
    if route == "search" and config.cache_busting > 0.0:
        people = float(platform.demand[:2, st.SEARCH].mean())
        share = config.cache_busting * passed / max(1e-9, passed + people)
        for node in range(len(platform.nodes)):
            if platform.nodes[node]["hit_rate"] > 0.0:
                # what nobody asks for twice pushes out what everybody asks for
                control.add(platform, st.FLUSH, node, min(0.95, share), now * 60.0, now * 60.0 + 60.0)


def check_route(route: Any) -> str:
    """A route of a flood. Raises SimError naming what there is."""
    accepted = (*ROUTES, "volumetric")
    if route not in accepted:
        raise SimError(f"threats.ddos: found target {route!r}, accepted: {', '.join(accepted)}")
    return str(route)
