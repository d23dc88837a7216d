"""Words and numbers as people read them, in English and Chinese."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from sim.core.wording import number
from sim.study.model import Measure
from sim.study.stats import Estimate

#: what no mean can leave, by unit: a share is between nothing and all, a time or a count is not negative
_COUNTS = ("d", "h", "min", "s", "orders", "visits", "units", "people", "parcels", "contacts", "requests", "writes", "accounts",
           "SKU-days", "SKUs", "inspections", "records", "reviews", "times")  # fmt: skip
#: shares that may be negative, and shares that may be more than one
_SIGNED = ("nps", "gross_margin", "profit_margin", "marketing_roi", "marketing_roi_holdout")
_ABOVE_ONE = ("refund_share", "compensation_share", "fraud_loss_share", "rival_price_index", "peak_utilisation")


@dataclass(frozen=True)
class Text:
    """A sentence in both languages."""

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """The sentence in ``lang`` (``en`` or ``zh``)."""
        return self.zh if lang == "zh" else self.en


def both(text: str) -> Text:
    """A name that is the same in both languages."""
    return Text(text, text)


def interval(estimate: Estimate, unit: str = "", lang: str = "en", signed: bool = False) -> str:
    """``+1.2M CNY (0.9M … 1.5M)``."""
    scale = 100.0 if unit == "share" and signed else 1.0
    bare = "" if unit == "CNY" or (unit == "share" and signed) else unit
    low, high = (number(end * scale, bare, lang) for end in (estimate.low, estimate.high))
    opening, closing = ("（", "）") if lang == "zh" else (" (", ")")
    return f"{number(estimate.value, unit, lang, signed)}{opening}{low} … {high}{closing}"


def within(estimate: Estimate, name: str, unit: str) -> Estimate:
    """The estimate of a mean, its interval ended where the measure does: no fill rate is above 100%, no time negative.

    A t interval knows nothing of such ends. Where the measure is not known to have any, the interval stays.
    """
    low, high = limits(name, unit)
    if not low <= estimate.value <= high:
        return estimate
    return replace(estimate, low=max(low, estimate.low), high=min(high, estimate.high))


def limits(name: str, unit: str) -> tuple[float, float]:
    """The least and the most that a mean of a measure can be; infinite where nothing is known."""
    if unit in _COUNTS:
        return 0.0, math.inf
    if unit != "share" or name in _SIGNED:
        return -math.inf, math.inf
    return 0.0, math.inf if name in _ABOVE_ONE else 1.0


def percent(value: float, lang: str = "en", signed: bool = False) -> str:
    """A ratio or a relative change in percent."""
    return number(value, "%", lang, signed)


def certainty(p_value: float, lang: str = "en") -> str:
    """A p-value in words for managers; the number stands beside it in the table."""
    if math.isnan(p_value):
        return "无法检验" if lang == "zh" else "not tested"
    for limit, en, zh in (
        (0.001, "beyond doubt", "毫无疑问"),
        (0.01, "very likely real", "很可能真实"),
        (0.05, "likely real", "可能真实"),
    ):
        if p_value < limit:
            return zh if lang == "zh" else en
    return "可能只是偶然" if lang == "zh" else "may be chance"


def label(name: str, measures: dict[str, Measure], lang: str = "en") -> str:
    """What a measure is called."""
    measure = measures.get(name)
    if measure is None:
        return name
    return (measure.label_zh if lang == "zh" else measure.label) or name
