"""The complaint office: investigates, closes by the clock, compensates, and follows up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.books.state import CASH, COMPENSATION, REVIEW_POINTS, REVIEWS, WON_BACK, note, post
from sim.care import cases as c
from sim.care.pool import ENDLESS, PIECE, Pool
from sim.care.recovery import outcome
from sim.core.registry import get_policy
from sim.core.rng import decision
from sim.crowd.programmes_config import Voucher
from sim.crowd.state import ALIVE, P_DROPOUT, P_NEUTRAL, P_REVIEW, REMOVED
from sim.crowd.vouchers import vouchers

WORK = decision("care.complaint")
REVISE = decision("care.revise")
STAY = decision("shopper.stay")  # the crowd's own draw: whoever reconsiders leaving meets the same one
DAY = 1440.0
OVERTIME_HOURS = 4  # after the handlers' day
OVERTIME_PAY = 1.5
GOOD_REVIEW, BAD_REVIEW, TURNED_REVIEW = 5.0, 1.0, 4.0


class Office:
    """Handles the complaints that were listened to. `pieces`: contacts of a case, `grain` real ones each."""

    def __init__(self, market: Any, cases: c.Cases, pieces: int, grain: float) -> None:
        self.market, self.cases, self.pieces, self.grain = market, cases, pieces, grain
        care = market.config.care
        self.config = config = care.complaints
        self.policy = get_policy("care.complaints", config.policy)(config)
        self.rule = get_policy("care.compensation", care.compensation.policy)(care.compensation)
        self.compensation = care.compensation
        self.number = self._number()
        hours = np.arange(24)
        first, last = int(config.opens // 60), int(config.closes // 60) or 24
        span = (last - first) % 24 or 24
        self.shift = ((hours - first) % 24 < span).astype(float)
        after = ((hours - last) % 24 < OVERTIME_HOURS).astype(float)
        self.team = Pool(grain, self.shift * self.number)
        self.late_team = Pool(grain, after * self.number * config.overtime)
        self.ending: list[tuple[float, int]] = []  # (minute, case) of services begun and not ended
        self.paid_overtime = 0.0  # real minutes
        self.apologies: dict[int, int] = {}  # shopper -> answers that gave nothing

    def _number(self) -> float:
        if self.config.handlers != "auto":
            return float(self.config.handlers)
        hours = ((self.config.closes - self.config.opens) % DAY or DAY) / 60.0
        work = self.market.expected_orders * self.config.per_order * self.config.handle / 60.0
        return max(1.0, work / (hours * self.config.utilisation))

    # The work --------------------------------------------------------------------------------------

    def take(self, rows: np.ndarray, numbers: np.ndarray, at: np.ndarray) -> None:
        """Pieces `numbers` of cases `rows` join the office's queue at minutes `at`."""
        table = self.cases.table
        jobs = np.zeros(len(rows), PIECE)
        jobs["case"], jobs["number"], jobs["at"], jobs["gives_up"] = rows, numbers, at, ENDLESS
        sigma = math.sqrt(math.log1p(self.config.variation**2))
        noise = self.market.draws.normal(
            WORK,
            table["shopper"][rows].astype(np.int64),
            table["occurrence"][rows].astype(np.int64),
            numbers.astype(np.int64),
        )
        jobs["service"] = self.config.handle * np.exp(sigma * noise - 0.5 * sigma**2)
        np.add.at(table["deciding"], rows, 1)
        self.team.add(jobs)

    def work(self, now: float) -> None:
        """Work up to minute `now`; what has been decided by then is closed."""
        for team in (self.team, self.late_team):
            done, _, begins = team.work(now)
            ends = begins + done["service"] * team.slower
            self.ending += zip(ends.tolist(), done["case"].tolist(), strict=True)
        if self.policy.escalates:
            self._escalate(now)
        closed = sorted(item for item in self.ending if item[0] <= now)
        if closed:
            self.ending = [item for item in self.ending if item[0] > now]
            self._close(np.array([item[1] for item in closed]), np.array([item[0] for item in closed]))

    def _escalate(self, now: float) -> None:
        """What will be due within the margin goes to the people working overtime."""
        opened = self.cases.table["minute"][self.team.queue["case"]]
        urgent = now - opened >= self.config.close_within - self.config.margin
        if urgent.any():
            self.late_team.add(self.team.withdraw(urgent, now))

    def _close(self, rows: np.ndarray, at: np.ndarray) -> None:
        table, cases = self.cases.table, self.cases
        took = at - table["minute"][rows]
        cases.note(c.D_CLOSED, at, self.grain)
        cases.note(c.D_IN_TIME, at, self.grain * (took <= self.config.close_within))
        cases.histogram(cases.closings, took, c.CLOSE_STEP, at, self.grain)
        np.add.at(table["decided"], rows, 1)
        np.add.at(table["closing"], rows, took)
        for row, minute in {int(row): float(minute) for row, minute in zip(rows, at, strict=True)}.items():
            case = table[row]
            if case["open"] == 0 and case["decided"] == case["deciding"]:
                self.settle(row, minute)

    def settle(self, row: int, minute: float) -> None:
        """All of a case is decided: what is given, and what it does to the shopper."""
        case = self.cases.table[row]
        share = float(case["decided"]) / self.pieces
        if case["given"] == 0.0 and self.compensation.to == "complainers":
            case["given"] = self.compensate(int(case["shopper"]), int(case["cause"]), int(case["value"]), share, minute)
        self.make_good(case, float(case["closing"]) / float(case["decided"]), share, minute, heard=True)

    # What is given ---------------------------------------------------------------------------------

    def compensate(self, shopper: int, cause: int, value: int, share: float, minute: float, rule: Any = None) -> float:
        """Give what the rule says for goods paid `value` fen: CNY a shopper. `share`: of the row's people."""
        rule = rule or self.rule
        if not rule.gives or cause not in rule.causes:
            return 0.0
        worth = float(rule.worth(value / 100.0))
        if worth <= 0.0:
            return 0.0
        market, weight = self.market, self.market.weight
        if rule.coupon:
            if not self._coupon(shopper, rule):
                return 0.0
            self.cases.note(c.D_COUPONS, np.array([minute]), worth * weight)
        else:
            fen = round(worth * 100.0 * share)
            post(market.world.books, int(minute), COMPENSATION, CASH, fen)
            self.cases.note(c.D_GIVEN, np.array([minute]), fen / 100.0 * weight)
        self.cases.note(c.D_COMPENSATED, np.array([minute]), share * weight)
        return worth

    def _coupon(self, shopper: int, rule: Any) -> bool:
        """Give care's voucher to the shopper unless they hold one, or its budget is spent."""
        config, drawer = rule.config, vouchers(self.market)
        kind = drawer.kind(
            "care", Voucher.model_construct(off=config.amount, threshold=config.threshold), config.budget
        )
        return len(drawer.give(kind, np.array([shopper]), config.valid)) > 0

    # What it does ----------------------------------------------------------------------------------

    def make_good(self, case: Any, minutes: float, share: float, minute: float, heard: bool) -> float:
        """Let a shopper feel an answer `minutes` after the failure; returns the share of the people satisfied.

        Satisfaction regains part of what the failure took and never more than it was before. Who left over it meets
        the same draw again, so only those come back whom the failure drove away.
        """
        world = self.market.world
        shopper, value = int(case["shopper"]), float(case["value"]) / 100.0
        trouble = max(self.compensation.trouble * value, 0.01)
        result = outcome(self.config, value, minutes, float(case["given"]) / trouble, self.apologies.get(shopper, 0))
        if heard and case["given"] == 0.0:
            self.apologies[shopper] = self.apologies.get(shopper, 0) + 1
        row = world.crowd.rows[shopper]
        now = float(row["satisfaction"])
        gain = share * result.regained * float(case["drop"])
        row["satisfaction"] = min(max(now, float(case["before"])), now + gain)
        if case["left"] and not row["flags"] & ALIVE and not row["flags"] & REMOVED:
            params = world.crowd.params
            leave = row["dropout"] * math.exp(params[P_DROPOUT] * (params[P_NEUTRAL] - float(row["satisfaction"])))
            if self.market.draws.uniform(STAY, shopper, int(case["turn"])) >= leave:
                row["flags"] |= ALIVE
                note(world.books, int(minute), WON_BACK, 1.0)
                self.cases.note(c.D_WON_BACK, np.array([minute]), self.market.weight)
        satisfied = share * result.satisfied
        self.cases.note(c.D_SATISFIED, np.array([minute]), satisfied * self.market.weight)
        if heard:
            self.tell_others(case, satisfied, share - satisfied, minute)
        return satisfied

    def tell_others(self, case: Any, satisfied: float, unsatisfied: float, minute: float) -> None:
        """Word of mouth in ratings: some revise a bad review, the unsatisfied write so many times as often [C08]."""
        world, config = self.market.world, self.config
        skus = case["sku"][case["sku"] >= 0]
        if not len(skus):
            return
        shopper, occurrence = int(case["shopper"]), int(case["occurrence"])
        turn, write, kind = (float(self.market.draws.uniform(REVISE, shopper, occurrence, slot)) for slot in range(3))
        articles, points = world.shelf.skus, float(case["review"])
        if 0.0 < points < TURNED_REVIEW:
            if turn < config.revised * satisfied:
                articles["rating_sum"][skus] += TURNED_REVIEW - points
                note(world.books, int(minute), REVIEW_POINTS, TURNED_REVIEW - points)
                self.cases.note(c.D_REVISED, np.array([minute]), self.market.weight)
            return
        if points > 0.0:
            return
        loud = config.loud * unsatisfied
        if write < world.crowd.params[P_REVIEW] * (satisfied + loud):
            points = BAD_REVIEW if kind * (satisfied + loud) < loud else GOOD_REVIEW
            articles["rating_sum"][skus] += points
            articles["rating_count"][skus] += 1.0
            note(world.books, int(minute), REVIEWS, 1.0)
            note(world.books, int(minute), REVIEW_POINTS, points)

    # Wages -----------------------------------------------------------------------------------------

    def wages(self, further: float) -> tuple[float, float]:
        """(CNY of a day's shift, `further` person-hours of more people and the overtime since the last time, person-hours)."""
        staff = self.market.config.care.staff
        pay = staff.wage * (1.0 + staff.overhead)
        hours = float(self.shift.sum()) * self.number
        over = (self.late_team.worked - self.paid_overtime) / 60.0
        self.paid_overtime = self.late_team.worked
        return pay * (hours + OVERTIME_PAY * (further + over)), hours
