"""``report.html``: one self-contained page a strategist can read. No script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from sim.core.page import variables, write_page
from sim.report import calendar, figures, headline, money, tables
from sim.report.folder import Run, read
from sim.report.style import Span
from sim.report.words import Words

PAGE = "report.html"


def draw(folder: Path, lang: str = "en") -> Path:
    """Draw the report of a result folder and write it there as ``report.html``, whole or not at all.

    Raises ReportError when the folder holds no readable result, ValueError for a language that is neither ``en``
    nor ``zh``.
    """
    folder = Path(folder)
    return write_page(folder / PAGE, html(read(folder), lang))


def html(run: Run, lang: str = "en") -> str:
    """The complete document of a run."""
    from jinja2 import Environment, StrictUndefined

    from sim.books.measures import all_measures

    words = Words(lang)
    table = all_measures()
    promotions = calendar.promotions_of(run, words)
    events = calendar.events_of(run)
    span = calendar.span_of(run, promotions, events)
    law, holds = tables.laws(run, words)
    assumed, assumptions = tables.assumptions(run, words)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resources.files("sim.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        lang="zh-CN" if lang == "zh" else "en",
        words=words,
        look=variables(),
        name=str(run.manifest.get("name", "")),
        replayed=headline.replayed(run, len(promotions), len(events), words),
        answer=headline.answer(run, table, words),
        tiles=headline.tiles(run, table, words),
        standing_out=headline.standing_out(run, words),
        pictures=pictures(run, span, promotions, words),
        services=tables.services(run, words),
        discounts=tables.discount_table(run, words),
        timeline=tables.timeline(run, promotions, events, words),
        journal=tables.journal(run, words),
        measures=tables.measures(run, table, words),
        law=law,
        laws_hold=holds,
        assumed=assumed,
        assumptions=assumptions,
        again=tables.again(run),
        provenance=tables.provenance(run, words),
        scenario=tables.scenario_text(run),
        warmup=span.first < 0,
    )


def pictures(run: Run, span: Span, promotions: list[calendar.Promotion], words: Words) -> dict[str, Any]:
    """Every figure as SVG in two widths, by name; None where the run has nothing to show."""
    orders, units = funnel_steps(run, words)
    steps = money.statement(run)
    drawn: dict[str, Callable[[bool], Any]] = {
        "demand": lambda narrow: figures.demand(run, span, promotions, words, narrow),
        "capacity": lambda narrow: figures.capacity(run, span, words, narrow),
        "funnel_orders": lambda narrow: figures.funnel(orders, "#1f6feb", words, narrow),
        "funnel_units": lambda narrow: figures.funnel(units, "#0e7490", words, narrow),
        "stock": lambda narrow: figures.stock(run, span, words, narrow),
        "promise": lambda narrow: figures.promise(run, span, words, narrow),
        "care": lambda narrow: figures.care(run, span, words, narrow),
        "money": lambda narrow: figures.waterfall(steps, words, narrow),
    }
    return {name: _both(name, words.get(name, name), make) for name, make in drawn.items()}


def _both(name: str, title: str, make: Callable[[bool], Any]) -> Any:
    from markupsafe import Markup

    from sim.core.picture import svg

    wide = make(False)
    if wide is None:
        return None
    return {
        "wide": Markup(svg(wide, title, prefix=f"{name}-w")),
        "narrow": Markup(svg(make(True), title, prefix=f"{name}-n")),
    }


def funnel_steps(run: Run, words: Words) -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
    """(steps of shoppers and orders, steps of goods), each with its name and its number in the period."""
    sums = run.counted.select_dtypes("number").sum()

    def total(name: str) -> float:
        return float(sums.get(name, 0.0))

    orders = [("visits", total("visits")), ("carts", total("carts")), ("checkouts", total("checkouts"))]
    orders += [("orders", total("orders")), ("paid", total("orders") - total("unpaid_orders"))]
    doors = run.table("deliveries")
    if doors is not None and run.has_shoppers:
        orders.append(("delivered", float(doors["orders"].sum())))
    units = [("demanded", total("demanded_units")), ("served", total("served_units"))]
    if run.has("picked_units"):
        units += [("picked", total("picked_units")), ("kept", total("picked_units") - total("returned_units"))]
    return (
        [(words[f"step_{name}"], value) for name, value in orders] if run.has_shoppers else [],
        [(words[f"step_{name}"], value) for name, value in units],
    )
