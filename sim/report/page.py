"""``report.html``: one self-contained page a strategist can read. No script, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from sim.core.page import sealed, variables, write_page
from sim.report import calendar, figures, funnel, headline, money, tables
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
    return write_page(folder / PAGE, sealed(html(read(folder), lang)))


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
        standing_out=headline.standing_out(run, table, events, words),
        few_rows=headline.few_rows(run, words),
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
        named_tables=tables.named_tables(run, words),
        provenance=tables.provenance(run, words),
        scenario=tables.scenario_text(run),
        marks=marks_note(span, words),
        several=funnel.several(run),
        bots=run.has("bot_orders"),
    )


def marks_note(span: Span, words: Words) -> str:
    """What the shade, the dotted lines and the numbers of the figures over time are, of those that are there."""
    parts = [
        words[name]
        for name, there in (
            ("note_warmup", span.first < 0),
            ("note_openings", any(mark.number is None for mark in span.marks)),
            ("note_events", any(mark.number is not None for mark in span.marks)),
        )
        if there
    ]
    return ("" if words.lang == "zh" else " ").join(parts)


def pictures(run: Run, span: Span, promotions: list[calendar.Promotion], words: Words) -> dict[str, Any]:
    """Every figure as SVG in two widths, by name; None where the run has nothing to show."""
    orders, units = funnel.shopper_steps(run, words), funnel.unit_steps(run, words)
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
