"""Care's desk: looks every hour at what has happened, lets those who contact the shop be answered, pays its people."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import mesa
import numpy as np

from sim.books.state import CASH, ENQUIRIES, IT, STAFF, note, post
from sim.care import cases as c
from sim.care import enquiries
from sim.care.complaints import Office
from sim.care.kernel import ABANDONED, SERVED, feel
from sim.care.policies import DROPPED, RESOLVED, TO_STAFF
from sim.care.pool import PIECE, Pool
from sim.care.state import CAUSES, COMPLAINT, FAULT, INCIDENT, LATE, LOST, ORDER_FAILED, REPETITIVE, S_INSTANT
from sim.core.clock import FAULTS, REVIEWS, call_after, wait
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.crowd.state import P_LEARNING, P_NEGATIVITY, P_NEUTRAL

CONTACT = decision("care.contact")
BOT = decision("care.bot")
CHAT = decision("care.chat")
AGAIN = decision("care.again")
REACHED = decision("care.reached")

HOUR, DAY = 60.0, 1440.0
PIECES = 100  # a case stands for many people: at most so many contacts of it are told apart
DELIGHT = 0.08  # what a kept promise adds to neutral satisfaction
FAILED = np.isin(np.arange(len(CAUSES)), (LATE, FAULT, LOST))  # by cause: failed orders, whose shoppers are followed
COMPENSABLE = COMPLAINT | (np.arange(len(CAUSES)) == ORDER_FAILED)  # by cause
MEMORY = 7.0 * DAY  # how long the desk remembers failures that somebody may want to compensate
PROMPT = 0.5  # minutes


class Desk(mesa.Agent):
    """Everybody who works in care."""

    def __init__(self, market: Any) -> None:
        super().__init__(market)
        self.market = market
        self.config = config = market.config.care
        self.weight = market.weight
        self.bot = get_policy("care.bot", config.bot.policy)(config.bot)
        self.follow_up = get_policy("care.follow_up", config.follow_up.policy)(config.follow_up)
        self.refunds = get_policy("care.refunds", config.refunds.policy)(config.refunds)
        self.refunds.write(market.world.care)
        self.unlimited = config.staff.number == "unlimited"
        self.pieces = 1 if self.unlimited else min(PIECES, max(1, math.ceil(self.weight)))
        self.grain = self.weight / self.pieces
        self.cases = c.Cases(market.calendar.total_days, market.calendar.warmup)
        self.number = self._number()
        self.hours = self._hours()
        self.staff = Pool(self.grain, None if self.unlimited else self.hours * self.number * config.staff.chats)
        self.office = Office(market, self.cases, self.pieces, self.grain)
        #: whole run, in pieces: what became of every enquiry
        self.opened = self.by_bot = self.by_staff = self.dropped = self.lost = 0
        shoppers = len(market.world.crowd.rows)
        self.failed = np.full(shoppers, -1, np.int32)  # orders so far when an order first failed in the days that count
        self.complained = np.zeros(shoppers, bool)
        self.recent: deque[np.ndarray] = deque()  # INCIDENT rows by hour: failures nothing has been given for
        self.prices = market.world.shelf.skus["price"].copy()
        self.bot_outages = self.refunding = 0  # in force: outages of the bot, orders to refund at once
        self.extra = {"staff": 0.0, "complaints": 0.0}  # shares of further people in force
        self.further = {"staff": 0.0, "complaints": 0.0}  # their hours on shift not yet paid, of one person
        self.counted = 0.0  # minute up to which these are counted
        self.sessions = 0.0  # of the bot, real, not yet paid
        market.env.process(self._rounds())
        market.env.process(self._paydays())

    # Who is there ----------------------------------------------------------------------------------

    def _number(self) -> float:
        """People on an average hour."""
        staff = self.config.staff
        if staff.number == "unlimited":
            return 0.0
        if staff.number != "auto":
            return float(staff.number)
        chats = self.market.expected_orders * staff.contacts_per_order * staff.handle / DAY
        return max(1.0, chats / (staff.chats * staff.utilisation))

    def _hours(self) -> np.ndarray:
        """float64[24], people present by hour of day, of the staff's number."""
        hours = np.zeros(24)
        for shift in self.config.staff.shifts:
            first, last = int(shift.opens // HOUR), int(shift.closes // HOUR) % 24
            for k in range((last - first) % 24 or 24):
                hours[(first + k) % 24] += shift.staff
        return hours

    def change(self, team: str | None, share: float, minutes: float, sick: bool) -> None:
        """Share `share` more people (or, `sick`, fewer) of a team (None: all) for some minutes."""
        names = ("staff", "complaints") if team is None else (team,)
        self._lift(names, -share if sick else share, sick)
        call_after(self.market.env, minutes, FAULTS, lambda: self._lift(names, share if sick else -share, sick))

    def _lift(self, teams: tuple[str, ...], share: float, sick: bool) -> None:
        """Change who is there from now on; the sick are paid, further people at time and a half."""
        self.catch_up(float(self.market.env.now))
        self._count_further(float(self.market.env.now))
        for name in teams:
            pool = self.staff if name == "staff" else self.office.team
            pool.factor = round(pool.factor + share, 12)
            if not sick:
                self.extra[name] = round(self.extra[name] + share, 12)

    def _count_further(self, now: float) -> None:
        """Add to `further` the hours on shift that the further people in force have been there."""
        for name, shift in (("staff", self.hours), ("complaints", self.office.shift)):
            self.further[name] += self.extra[name] * (_hours_until(shift, now) - _hours_until(shift, self.counted))
        self.counted = now

    @property
    def bot_works(self) -> bool:
        """There is a bot, and nothing keeps it from answering."""
        return bool(self.bot.working and not self.bot_outages)

    def stop_bot(self, minutes: float) -> None:
        """The bot answers nobody for some minutes."""
        self.catch_up(float(self.market.env.now))
        self.bot_outages += 1
        call_after(self.market.env, minutes, FAULTS, self._bot_returns)

    def _bot_returns(self) -> None:
        self.bot_outages -= 1

    def refund_at_once(self, minutes: float) -> None:
        """Returns of trusted shoppers are refunded when they are asked for, for some minutes."""
        self.refunding += 1
        self.market.world.care.setting[S_INSTANT] = 1.0
        call_after(self.market.env, minutes, FAULTS, self._refund_as_usual)

    def _refund_as_usual(self) -> None:
        self.refunding -= 1
        if not self.refunding:
            self.refunds.write(self.market.world.care)

    # The hour --------------------------------------------------------------------------------------

    def _rounds(self) -> Any:
        """At every full hour: the last hour's work, then who will contact the shop in the coming one."""
        while True:
            now = float(self.market.env.now)
            self.catch_up(now)
            self.read_inbox(now)
            self.ask(now)
            yield wait(self.market.env, HOUR, REVIEWS)

    def catch_up(self, now: float) -> None:
        """Answer what has come up to minute `now`."""
        done, fate, at = self.staff.work(now)
        if len(done):
            self._answered(done[fate == SERVED], at[fate == SERVED])
            self._gave_up(done[fate == ABANDONED], at[fate == ABANDONED])
            self._ended(np.unique(done["case"]), now)
        self.office.work(now)

    def read_inbox(self, now: float) -> None:
        """Empty the inbox: who will contact the shop within an hour, who is given something, who is followed up."""
        state = self.market.world.care
        told = state.inbox[: state.cursor[0]].copy()
        if not len(told):
            return
        state.cursor[0] = 0
        asking = self.config.asking
        chances = np.array([
            1.0, asking.late, 1.0, asking.sending_back, asking.loss, asking.loss, asking.cancelled, asking.order_failed
        ])  # fmt: skip
        calmed = self._compensate_affected(told, now)
        self._remember(told, calmed, now)
        drawn = self.market.draws.uniform(CONTACT, told["shopper"].astype(np.int64), _occurrence(told))
        contact = drawn < chances[told["cause"]] * (1.0 - calmed)
        told["complainer"] = contact & COMPLAINT[told["cause"]]
        self.complained[told["shopper"][(told["complainer"] > 0) & (told["minute"] >= self.market.calendar.warmup)]] = (
            True
        )
        self._open(told[contact], now)
        if self.follow_up.on:
            self._follow(told[~contact & COMPLAINT[told["cause"]]], now)

    def ask(self, now: float) -> None:
        """Find those who ask of their own accord in the coming hour; to be called at every full hour, once."""
        if not len(self.market.world.crowd.rows):
            return
        where = enquiries.where_is_it(self.market, now)
        self._open(where, now)
        self._open(enquiries.price_fell(self.market, now, self.prices), now)

    def _remember(self, told: np.ndarray, calmed: np.ndarray, now: float) -> None:
        """Whose orders have failed; and, for a week, the failures nothing has been given for."""
        counted = told["shopper"][FAILED[told["cause"]] & (told["minute"] >= self.market.calendar.warmup)]
        first = counted[self.failed[counted] < 0]
        self.failed[first] = self.market.world.crowd.rows["orders"][first]
        self.recent.append(told[COMPENSABLE[told["cause"]] & (calmed == 0.0)])
        while self.recent and not (self.recent[0]["minute"] >= now - MEMORY).any():
            self.recent.popleft()

    def take_recent(self, causes: list[int], since: float) -> np.ndarray:
        """INCIDENT rows: the remembered failures from minute ``since`` on, of these causes; remembered no more."""
        since = max(since, float(self.market.env.now) - MEMORY)
        taken = []
        for n, hour in enumerate(self.recent):
            mine = (hour["minute"] >= since) & np.isin(hour["cause"], causes)
            taken.append(hour[mine])
            self.recent[n] = hour[~mine]
        return np.concatenate(taken) if taken else np.zeros(0, INCIDENT)

    def _compensate_affected(self, told: np.ndarray, now: float) -> np.ndarray:
        """float64[n], share of the people of each incident satisfied by what they were given without asking."""
        calmed = np.zeros(len(told))
        config = self.config.compensation
        if not self.office.rule.gives or config.to != "affected":
            return calmed
        for n, incident in enumerate(told):
            if int(incident["cause"]) in self.office.rule.causes:
                calmed[n] = self.give(incident, config.delay, now)
        return calmed

    def give(self, incident: Any, minutes: float, now: float, rule: Any = None) -> float:
        """Compensate one incident without being asked; returns the share of its people it satisfies."""
        office = self.office
        given = office.compensate(
            int(incident["shopper"]), int(incident["cause"]), int(incident["value"]), 1.0, now, rule
        )  # fmt: skip
        if given <= 0.0:
            return 0.0
        case = np.zeros(1, c.CASE)[0]
        for name in INCIDENT.names or ():
            case[name] = incident[name]
        case["given"] = given
        before = float(self.market.world.crowd.rows["satisfaction"][incident["shopper"]])
        satisfied = office.make_good(case, minutes, 1.0, now, heard=False)
        after = float(self.market.world.crowd.rows["satisfaction"][incident["shopper"]])
        incident["drop"] = max(0.0, float(incident["drop"]) - (after - before))
        incident["left"] = incident["left"] and not self.market.world.crowd.rows["flags"][incident["shopper"]] & 1
        return satisfied

    # Contacts --------------------------------------------------------------------------------------

    def _open(self, incidents: np.ndarray, now: float) -> None:
        """Cases of those who contact the shop in the coming hour, and their contacts."""
        if not len(incidents):
            return
        cases = self.cases
        rows = cases.add(incidents, _occurrence(incidents).astype(np.uint32))
        cases.table["open"][rows] = self.pieces
        cause = incidents["cause"].astype(np.int64)
        note(self.market.world.books, int(now), ENQUIRIES, float(len(rows)))
        at = np.full(len(rows), now)
        cases.note(c.D_OPENED, at, self.weight)
        cases.note(c.D_COMPLAINTS, at, self.weight * COMPLAINT[cause])
        cases.note(c.D_REPETITIVE, at, self.weight * REPETITIVE[cause])
        self.opened += len(rows) * self.pieces

        piece = np.tile(np.arange(self.pieces), len(rows))
        case = np.repeat(rows, self.pieces)
        shopper, occurrence = self._who(case)

        def drawn(name: Any, slot: int) -> np.ndarray:
            return np.asarray(self.market.draws.uniform(name, shopper, occurrence, piece * 8 + slot))

        contacts = np.zeros(len(case), PIECE)
        contacts["case"], contacts["number"] = case, piece
        contacts["at"] = now + HOUR * drawn(CONTACT, 1)
        to_staff = np.ones(len(case), bool)
        if self.bot_works:
            seen, fate = self.bot.answer(cause[np.repeat(np.arange(len(rows)), self.pieces)],
                                         *(drawn(BOT, slot) for slot in range(4)))  # fmt: skip
            self._by_bot(contacts, seen, fate)
            contacts["at"][seen] += self.config.bot.takes
            to_staff = fate == TO_STAFF
        self._queue(contacts[to_staff])
        self._ended(rows, now)

    def _who(self, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        table = self.cases.table
        return table["shopper"][case].astype(np.int64), table["occurrence"][case].astype(np.int64)

    def _by_bot(self, contacts: np.ndarray, seen: np.ndarray, fate: np.ndarray) -> None:
        cases, grain = self.cases, self.grain
        self.sessions += float(seen.sum()) * grain
        cases.note(c.D_BOT_FIRST, contacts["at"][seen], grain)
        resolved, dropped = contacts[fate == RESOLVED], contacts[fate == DROPPED]
        cause = cases.table["cause"][resolved["case"]].astype(np.int64)
        cases.note(c.D_BOT, resolved["at"], grain)
        cases.note(c.D_BOT_REPETITIVE, resolved["at"], grain * REPETITIVE[cause])
        cases.note(c.D_DROPPED, dropped["at"], grain)
        self.by_bot += len(resolved)
        self.dropped += len(dropped)
        self._count(resolved["case"], "answered")
        self._count(dropped["case"], "unanswered")
        self._listen(resolved, resolved["at"] + self.config.bot.takes)

    def _queue(self, contacts: np.ndarray) -> None:
        """Contacts join the staff's queue at their time, each with a chat's length and a patience of its own."""
        staff = self.config.staff
        shopper, occurrence = self._who(contacts["case"])
        slot = contacts["number"].astype(np.int64) * 16 + contacts["tries"]
        sigma = math.sqrt(math.log1p(staff.variation**2))
        noise = self.market.draws.normal(CHAT, shopper, occurrence, slot)
        contacts["service"] = staff.handle * np.exp(sigma * noise - 0.5 * sigma**2)
        patience = self.market.draws.exponential(CHAT, shopper, occurrence, slot + 4096)
        contacts["gives_up"] = contacts["at"] + staff.patience * patience
        self.staff.add(contacts)

    def _answered(self, done: np.ndarray, at: np.ndarray) -> None:
        cases, waited = self.cases, at - done["at"]
        self.by_staff += len(done)
        cases.note(c.D_STAFF, at, self.grain)
        cases.note(c.D_WAIT, at, self.grain * waited)
        cases.note(c.D_PROMPT, at, self.grain * (waited <= PROMPT))
        cases.histogram(cases.waits, waited, c.WAIT_STEP, at, self.grain)
        np.add.at(cases.table["waited"], done["case"], waited)
        self._count(done["case"], "answered")
        self._listen(done, at + done["service"])

    def _gave_up(self, left: np.ndarray, at: np.ndarray) -> None:
        """Who gave up may contact the shop again, an hour later or more."""
        if not len(left):
            return
        asking, cases = self.config.asking, self.cases
        cases.note(c.D_GAVE_UP, at, self.grain)
        shopper, occurrence = self._who(left["case"])
        slot = left["number"].astype(np.int64) * 16 + left["tries"]
        again = self.market.draws.uniform(AGAIN, shopper, occurrence, slot) < asking.again
        again &= left["tries"] + 1 < asking.tries
        cases.note(c.D_AGAIN, at[again], self.grain)
        cases.note(c.D_LOST, at[~again], self.grain)
        self.lost += int((~again).sum())
        self._count(left["case"][~again], "unanswered")
        more = left[again].copy()
        more["tries"] += 1
        delay = self.market.draws.exponential(AGAIN, shopper[again], occurrence[again], slot[again] + 4096)
        more["at"] = at[again] + HOUR + asking.again_after * delay
        self._queue(more)

    def _count(self, cases: np.ndarray, column: str) -> None:
        np.add.at(self.cases.table[column], cases, 1)
        np.add.at(self.cases.table["open"], cases, -1)

    # Complaints ------------------------------------------------------------------------------------

    def _listen(self, done: np.ndarray, at: np.ndarray) -> None:
        """Complaints that were listened to go to the office when the chat is over."""
        mine = COMPLAINT[self.cases.table["cause"][done["case"]]]
        if self.office.policy.handles and mine.any():
            now = float(self.market.env.now)
            self.office.take(done["case"][mine], done["number"][mine], np.maximum(at[mine], now))

    def _follow(self, silent: np.ndarray, now: float) -> None:
        """The shop contacts those affected who have not complained; who is reached is treated as a complainer."""
        config = self.config.follow_up
        if not len(silent) or not self.office.policy.handles:
            return
        drawn = self.market.draws.uniform(REACHED, silent["shopper"].astype(np.int64), _occurrence(silent))
        reached = silent[drawn < config.reaches]
        if not len(reached):
            return
        rows = self.cases.add(reached, _occurrence(reached).astype(np.uint32))
        self.cases.note(c.D_FOLLOWED, np.full(len(rows), now), self.weight)
        at = np.maximum(reached["minute"] + config.after, now)
        self.office.take(
            np.repeat(rows, self.pieces), np.tile(np.arange(self.pieces), len(rows)), np.repeat(at, self.pieces)
        )

    # The end of a matter ---------------------------------------------------------------------------

    def _ended(self, rows: np.ndarray, now: float) -> None:
        """Those of `rows` of which nothing is open any more: waiting in vain or long is felt."""
        table, staff = self.cases.table, self.config.staff
        rows = rows[table["open"][rows] == 0]
        if not len(rows):
            return
        answered, unanswered = table["answered"][rows], table["unanswered"][rows]
        waited = table["waited"][rows] / np.maximum(answered, 1)
        bad = staff.abandoned * unanswered + staff.waiting * (1.0 - np.exp(-waited / staff.waiting_scale)) * answered
        bad = bad / self.pieces
        felt = bad > 0.0
        if felt.any():
            params = self.market.world.crowd.params
            target = min(1.0, params[P_NEUTRAL] + DELIGHT)
            feel(
                self.market.world.crowd.rows, table["shopper"][rows[felt]].astype(np.int64), bad[felt], target,
                params[P_LEARNING], params[P_NEGATIVITY],
            )  # fmt: skip
        for row in rows[(table["deciding"][rows] > 0) & (table["decided"][rows] == table["deciding"][rows])]:
            self.office.settle(int(row), now)

    # The bill --------------------------------------------------------------------------------------

    def _paydays(self) -> Any:
        """The shifts of a day are paid in its last minute."""
        yield wait(self.market.env, DAY - 1.0, REVIEWS)
        while True:
            self.pay(float(self.market.env.now))
            yield wait(self.market.env, DAY, REVIEWS)

    def pay(self, now: float) -> None:
        """Book a day: staff present or sick, further people at time and a half, handlers, overtime, the bot.

        Further people are paid for their hours on shift since the last time, whoever is still there.
        """
        staff, books = self.config.staff, self.market.world.books
        self._count_further(now)
        further, self.further = self.further, dict.fromkeys(self.further, 0.0)
        hours = 0.0 if self.unlimited else float(self.hours.sum()) * self.number
        cny = (hours + 1.5 * further["staff"] * self.number) * staff.wage * (1.0 + staff.overhead)
        if self.office.policy.handles:
            wages, more = self.office.wages(further["complaints"] * self.office.number)
            cny, hours = cny + wages, hours + more
        post(books, int(now), STAFF, CASH, round(cny * 100.0 / self.weight))
        post(books, int(now), IT, CASH, round(self.sessions * self.config.bot.cost * 100.0 / self.weight))
        self.sessions = 0.0
        self.cases.note(c.D_WAGES, np.array([now]), cny)
        self.cases.note(c.D_STAFF_HOURS, np.array([now]), hours)


def _hours_until(shift: np.ndarray, minute: float) -> float:
    """Hours on shift of one person from minute 0 to ``minute``; `shift`: float64[24], people by hour of the day."""
    days, rest = divmod(minute, DAY)
    hour, part = divmod(rest, HOUR)
    return float(days * shift.sum() + shift[: int(hour)].sum() + shift[int(hour)] * part / HOUR)


def _occurrence(incidents: np.ndarray) -> np.ndarray:
    """int64[n], names the draws of an incident beside its shopper."""
    return np.asarray(incidents["minute"].astype(np.int64) * 8 + incidents["cause"])


def populate(market: Any) -> None:
    """Create the desk of a marketplace; where a queue is driven alone, drive it when the run begins."""
    arrivals = market.config.care.arrivals
    if arrivals is not None:
        from sim.care.reference import run

        further = market.notices.setdefault("kpis", {})
        call_after(market.env, 0.0, REVIEWS, lambda: further.update(run(arrivals, market.draws)))
    if not getattr(market, "alone", False):
        market.notices["care"] = Desk(market)
