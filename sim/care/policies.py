"""What care may do: answer by machine, refund at once, close complaints, give something.

Each policy is made from its section of the scenario. A bot has `answer(cause, first, intent, accepted, patience)`, a
compensation `worth(value)`; the others are switches that the desk reads.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.care.config import Bot, Compensation, Complaints, FollowUp, Refunds
from sim.care.state import CANCELLED, CAUSES, COMPLAINT, ORDER_FAILED, PRICE, RETURN, S_INSTANT, WHERE_IS_IT, CareState
from sim.core.registry import policy

# what became of a contact at the bot
TO_STAFF, RESOLVED, DROPPED = 0, 1, 2


@policy("care.bot", "none")
class NoBot:
    """Every contact goes to a person."""

    def __init__(self, config: Bot) -> None:
        self.config = config
        self.working = False


@policy("care.bot", "by_intent")
class ByIntent:
    """A bot recognises the intent, answers what its knowledge covers, and hands over the rest."""

    def __init__(self, config: Bot) -> None:
        self.config = config
        self.working = True
        covers = config.covers
        self.covered = np.where(COMPLAINT, covers.complaint, 0.0)
        self.covered[WHERE_IS_IT], self.covered[PRICE] = covers.where_is_it, covers.price_protection
        self.covered[RETURN], self.covered[CANCELLED] = covers.sending_back, covers.cancelled
        self.covered[ORDER_FAILED] = covers.order_failed

    def answer(
        self, cause: np.ndarray, first: np.ndarray, intent: np.ndarray, answer: np.ndarray, leave: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(whether the bot saw the contact, TO_STAFF, RESOLVED or DROPPED), from four uniform draws for each contact.

        It is understood at the first try, or at a second, rephrased one; then the answer must be covered and accepted.
        """
        bot = self.config
        seen = first < bot.first
        understood = intent < bot.understands + (1.0 - bot.understands) * bot.rephrased
        helped = seen & understood & (answer < self.covered[cause] * bot.accepted)
        gives_up = seen & ~helped & (leave < bot.gives_up)
        return seen, np.where(helped, RESOLVED, np.where(gives_up, DROPPED, TO_STAFF))


class _WhenAsked:
    """Whether a return may be refunded when it is asked for."""

    instant = False

    def __init__(self, config: Refunds) -> None:
        self.config = config

    def write(self, state: CareState) -> None:
        """Set the board of the kernels."""
        state.setting[S_INSTANT] = float(self.instant)


@policy("care.refunds", "after_inspection")
class AfterInspection(_WhenAsked):
    """A return is refunded when the goods are back and inspected."""


@policy("care.refunds", "instant")
class Instant(_WhenAsked):
    """A return is refunded when it is asked for, to shoppers whose observed trust score is high enough."""

    instant = True


class _Office:
    """Whether complaints are handled, and whether the clock escalates them."""

    handles, escalates = True, False

    def __init__(self, config: Complaints) -> None:
        self.config = config


@policy("care.complaints", "none")
class NoOffice(_Office):
    """Whoever answers listens, and nothing follows."""

    handles = False


@policy("care.complaints", "first_come")
class FirstCome(_Office):
    """Complaints are investigated and closed in the order in which they came."""


@policy("care.complaints", "clock")
class Clock(_Office):
    """First come first served, and what would miss the deadline is escalated to people working overtime."""

    escalates = True


class _Compensation:
    """What a shopper is given for a failure beside the refund."""

    gives, coupon = True, False

    def __init__(self, config: Compensation) -> None:
        self.config = config
        self.causes = frozenset(CAUSES.index(name) for name in config.causes)

    def worth(self, value: float) -> float:
        """CNY for a failure that concerns goods paid ``value`` CNY."""
        return self.config.amount


@policy("care.compensation", "none")
class NoCompensation(_Compensation):
    """Nothing but the refund."""

    gives = False

    def worth(self, value: float) -> float:
        """Nothing."""
        return 0.0


@policy("care.compensation", "fixed")
class Fixed(_Compensation):
    """The same amount of money for every order concerned."""


@policy("care.compensation", "share")
class ShareOfValue(_Compensation):
    """A share of the value concerned, up to a limit."""

    def worth(self, value: float) -> float:
        """CNY for a failure that concerns goods paid ``value`` CNY."""
        return min(self.config.most, self.config.share * value)


@policy("care.compensation", "coupon")
class Coupon(_Compensation):
    """A coupon for the next order; it costs the shop something only if it is used."""

    coupon = True


class _Switch:
    """A policy that is there or not."""

    on = True

    def __init__(self, config: Any) -> None:
        self.config = config


@policy("care.follow_up", "none")
class NoFollowUp(_Switch):
    """Who does not complain is not asked."""

    on = False

    def __init__(self, config: FollowUp) -> None:
        super().__init__(config)


@policy("care.follow_up", "affected")
class FollowAffected(_Switch):
    """The shop contacts those affected by its failures who have not complained, and treats them as if they had."""
