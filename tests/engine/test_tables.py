"""Small tables of a run: care by the hour adds up to what care itself counts; suppliers by what their failure would cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.engine import run
from sim.engine.result import Result
from sim.report import figures
from sim.report.folder import Run
from sim.report.words import Words
from sim.scenario import load

ROOT = Path(__file__).parents[2]
SHOP = {"crowd.shoppers": 1500, "crowd.represents": "300k", "start": "2026-06-14", "days": 8, "warmup": "3d"}
STAFFED = {"care.staff.number": 1, "care.bot.policy": "by_intent", "care.complaints.policy": "clock"}


def shop(**more: Any) -> Result:
    return run(load(ROOT / "scenarios" / "618.yaml", {**SHOP, **more}), seed=4)


@pytest.fixture(scope="module")
def staffed() -> Result:
    return shop(**STAFFED)


def test_the_hours_add_up_to_the_measures(staffed: Result) -> None:
    table, kpis = staffed.tables["care"], staffed.kpis
    counted = table[table["hour"] >= 0]
    assert counted["opened"].sum() == pytest.approx(kpis["enquiries"]) and kpis["enquiries"] > 0
    assert counted["bot"].sum() == pytest.approx(kpis["bot_resolution"] * kpis["enquiries"])
    waited = (counted["wait"].fillna(0.0) * counted["staff"]).sum() / counted["staff"].sum()
    assert waited == pytest.approx(kpis["care_wait_mean"], rel=1e-6)
    left = counted["gave_up"].sum() - kpis["bot_dropped"] * kpis["enquiries"]
    assert left / (left + counted["staff"].sum()) == pytest.approx(kpis["care_abandonment"], abs=1e-9)
    assert list(table["hour"]) == list(range(-72, 192)), "every hour of the run"
    assert (counted["complaints"] >= 0.0).all() and counted["complaints"].max() > 0.0


def test_waiting_and_complaints_are_only_told_where_somebody_waits_or_decides() -> None:
    table = shop().tables["care"]
    assert table["wait"].isna().all() and table["complaints"].isna().all()
    over = table.iloc[:-1]  # what comes in the last hour is worked when the run is over
    assert over["opened"].sum() > 0.0
    assert over["opened"].to_numpy() == pytest.approx(over["staff"].to_numpy()), "staff without limit answers all, in the same hour"


def test_the_supplier_whose_failure_hurts_most_stands_first(staffed: Result) -> None:
    table = staffed.tables["exposure"]
    assert list(table["at_risk"]) == sorted(table["at_risk"], reverse=True) and table["at_risk"].iloc[0] > 0.0
    assert table["at_risk"].iloc[0] == pytest.approx(staffed.kpis["worst_exposure"])
    assert table["supplier"].is_unique and (table["ttr"] > 0.0).all()


def test_watching_changes_nothing(staffed: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.marketplace.CareHours", lambda market, desk: None)
    unseen = shop(**STAFFED)
    assert "care" not in unseen.tables
    same = [name for name, value in staffed.kpis.items() if value == unseen.kpis[name] or np.isnan(value)]
    assert len(same) == len(staffed.kpis) == len(unseen.kpis)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("narrow", [False, True])
def test_the_figure_shows_contacts_waiting_and_complaints(staffed: Result, lang: str, narrow: bool) -> None:
    from datetime import datetime

    from sim.report.style import Span

    span = Span(datetime(2026, 6, 14), -72.0, 192.0)
    seen = Run(ROOT, {}, {}, staffed.series, staffed.events, dict(staffed.tables))
    figure = figures.care(seen, span, Words(lang), narrow)
    assert len(figure.axes) == 3
    bare = Run(ROOT, {}, {}, staffed.series, staffed.events, {})
    assert figures.care(bare, span, Words(lang), narrow) is None


def test_actions_add_up_to_the_hours_and_to_the_measures(staffed: Result) -> None:
    table, series, kpis = staffed.tables["actions"], staffed.series, staffed.kpis
    for column, whole in (("requests", "requests"), ("failed", "requests_failed"), ("shed", "requests_shed")):
        assert table[column].sum() == pytest.approx(series[whole].sum(), rel=1e-6)
    hours = table[table["hour"] >= 0].groupby("hour")[["requests", "failed", "shed"]].sum()
    least = 1.0 - ((hours["failed"] + hours["shed"]) / hours["requests"]).max()
    assert least == pytest.approx(kpis["worst_hour_availability"], abs=1e-6)
    assert (table["failed"] + table["shed"] <= table["requests"] * (1.0 + 1e-6)).all(), "neither is counted in the other"


def test_services_tell_their_own_from_dependencies(staffed: Result) -> None:
    table = staffed.tables["services"]
    assert set(table.loc[~table["own"], "service"]) == {"payment_provider"}
    own = table[table["own"] & (table["hour"] >= 0)]
    assert own["utilisation"].max() == pytest.approx(staffed.kpis["peak_utilisation"], rel=1e-6)
    assert (table["failed"] <= table["requests"] * (1.0 + 1e-6)).all(), "a refused call is a failed one, once"
