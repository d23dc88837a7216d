"""What rivals may do to us out of the blue. `target` is a rival's name or `all`; `magnitude` a share in percent."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sim.core.arguments import BelowAll, Category, Rival, minutes, share
from sim.core.clock import FAULTS, call_after
from sim.core.errors import SimError, UnitError
from sim.core.registry import event

DAY = 1440.0


def _share(magnitude: Any, usual: float) -> float:
    if magnitude is None:
        return usual
    try:
        value = share(magnitude, usual)
    except UnitError as error:
        raise SimError(f"magnitude: found {magnitude!r}, accepted: {error.accepted}") from None
    if not 0.0 <= value < 1.0:
        raise SimError(f"magnitude: found {magnitude!r}, accepted: a share below 100%, such as 10%")
    return value


def _rivals(market: Any, target: Any) -> Any:
    rivals = market.notices.get("rivals")
    if rivals is None:
        raise SimError("rivals.platforms: found none, accepted for this event: at least one rival")
    return rivals.aimed(target)


@event("rivals.price_war", kind="inject", needs="rivals.platforms")
def price_war(
    market: Any, target: Rival | None = None, for_minutes: Any = None, magnitude: BelowAll | None = None, category: Category | None = None
) -> None:
    """Rivals cut prices round after round, by `magnitude` below the lower of both (5%), until their margin floor."""
    for rival in _rivals(market, target):
        section = rival.spec.reaction
        rival.begin_war(
            rival.chosen(category), _share(magnitude, section.step), minutes(for_minutes, section.lasts), provoked=False
        )


@event("rivals.promotion", kind="inject", needs="rivals.platforms")
def promotion(
    market: Any, target: Rival | None = None, for_minutes: Any = None, magnitude: BelowAll | None = None, category: Category | None = None
) -> None:
    """Rivals hold a festival nobody knew of: `magnitude` off (20%) for a time (1d)."""
    for rival in _rivals(market, target):
        rival.promote(rival.cut_of(_share(magnitude, 0.2), category), minutes(for_minutes, DAY))


@event("rivals.service", kind="inject", needs="rivals.platforms")
def service(market: Any, target: Rival | None = None, for_minutes: Any = None, utility: Annotated[float, Field(ge=-10.0, le=10.0)] = 0.5) -> None:
    """Rivals serve better (or worse, below nought) by a `utility` (0.5) for a time (30d)."""
    rivals = _rivals(market, target)
    board = market.notices["rivals"].board

    def change(by: float) -> None:
        board.settle()
        state = market.world.rivals
        for rival in rivals:
            state.quality[rival.number] += by
        state.value[:] = board.value(state.log_price)

    change(float(utility))
    call_after(market.env, minutes(for_minutes, 30.0 * DAY), FAULTS, lambda: change(-float(utility)))
