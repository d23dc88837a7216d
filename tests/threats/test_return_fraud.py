"""Return fraud: a false claim is judged by what the shop has seen of the account that makes it."""

from __future__ import annotations

from typing import Any

import pytest
from attacked_shop import shop

from sim.books import state as b
from sim.care.state import S_CLAIM_WEIGHT, S_PRIOR, S_TRUST
from sim.threats.return_fraud import Claimer

GANG = {"kind": "return_fraud", "orders": "300/h", "decided": "1d", "tactics": ["advanced"], "patience": 1000}
SIX_DAYS = {"days": 6, "threats__economy": {"uses": 4}}


def paid(monkeypatch: pytest.MonkeyPatch, **more: Any) -> tuple[Any, list[tuple[int, bool, float, int]]]:
    """A run, and its claims in order: account, whether paid at once, minutes from its arrival, fen paid out."""
    market = shop(threats__attackers=[GANG], **SIX_DAYS, **more)
    claims: list[tuple[int, bool, float, int]] = []
    came: dict[int, float] = {}
    received, pay_out = Claimer.received, Claimer.pay_out

    def on_received(self: Claimer, one: Any) -> bool:
        came[id(one)] = self.now
        return received(self, one)

    def on_pay_out(self: Claimer, one: Any, believed: float) -> None:
        order = self.market.world.fulfilment.orders[one.row]
        before = int(order["refunded"][0])
        at_once = one.phase != "claimed"
        row = one.row
        minutes = self.now - came[id(one)]
        hold = self.done
        self.done = lambda held: claims.append(  # type: ignore[method-assign]
            (one.account, at_once, minutes, int(self.market.world.fulfilment.orders[row]["refunded"][0]) - before)
        )
        pay_out(self, one, believed)
        del self.done
        hold(one)

    monkeypatch.setattr(Claimer, "received", on_received)
    monkeypatch.setattr(Claimer, "pay_out", on_pay_out)
    market.run()
    market.finish()
    return market, claims


def test_an_account_that_has_been_refunded_without_goods_is_no_longer_refunded_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    market, claims = paid(monkeypatch, care__refunds__policy="instant")
    first = [claim for n, claim in enumerate(claims) if claim[0] not in {c[0] for c in claims[:n]}]
    later = [claim for n, claim in enumerate(claims) if claim[0] in {c[0] for c in claims[:n]}]
    assert len(first) > 10 and len(later) > 10
    assert all(at_once and minutes == 0.0 for _, at_once, minutes, _ in first), "nothing is known against them yet"
    assert not any(at_once for _, at_once, _, _ in later), "a refund whose goods never came back has cost the trust"
    assert all(minutes >= 1440.0 for _, _, minutes, _ in later), "people look at the claim first"
    assert all(fen > 0 for *_, fen in first)
    assert market.world.books.debit[:, b.FRAUD].sum() == sum(fen for *_, fen in claims)


def test_without_instant_refunds_every_claim_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    _, claims = paid(monkeypatch)
    assert len(claims) > 10 and not any(at_once for _, at_once, _, _ in claims)


def test_the_trust_of_an_account_is_the_trust_of_a_shopper_with_the_same_history() -> None:
    market = shop(threats__attackers=[GANG], care__refunds__policy="instant")
    market.run_until(1500)
    care, (agent,) = market.world.care, market.notices["threats"].attackers
    for orders, returned, claims in ((1, 0, 0), (4, 1, 0), (4, 1, 1), (30, 2, 1)):
        number = agent.accounts.order(1)
        agent.accounts.orders[number] = orders
        agent.accounts.returned[number], agent.accounts.claims[number] = returned, claims
        weight, prior = care.setting[S_CLAIM_WEIGHT], care.setting[S_PRIOR]
        score = max(0.0, 1.0 - (returned + weight * claims + 1.0) / (orders + prior))
        assert agent.accounts.trust(care, number) == pytest.approx(score)
    assert agent.accounts.trust(care, agent.accounts.order(1)) >= care.setting[S_TRUST], "a new account is trusted"
