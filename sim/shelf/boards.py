"""Boards: what each SKU costs and promises at a minute, written from the calendar and from standing policies."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.shelf.config import CashBack, Coupons, Discount, FullReduction, GroupBuy, Livestream, Presale
from sim.shelf.promotions import ORIGIN_FLASH, ORIGIN_GROUP, ORIGIN_LIVESTREAM, ORIGIN_PRESALE, Window
from sim.shelf.state import (
    C_BUDGET,
    C_CLAIM,
    C_FROM,
    C_OFF,
    C_THRESHOLD,
    C_TO,
    GROUPS,
    HOLDS,
    NO_COUPON,
    NO_MEMBER,
    ShelfState,
)

NEVER = np.iinfo(np.int64).max


@dataclass
class Standing:
    """What policies hold on SKUs whatever the calendar says; nothing without a policy."""

    off: np.ndarray  # float64[skus], share of the list price taken off
    push: np.ndarray  # float64[skus], log weight added in the ranking
    ceiling: np.ndarray  # int64[skus], fen, price not to be exceeded: a rival's; NEVER where there is none

    @classmethod
    def of(cls, skus: int) -> Standing:
        """Nothing held on ``skus`` articles."""
        return cls(np.zeros(skus), np.zeros(skus), np.full(skus, NEVER))


@dataclass
class _Board:
    """One board while it is written."""

    listed: np.ndarray  # int64[skus], fen
    floor: np.ndarray  # int64[skus], fen, least price allowed
    sold_out: np.ndarray  # bool[skus], a contingent is gone
    price: np.ndarray = field(init=False)
    member: np.ndarray = field(init=False)
    announced: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n = len(self.listed)
        self.price, self.member = self.listed.copy(), np.zeros(n, np.int64)
        self.beyond = self.listed.copy()  # the price without what a quota limits
        self.deposit, self.balance = np.zeros(n, np.float32), np.zeros(n, np.int32)
        self.announced, self.announced_at = np.full(n, NEVER), np.full(n, -1, np.int32)
        self.exposure, self.impulse = np.zeros(n, np.float32), np.zeros(n, np.float32)
        self.commission, self.cash_back = np.zeros(n), np.zeros(n, np.int64)
        self.origin, self.bits = np.zeros(n, np.uint8), np.zeros(n, np.uint8)

    def cut(self, off: float | np.ndarray) -> np.ndarray:
        """int64[skus], fen: the list price less a share, not below the floor."""
        return np.maximum(np.rint(self.listed * (1.0 - off)).astype(np.int64), self.floor)

    def hope_for(self, prices: np.ndarray, mask: np.ndarray, opens: int) -> None:
        """Shoppers know of ``prices`` from ``opens`` on; the lowest known price of an article counts."""
        sooner = mask & (prices < self.announced)
        self.announced = np.where(sooner, prices, self.announced)
        self.announced_at[sooner] = opens

    def write(self, skus: np.ndarray) -> None:
        """Put everything on the rows of one board."""
        skus["price"], skus["price_beyond"], skus["member_price"] = self.price, self.beyond, self.member
        skus["deposit"], skus["balance_at"] = self.deposit, self.balance
        held = self.announced < NEVER
        skus["announced_price"] = np.where(held, self.announced, 0)
        skus["announced_at"] = np.where(held, self.announced_at, -1)
        skus["exposure"], skus["impulse"] = self.exposure, self.impulse
        skus["origin"], skus["full_reduction"] = self.origin, self.bits
        skus["commission"], skus["cash_back"] = self.commission, self.cash_back


def write_boards(
    shelf: ShelfState,
    calendar: list[Window],
    minute: int,
    weight: float,
    limit: float,
    standing: Standing | None = None,
    arms: tuple[str, ...] = (),
) -> None:
    """Write every board as it is at ``minute`` (integer minutes; windows are half-open).

    ``arms``: of an A/B test, the arm whose promotions each further board shows (the first board shows none of any
    arm's). Idempotent: depends only on the calendar and the minute, except quotas and coupon budgets, which are set when
    their window opens and run down afterwards.
    """
    skus = shelf.skus
    reductions = np.zeros_like(shelf.reductions)
    coupons: dict[int, int] = {}
    limited = [window for window in calendar if isinstance(window.spec, Discount) and window.spec.quota is not None]
    for window in limited:
        if minute == window.closes:
            # where another one's window is open, its contingent goes on
            still = [other.mask for other in limited if other.opens < minute < other.closes]
            skus["quota"][window.mask & ~np.any(still, axis=0) if still else window.mask] = -1
    for window in limited:
        if minute == max(0, window.opens) < window.closes:  # one open before the run begins with it
            skus["quota"][window.mask] = max(1, round(window.spec.quota / weight))
    for window in calendar:
        if isinstance(window.spec, Coupons):
            _open_coupons(shelf, window, coupons.setdefault(window.number, len(coupons)), weight)
        if isinstance(window.spec, GroupBuy):
            shelf.setting[GROUPS] = 1.0
    for number, arm in enumerate((None, *arms)):
        part = slice(number * len(skus), (number + 1) * len(skus))
        if number:
            shelf.boards[part] = skus
        shown = [window for window in calendar if window.arm is None or window.arm == arm]
        rows = _reduction_rows(calendar)
        _write_board(shelf.boards[part], reductions, shown, rows, minute, limit, standing)
    shelf.reductions[:] = reductions


def _reduction_rows(calendar: list[Window]) -> dict[int, int]:
    """Row of each full reduction by its number in the file."""
    rows: dict[int, int] = {}
    for window in calendar:
        if isinstance(window.spec, FullReduction):
            rows.setdefault(window.number, len(rows))
    return rows


def _open_coupons(shelf: ShelfState, window: Window, row: int, weight: float) -> None:
    kind, spec = shelf.coupons[row], window.spec
    if kind[C_OFF] == 0:
        kind[C_THRESHOLD], kind[C_OFF] = round(spec.threshold * 100), round(spec.off * 100)
        kind[C_BUDGET] = round(spec.budget * 100 / weight)
        kind[C_FROM], kind[C_TO] = window.opens, window.closes
        kind[C_CLAIM] = round(spec.claim * 1e6)


def _write_board(
    skus: np.ndarray,
    reductions: np.ndarray,
    calendar: list[Window],
    rows: dict[int, int],
    minute: int,
    limit: float,
    standing: Standing | None,
) -> None:
    listed = skus["list_price"]
    board = _Board(listed, np.rint(listed * (1.0 - limit)).astype(np.int64), skus["quota"] == 0)
    if standing is not None and standing.off.any():
        board.price = board.beyond = np.where(standing.off > 0.0, board.cut(standing.off), board.price)
    for window in calendar:
        holds = window.opens <= minute < window.closes
        coming = window.announced <= minute < window.opens
        spec = window.spec
        if isinstance(spec, FullReduction):
            _reduce(board, reductions[rows[window.number]], rows[window.number], window, holds, coming)
        elif isinstance(spec, Discount) and spec.kind == "member_price":
            cut = board.cut(spec.off)
            if holds:
                better = window.mask & ((board.member == 0) | (cut < board.member))
                board.member = np.where(better, cut, board.member)
        elif isinstance(spec, CashBack):
            if holds:
                fen = round(spec.amount * 100)
                board.cash_back[window.mask] = np.maximum(board.cash_back[window.mask], fen)
        elif isinstance(spec, (Discount, Presale, Livestream, GroupBuy)):
            _cut(board, window, holds, coming)
    if standing is not None:
        most = np.maximum(standing.ceiling, board.floor)
        board.price, board.beyond = np.minimum(board.price, most), np.minimum(board.beyond, most)
    board.write(skus)


def _cut(board: _Board, window: Window, holds: bool, coming: bool) -> None:
    """A price cut of any kind, and what comes with it."""
    spec, mask = window.spec, window.mask
    cut = board.cut(spec.rungs[0][1] if isinstance(spec, GroupBuy) else spec.off)
    if holds:
        limited = isinstance(spec, Discount) and spec.quota is not None
        better = mask & (cut < board.price) & ~(board.sold_out if limited else False)
        board.price = np.where(better, cut, board.price)
        if not limited:
            board.beyond = np.where(mask & (cut < board.beyond), cut, board.beyond)
        if isinstance(spec, Presale):
            board.deposit[mask] = spec.deposit
            board.balance[mask] = window.closes
            board.origin[mask] = ORIGIN_PRESALE
        elif isinstance(spec, GroupBuy):
            # paid in full when ordered, and sent when the group is complete
            board.deposit[mask] = 1.0
            board.exposure[mask] -= np.float32(spec.hassle)
            board.origin[mask] = ORIGIN_GROUP
        elif isinstance(spec, Livestream):
            board.exposure[mask] = np.maximum(board.exposure[mask], spec.exposure)
            board.impulse[mask] = np.maximum(board.impulse[mask], spec.impulse)
            board.commission[mask] = np.maximum(board.commission[mask], spec.commission)
            board.origin[mask] = ORIGIN_LIVESTREAM
        elif spec.kind == "flash":
            board.origin[better] = ORIGIN_FLASH
    elif coming and not isinstance(spec, (Presale, GroupBuy)):
        board.hope_for(cut, mask, window.opens)


def _reduce(board: _Board, row: np.ndarray, bit: int, window: Window, holds: bool, coming: bool) -> None:
    """A full reduction: its row of the table, and its bit on the articles that take part."""
    spec, listed = window.spec, board.listed
    every, off = round(spec.every * 100), round(spec.off * 100)
    without = (0 if spec.with_coupon else NO_COUPON) | (0 if spec.with_member_price else NO_MEMBER)
    row[:] = (every, off, spec.times, HOLDS | without if holds else 0)
    if holds:
        board.bits[window.mask] |= np.uint8(1 << bit)
    elif coming:
        # what a single article can hope for: its own share of a full amount
        hoped = np.rint(listed * (1.0 - off / every * np.minimum(1.0, listed / every))).astype(np.int64)
        board.hope_for(hoped, window.mask, window.opens)
