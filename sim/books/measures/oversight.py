"""Oversight: fines, goods taken down, days without a licence, records exposed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sim.books.measures import Measure

SOURCE = "MODEL.md, oversight"


def _of(part: str, read: Callable[[Any], float]) -> Callable[[Any], float]:
    """Reads something of one part of the office; nan where the file does not have it."""

    def compute(market: Any) -> float:
        office = market.notices.get("oversight")
        found = getattr(office, part, None) if part and office is not None else office
        return math.nan if found is None else float(read(found))

    return compute


MEASURES = (
    Measure("fined", "Fines of the regulator", "监管罚款", "CNY", "lower", "all fines since the start", SOURCE,
            _of("", lambda office: sum(office.fines.values()))),
    Measure("skus_taken_down", "SKUs taken down", "下架商品数", "SKUs", "lower", "SKUs off the shelf at any time", SOURCE,
            _of("licences", lambda files: len(files.touched))),
    Measure("sku_days_down", "SKU-days off the shelf", "下架天数", "d", "lower", "days summed over SKUs taken down", SOURCE,
            _of("licences", lambda files: files.days_down)),
    Measure("days_unlicensed", "Supplier-days without a licence", "无证经营天数", "d", "lower",
            "days summed over suppliers that sell here without a valid licence", SOURCE,
            _of("licences", lambda files: files.days_unlicensed)),
    Measure("inspections", "Inspections", "检查次数", "inspections", "neither", "suppliers looked at by the regulator", SOURCE,
            _of("licences", lambda files: files.inspections)),
    Measure("records_exposed", "Records exposed", "泄露记录数", "records", "lower",
            "customers' records that a thief can read", "PIPL", _of("guardian", lambda guardian: guardian.exposed)),
    Measure("tax_withheld", "Tax withheld", "代扣税款", "CNY", "neither", "of livestream hosts", "G08",
            _of("", lambda office: office.withheld if office.config.commissions is not None else math.nan)),
    Measure("tax_evaded", "Tax not withheld", "未代扣税款", "CNY", "lower", "of livestream hosts, not yet found", "G08",
            _of("", lambda office: office.evaded if office.config.commissions is not None else math.nan)),
)  # fmt: skip
