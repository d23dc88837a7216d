"""No enquiry is lost, nobody waits outside the books: what must hold of care at the end of every run."""

from __future__ import annotations

from typing import Any

from sim.books.laws import law, require
from sim.care.pool import Pool


def law_enquiries(desk: Any) -> None:
    """Enquiries opened = resolved by bot + by staff + given up after the bot + given up waiting + still waiting."""
    still = desk.staff.waiting + len(desk.staff.ahead)
    ended = desk.by_bot + desk.by_staff + desk.dropped + desk.lost
    require("enquiries", "enquiries opened = ended + still waiting", float(desk.opened), float(ended + still))
    open_pieces = int(desk.cases.table["open"][: desk.cases.count].sum())
    require("enquiries", "pieces open in cases = still waiting", float(open_pieces), float(still))


def law_complaints(desk: Any) -> None:
    """Complaints taken by the office = closed + in hand."""
    office, table = desk.office, desk.cases.table[: desk.cases.count]
    teams = (office.team, office.late_team)
    in_hand = sum(team.waiting + len(team.ahead) for team in teams) + len(office.ending)
    require(
        "complaints",
        "taken = closed + in hand",
        float(table["deciding"].sum()),
        float(table["decided"].sum() + in_hand),
    )


def law_waiting(name: str, pool: Pool) -> None:
    """Little's law of a queue: the area under the number waiting, from counts, = the sum of all waits, piece by piece."""
    require("care waiting", f"{name}: joined = left + waiting", float(pool.arrived),
            float(pool.served + pool.abandoned + pool.withdrawn + pool.waiting))  # fmt: skip
    waits = pool.sojourn + float((pool.clock - pool.queue["at"]).sum())
    scale = 1.0 + abs(waits) + pool.clock * 1e-3 * pool.arrived
    require("care waiting", f"{name}: area = waits", pool.area, waits, 1e-8 * scale)


@law("enquiries")
def _enquiries(market: Any) -> None:
    desk = market.notices.get("care")
    if desk is not None:
        law_enquiries(desk)


@law("complaints")
def _complaints(market: Any) -> None:
    desk = market.notices.get("care")
    if desk is not None:
        law_complaints(desk)


@law("care waiting")
def _waiting(market: Any) -> None:
    desk = market.notices.get("care")
    if desk is not None:
        for name, pool in (
            ("staff", desk.staff),
            ("complaints", desk.office.team),
            ("overtime", desk.office.late_team),
        ):
            law_waiting(name, pool)
