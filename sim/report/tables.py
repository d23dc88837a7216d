"""The report's tables: measures by group, the timeline, services, discounts, and where the run comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sim.books.measures import GROUPS, Measure, group
from sim.books.names import happened, law, thing
from sim.core.wording import number
from sim.report import alone
from sim.report.calendar import Event, Promotion, lasting, start_of
from sim.report.folder import Run
from sim.report.headline import label_of, value_of
from sim.report.journal_words import journal_word
from sim.report.money import discounts
from sim.report.words import Words

MOST_OPENINGS_LISTED = 3


@dataclass(frozen=True)
class Table:
    """Headings and rows of text; ``numbers``: columns that hold numbers, to be set to the right."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: tuple[int, ...] = ()


def measures(run: Run, table: dict[str, Measure], words: Words) -> list[dict[str, Any]]:
    """Every measure that says something, by group in the table's order; those the table does not know come last."""
    blocks = []
    for name in GROUPS:
        rows = [_measure(one.name, run, table, words) for one in group(name) if _told(one.name, name, run)]
        if rows:
            blocks.append({"title": words[f"group_{name}"], "rows": rows})
    strange = [
        _measure(name, run, table, words) for name in run.kpis if name not in table and not name.endswith(alone.HALF)
    ]
    if strange:
        sides = {row["name"].partition(".")[0] for row in strange}
        title = words.get(f"named_{sides.pop()}", words["group_other"]) if len(sides) == 1 else words["group_other"]
        blocks.append({"title": title, "rows": strange})
    return blocks


def _told(name: str, of: str, run: Run) -> bool:
    """Whether a measure says anything: without shoppers, noughts of a trade that nobody plied say nothing."""
    if name not in run.kpis or run.has_shoppers:
        return name in run.kpis
    return run.kpis[name] != 0.0 and (of != "stock" or alone.has_demand(run.kpis))


def _measure(name: str, run: Run, table: dict[str, Measure], words: Words) -> dict[str, str]:
    better = table[name].better if name in table else "neither"
    return {
        "name": name,
        "label": label_of(name, table, words),
        "value": value_of(name, run.kpis[name], table, words) if name in table else alone.value(name, run.kpis, words),
        "formula": table[name].formula if name in table else "",
        "better": words[f"better_{better}"] if better in ("higher", "lower") else "",
        "arrow": {"higher": "↑", "lower": "↓"}.get(better, ""),
    }


def timeline(run: Run, promotions: list[Promotion], events: list[Event], words: Words) -> Table:
    """Openings of promotions and scheduled events in the order of time, numbered as in the figures.

    Where there are no events, there is no column for their numbers.
    """
    start = start_of(run)
    rows: list[tuple[float, tuple[str, ...]]] = []
    for promotion in promotions:
        for number_, (opens, closes) in enumerate(promotion.spans):
            if number_ == MOST_OPENINGS_LISTED and len(promotion.spans) > MOST_OPENINGS_LISTED + 1:
                rest = len(promotion.spans) - number_
                rows.append((opens, (_when(start, opens), "", promotion.label, words("more_openings", n=rest))))
                break
            rows.append((opens, (_when(start, opens), "", promotion.label, words("until", when=_when(start, closes)))))
    for event in events:
        what = happened(event.name, event.subject, words.lang)
        lasts = words("for_duration", time=lasting(event.minutes, words)) if event.minutes else ""
        rows.append((event.hour, (f"{event.when:%m-%d %H:%M}", str(event.number), what, lasts)))
    rows.sort(key=lambda row: row[0])
    headings = (words["when"], words["no"], words["what"], words["lasts"])
    shown = (0, 1, 2, 3) if events else (0, 2, 3)
    return Table(tuple(headings[n] for n in shown), [tuple(row[n] for n in shown) for _, row in rows])


def journal(run: Run, words: Words) -> Table | None:
    """The rest of the journal, one row a side and kind, in the order of its first event; the warm-up is left out."""
    import pandas as pd

    rest = run.events[~run.events["kind"].astype(str).str.contains(".", regex=False)]
    rest = rest[rest["time"] >= pd.Timestamp(start_of(run))]
    rest = rest[~((rest["side"] == "shelf") & rest["kind"].isin(["opens", "closes"]))]
    if not len(rest):
        return None
    rows = []
    for (side, kind), part in sorted(rest.groupby(["side", "kind"]), key=lambda item: item[1]["time"].min()):
        subjects = list(dict.fromkeys(journal_word(str(one), words.lang, subject=True) for one in part["subject"] if one))
        about = ("、" if words.lang == "zh" else ", ").join(subjects[:3]) + (" …" if len(subjects) > 3 else "")
        colon = "：" if words.lang == "zh" else ": "
        rows.append(
            (
                words.get(f"side_{side}", str(side)),
                f"{journal_word(str(kind), words.lang)}{colon + about if about else ''}",
                f"{len(part):,}",
                f"{part['time'].min():%m-%d %H:%M}",
                f"{part['time'].max():%m-%d %H:%M}",
            )
        )
    return Table((words["side"], words["what"], words["times"], words["first"], words["last"]), rows, (2,))


def services(run: Run, words: Words) -> Table | None:
    """Each service's requests, failures and highest utilisation, the busiest first; dependencies are marked."""
    table = run.table("services")
    if table is None:
        return None
    sums = table.groupby("service").agg({"requests": "sum", "failed": "sum", "utilisation": "max", "replicas": "max"})
    sums = sums.sort_values("utilisation", ascending=False, kind="stable")
    own = dict(zip(table["service"], table["own"], strict=True)) if "own" in table else {}
    rows = [
        (
            thing(str(name), words.lang)
            if own.get(name, True)
            else words("dependency", service=thing(str(name), words.lang)),
            number(float(row["requests"]), "", words.lang),
            number(float(row["failed"] / row["requests"]), "share", words.lang),
            number(float(row["utilisation"]), "share", words.lang),
            f"{int(row['replicas']):,}",
        )
        for name, row in sums.iterrows()
    ]
    headings = ("service", "requests", "failed", "utilisation", "replicas")
    return Table(tuple(words[name] for name in headings), rows, (1, 2, 3, 4))


def discount_table(run: Run, words: Words) -> Table | None:
    """Discounts by kind."""
    rows = [
        (words[kind], number(value, "CNY", words.lang), number(share, "share", words.lang))
        for kind, value, share in discounts(run)
    ]
    return Table((words["kind"], words["amount"], words["of_list"]), rows, (1, 2)) if rows else None


def laws(run: Run, words: Words) -> tuple[str, bool]:
    """(sentence, whether all hold) on the conservation laws."""
    state = run.manifest.get("laws")
    if not isinstance(state, dict) or not state:
        return words["laws_unknown"], False
    broken = [name for name, how in state.items() if how != "holds"]
    if broken:
        return words("laws_broken", names=_laws(broken, words)), False
    return words("laws_hold", n=len(state), names=_laws(state, words)), True


def _laws(found: Iterable[str], words: Words) -> str:
    return ("、" if words.lang == "zh" else ", ").join(law(name, words.lang) for name in found)


def provenance(run: Run, words: Words) -> list[tuple[str, str]]:
    """What names this run, and what it cost."""
    manifest = run.manifest
    memory, wall, weight = (manifest.get(key) for key in ("peak_memory_bytes", "wall_seconds", "weight"))
    versions = manifest.get("versions")
    rows = [
        (words["name"], manifest.get("name")),
        (words["seed"], manifest.get("seed")),
        (words["replication"], manifest.get("replication")),
        (words["hash"], manifest.get("hash")),
        (words["version"], manifest.get("version")),
        (words["versions"], ", ".join(f"{k} {v}" for k, v in versions.items()) if isinstance(versions, dict) else None),
        (words["weight"], number(float(weight)) if weight is not None else None),
        (words["simulated_visits"], f"{manifest['visits']:,}" if "visits" in manifest else None),
        (words["wall"], number(float(f"{wall:.3g}"), "s", words.lang) if wall is not None else None),
        (words["memory"], f"{memory / 1e6:,.0f} MB" if memory is not None else None),
    ]
    return [(name, str(value)) for name, value in rows if value is not None]


def assumptions(run: Run, words: Words) -> tuple[str, Table | None]:
    """(sentence, table) on the values of the scenario that nobody measured."""
    from sim.scenario import ScenarioModel
    from sim.scenario.assumptions import in_force

    try:
        found = in_force(ScenarioModel.model_validate(run.scenario), run.scenario, {})
    except (ValueError, KeyError):  # written by another version
        return words["assumptions_unread"], None
    rows = [
        (one.path, str(one.value), f"{one.low} … {one.high}" if one.ranged else "", one.description) for one in found
    ]
    headings = (words["setting"], words["value"], words["range"], words["meaning"])
    return words("assumptions_note", n=len(rows)), Table(headings, rows) if rows else None


def named_tables(run: Run, words: Words) -> str:
    """What else the run needs to be repeated: the tables that its scenario names, if it names any."""
    names = ", ".join(run.scenario.get("data") or {})
    return words("reproduce_tables", tables=names) if names else ""


def again(run: Run) -> str:
    """The command that repeats the run, to be typed in the folder of its result."""
    replication = int(run.manifest.get("replication") or 0)
    lines = [
        "python -c \"import json; print(json.dumps(json.load(open('manifest.json', encoding='utf-8'))['scenario']))\" "
        "> scenario.yaml",
        f"sim618 run scenario.yaml --seed {run.manifest.get('seed', 1)}"
        + (f" --replications {replication + 1}" if replication else "")
        + " --out again",
    ]
    return "\n".join(lines)


def scenario_text(run: Run) -> str:
    """The resolved scenario as text."""
    return json.dumps(run.scenario, ensure_ascii=False, indent=1)


def _when(start: Any, hour: float) -> str:
    return f"{start + timedelta(hours=hour):%m-%d %H:%M}"

