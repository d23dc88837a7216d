"""How busy machines are: Alibaba cluster trace 2018, mean over machines every five minutes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from experiments.fit import style
from experiments.fit.record import Fitted, Study, Tables, need
from experiments.fit.stats import bootstrap, quantiles

TABLE = "alibaba2018_machine_usage_300s"
A_DAY = 288


def blocks(values: np.ndarray, length: int) -> np.ndarray:
    """float64[blocks, length]: whole blocks of consecutive values, so that a resampled series keeps its days."""
    return values[: len(values) // length * length].reshape(-1, length)


def fit(tables: Tables) -> Fitted:
    """Mean and 95th percentile of processor and memory use, and how use swings over a day."""
    frame = tables[TABLE].dropna().sort_values("step_300s")
    need(len(frame), 24, "five-minute steps")
    length = A_DAY if len(frame) >= 4 * A_DAY else max(6, len(frame) // 8)
    estimates = {}
    for name, column in (("cpu", "cpu_util_percent"), ("memory", "mem_util_percent")):
        cut = blocks(frame[column].to_numpy() / 100, length)
        estimates[f"{name}_mean"] = bootstrap(len(cut), lambda i, c=cut: float(c[i].mean()), "share of capacity")  # type: ignore[misc]
        estimates[f"{name}_p95"] = bootstrap(
            len(cut), lambda i, c=cut: float(np.quantile(c[i], 0.95)), "share of capacity"  # type: ignore[misc]
        )  # fmt: skip
    cpu = blocks(frame["cpu_util_percent"].to_numpy() / 100, length)
    estimates["cpu_peak_to_mean_of_a_day"] = bootstrap(
        len(cpu), lambda i: float(np.median(cpu[i].max(axis=1) / cpu[i].mean(axis=1))), "ratio"
    )
    step = frame["cpu_util_percent"].to_numpy()
    lag = float(np.corrcoef(step[:-1], step[1:])[0, 1]) if step.std() > 0 else 1.0
    return Fitted(
        estimates=estimates,
        n=len(frame),
        n_unit="five-minute steps",
        distance={"lag_1_correlation_cpu": lag},
        observed={
            "cpu": quantiles(frame["cpu_util_percent"].to_numpy() / 100),
            "memory": quantiles(frame["mem_util_percent"].to_numpy() / 100),
        },
        note=(
            "A mean over about 4,000 machines that run shops and batch work together, on ordinary days: single "
            "services swing far more. Intervals resample whole days."
        ),
    )


def draw(figure: Figure, tables: Tables, fitted: Fitted) -> None:
    """Utilisation over time and its distribution."""
    frame = tables[TABLE].dropna().sort_values("step_300s")
    left, right = style.panels(figure, 2)
    hourly = blocks(frame["cpu_util_percent"].to_numpy(), 12).mean(axis=1)
    memory = blocks(frame["mem_util_percent"].to_numpy(), 12).mean(axis=1)
    days = np.arange(len(hourly)) / 24
    left.plot(days, hourly, color=style.FITTED, lw=1.2, label="processor, hourly mean")
    left.plot(days, memory, color=style.SECOND, lw=1.2, label="memory")
    left.set_ylim(0, 100)
    style.label(left, "Use of machines", "day", "share of capacity, %")
    right.hist(frame["cpu_util_percent"], 40, color=style.OBSERVED, alpha=0.6, density=True)
    right.axvline(100 * fitted["cpu_mean"], color=style.FITTED, label=f"mean {100 * fitted['cpu_mean']:.1f}%")
    right.axvline(
        100 * fitted["cpu_p95"], color=style.FITTED, ls="--", label=f"95th percentile {100 * fitted['cpu_p95']:.1f}%"
    )
    right.set_ylim(0, 1.3 * right.get_ylim()[1])
    style.label(right, "Processor use", "share of capacity, %", "density")


STUDY = Study(
    key="machine_use",
    title="Machine utilisation",
    needs={TABLE: {"step_300s": "number", "cpu_util_percent": "number", "mem_util_percent": "number"}},
    source="Alibaba cluster trace v2018 (eight days), mean over machines",
    licence="BSD (package)",
    fit=fit,
    draw=draw,
)
