"""The table of fits: rounding, the YAML file, and the lines printed on the terminal."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from experiments.fit.plan import WITHOUT_DATA
from experiments.fit.record import Fitted, Study

DIGITS = 4
HEADER = """\
Parameters fitted on real data. Written by `python -m experiments.fit --data DIR`; do not edit by hand.

Every fit has: n rows of what; estimates with value, 95% interval (low, high; left out where none can be
claimed) and unit; distance of the fitted form from the data; observed aggregates to set a simulation against;
source and licence. Numbers are rounded to four significant digits. From sets that may not be passed on
only these numbers are kept.

No public data exist for:
"""


def rounded(value: Any) -> Any:
    """`value` with every float at four significant digits, arrays as lists, in nested mappings too."""
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        return None
    if number == 0 or abs(number) < 1e-12:
        return 0.0
    short_form = float(f"{number:.{DIGITS}g}")
    return short_form if math.isfinite(short_form) else number


def entry(study: Study, fitted: Fitted) -> dict[str, Any]:
    """One fit as plain data."""
    estimates = {}
    for name, e in fitted.estimates.items():
        row: dict[str, Any] = {"value": rounded(e.value)}
        if e.low is not None and e.high is not None:
            row["low"], row["high"] = rounded(e.low), rounded(e.high)
        if e.unit:
            row["unit"] = e.unit
        estimates[name] = row
    return {
        "title": study.title,
        "source": study.source,
        "licence": study.licence,
        "n": fitted.n,
        "n_unit": fitted.n_unit,
        "estimates": estimates,
        "distance": rounded(fitted.distance),
        "observed": rounded(fitted.observed),
        "note": fitted.note,
    }


PLAIN = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_ .%+/÷×°()-]*$")
LIKE_A_NUMBER = re.compile(r"^[-+.0-9][-+.0-9eE_]*$")


def scalar(value: Any) -> str:
    """One YAML scalar; text is quoted unless it cannot be read as anything else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    words = {"null", "true", "false", "yes", "no", "on", "off"}
    if PLAIN.match(value) and not LIKE_A_NUMBER.match(value) and value.lower() not in words and value == value.strip():
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def flow(value: Any) -> str:
    """`value` on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow_text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return flow_text(value) if isinstance(value, str) else scalar(value)


def flow_text(text: str) -> str:
    """A text inside a flow collection."""
    shown = scalar(text)
    return shown if shown.startswith('"') or not set(shown) & set(",[]{}:") else '"' + shown + '"'


def lines_of(value: Mapping[str, Any], indent: int) -> Iterable[str]:
    """YAML lines of a mapping: numbers and short mappings on one line, long lists wrapped."""
    pad = " " * indent
    for key, item in value.items():
        name = flow_text(str(key))
        if isinstance(item, Mapping) and any(isinstance(inner, Mapping | list) for inner in item.values()):
            yield f"{pad}{name}:"
            yield from lines_of(item, indent + 2)
        elif isinstance(item, Mapping | list):
            one = f"{pad}{name}: {flow(item)}"
            if len(one) <= 118:
                yield one
            else:
                yield from textwrap.wrap(
                    one, 118, subsequent_indent=pad + "  ", break_long_words=False, break_on_hyphens=False
                )
        elif isinstance(item, str) and len(item) > 90:
            yield f"{pad}{name}: >-"
            yield from textwrap.wrap(item, 116 - indent, initial_indent=pad + "  ", subsequent_indent=pad + "  ")
        else:
            yield f"{pad}{name}: {scalar(item)}"


def document(results: Sequence[tuple[Study, Fitted]], skipped: Mapping[str, str]) -> str:
    """The whole file as text; the same results give the same bytes."""
    head = [f"# {line}".rstrip() for line in HEADER.splitlines()] + [f"#   - {line}" for line in WITHOUT_DATA]
    sources = ["#", "# Sources and licences:"]
    for study, _ in results:
        sources += textwrap.wrap(f"{study.key}: {study.source}. {study.licence}.", 110, initial_indent="#   - ",
                                 subsequent_indent="#     ")  # fmt: skip
    body = ["", "format: 1"]
    if skipped:
        body += ["skipped:", *lines_of(dict(skipped), 2)]
    body.append("fits:")
    for study, fitted in results:
        body += [f"  {study.key}:", *lines_of(entry(study, fitted), 4)]
    return "\n".join(head + sources + body) + "\n"


def known(path: Path) -> dict[str, Any]:
    """The estimates of an earlier table by fit and name; empty if there is none that can be read."""
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return {key: fit["estimates"] for key, fit in content["fits"].items()}
    except (OSError, UnicodeError, YAMLError, KeyError, TypeError, AttributeError):
        return {}


def short(value: float | None) -> str:
    """A number for the terminal."""
    return "" if value is None else f"{value:.4g}"


def printed(study: Study, fitted: Fitted, earlier: Mapping[str, Any]) -> Iterable[str]:
    """Lines of one fit for the terminal, beside the value of the earlier table where there is one.

    A star marks an earlier value outside this interval.
    """
    yield f"{study.title}  ({study.key}, n = {fitted.n:,} {fitted.n_unit})"
    for name, e in fitted.estimates.items():
        interval = f"[{short(e.low)}, {short(e.high)}]" if e.low is not None and e.high is not None else ""
        before = earlier.get(name, {}).get("value") if isinstance(earlier.get(name), Mapping) else None
        apart = before is not None and e.low is not None and e.high is not None and not e.low <= before <= e.high
        beside = "" if before is None else f"table {short(before)}{' *' if apart else ''}"
        yield f"  {name:<42} {short(e.value):>10}  {interval:<24} {beside:<18} {e.unit}".rstrip()
    yield "  distance: " + ", ".join(f"{name} {short(value)}" for name, value in fitted.distance.items())
    yield f"  source: {study.source}; {study.licence}"
    yield ""
