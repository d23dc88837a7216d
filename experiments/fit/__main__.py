"""``python -m experiments.fit --data DIR [--out DIR]``: fit, print, write the table and the figures."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from experiments.fit import style
from experiments.fit.load import tables_for
from experiments.fit.page import page
from experiments.fit.plan import STUDIES
from experiments.fit.record import CannotFitError, Fitted, Study, checked
from experiments.fit.table import document, known, printed

ROOT = Path(__file__).resolve().parents[2]
TABLE, PAGE = Path("scenarios/fitted/fits.yaml"), Path("docs/fits")


def run(study: Study, folder: Path, figure: Path | None = None) -> Fitted:
    """Fit one study on the files in `folder` and draw it; raises CannotFitError with the reason if it cannot."""
    tables = tables_for(study, folder)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fitted = checked(study.fit(tables))
            if figure is not None:
                canvas = style.new_figure()
                study.draw(canvas, tables, fitted)
                style.save(canvas, figure, f"{study.title}: observed and fitted")
    except (ArithmeticError, ValueError, IndexError, KeyError, np.linalg.LinAlgError) as error:
        raise CannotFitError(
            f"these rows do not allow it ({str(error).splitlines()[0] if str(error) else error!r})"
        ) from None
    return fitted


def chosen(names: Sequence[str] | None) -> Iterable[Study]:
    """The studies asked for, all by default."""
    return STUDIES if not names else [study for study in STUDIES if study.key in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: something was fitted; 1: nothing could be; 2: wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m experiments.fit", description=__doc__)
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder with the data sets")
    parser.add_argument(
        "--out", type=Path, metavar="DIR",
        help=f"write fits.yaml, README.md and figures here (default: {TABLE} and {PAGE}/ of the project)",
    )  # fmt: skip
    parser.add_argument("--only", nargs="+", choices=[study.key for study in STUDIES], metavar="FIT", help="some fits")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"--data: {options.data} is not a folder", file=sys.stderr)
        return 2
    if options.only and options.out is None:
        print("--only needs --out: the project's table holds all fits", file=sys.stderr)
        return 2
    table = ROOT / TABLE if options.out is None else options.out / "fits.yaml"
    folder = ROOT / PAGE if options.out is None else options.out
    earlier = known(ROOT / TABLE)
    results: list[tuple[Study, Fitted]] = []
    skipped: dict[str, str] = {}
    for study in chosen(options.only):
        try:
            fitted = run(study, options.data, folder / f"{study.key}.svg")
        except CannotFitError as reason:
            skipped[study.key] = str(reason)
            print(f"{study.title}  ({study.key}): skipped, {reason}\n")
            continue
        results.append((study, fitted))
        print("\n".join(printed(study, fitted, earlier.get(study.key, {}))))
    if not results:
        print("nothing could be fitted; no file was written", file=sys.stderr)
        return 1
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(document(results, skipped), encoding="utf-8")
        (folder / "README.md").write_text(page(results, skipped), encoding="utf-8")
    except OSError as error:
        print(f"--out: {error.strerror}: {error.filename}", file=sys.stderr)
        return 2
    print(f"{len(results)} fits, {len(skipped)} skipped; written to {table} and {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
