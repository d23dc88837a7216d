"""The command: same bytes for the same data, words instead of tracebacks, and a table that can be read back."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import fit_synthetic as made
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from experiments.fit.__main__ import ROOT, TABLE, main, run
from experiments.fit.plan import STUDIES
from experiments.fit.record import CannotFitError
from experiments.fit.table import flow, lines_of, rounded

SHARED = os.environ.get("SIM618_DATA")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    made.write_all(path, customers=1000)
    return path


def read_back(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def test_the_same_data_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert main(["--data", str(folder), "--out", str(tmp_path / name)]) == 0
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("first", "second"))
    assert first == second
    assert set(first) == {"fits.yaml", "README.md", *(f"{study.key}.svg" for study in STUDIES)}
    assert b"<text" in first["parcels.svg"] and b"Noto Sans CJK SC" in first["parcels.svg"]


def test_a_missing_file_skips_its_fit_and_says_which(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    made.products(np.random.default_rng(1)).to_csv(data / "olist_products_dims.csv", index=False)
    assert main(["--data", str(data), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "skipped, no file cdnow_transactions.csv[.gz]" in said
    table = read_back(tmp_path / "out" / "fits.yaml")
    assert list(table["fits"]) == ["parcels"]
    assert set(table["skipped"]) == {study.key for study in STUDIES} - {"parcels"}


def test_an_empty_folder_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "data").mkdir()
    assert main(["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]) == 1
    assert "nothing could be fitted" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there_is_an_error_in_words(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says", "why"),
    [
        (b"product_weight_g\n100\n", "lacks column product_length_cm", "columns are named so that they can be found"),
        (b"", "cannot be read", "an empty file has no header"),
        (b"\xff\xfe\x00", "cannot be read", "not UTF-8"),
        (b"product_weight_g,product_length_cm,product_height_cm,product_width_cm\nx,y,z,w\n", "usable", "no numbers"),
    ],
)
def test_a_broken_file_is_told_in_words(tmp_path: Path, content: bytes, says: str, why: str) -> None:
    (tmp_path / "olist_products_dims.csv").write_bytes(content)
    study = next(study for study in STUDIES if study.key == "parcels")
    with pytest.raises(CannotFitError, match=says):
        run(study, tmp_path)


def test_a_cut_off_archive_is_told_in_words(tmp_path: Path) -> None:
    whole = gzip.compress(made.products(np.random.default_rng(1)).to_csv(index=False).encode())
    (tmp_path / "olist_products_dims.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CannotFitError, match="cannot be read"):
        run(next(study for study in STUDIES if study.key == "parcels"), tmp_path)


@pytest.mark.parametrize("rows", [0, 1, 7, 40, 150])
def test_few_rows_give_finite_numbers_or_a_reason(folder: Path, tmp_path: Path, rows: int) -> None:
    for path in folder.iterdir():
        pd.read_csv(path).head(rows).to_csv(tmp_path / path.name.removesuffix(".gz"), index=False)
    for study in STUDIES:
        try:
            found = run(study, tmp_path, tmp_path / "figure.svg")
        except CannotFitError as reason:
            assert str(reason)
            continue
        assert all(np.isfinite(e.value) for e in found.estimates.values()), study.key


def test_rows_with_holes_do_not_stop_a_fit(folder: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    for path in folder.iterdir():
        frame = pd.read_csv(path).astype(object)
        if len(frame) > 100:
            frame = frame.mask(rng.random(frame.shape) < 0.02)
        frame.to_csv(tmp_path / path.name.removesuffix(".gz"), index=False)
    for study in STUDIES:
        # The funnel and hour tables are too short to have holes; everything else has lost some cells.
        assert run(study, tmp_path, tmp_path / "figure.svg").n > 0


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"), max_size=12
)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.text("abc_1 +%", min_size=1, max_size=5)


@given(
    st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
        max_leaves=8,
    )
)
def test_what_is_written_as_yaml_is_read_back_the_same(value: Any) -> None:
    clean = rounded(value)
    assert YAML(typ="safe", pure=True).load(f"key: {flow(clean)}\n") == {"key": clean}


def test_long_lists_and_texts_are_wrapped_and_read_back_the_same() -> None:
    value = {
        "list": [round(0.01 * k, 4) for k in range(60)],
        "text": "word " * 60 + "end",
        "inner": {"a": {"b": [1, 2]}},
    }
    lines = list(lines_of(value, 4))
    assert max(map(len, lines)) <= 120
    assert YAML(typ="safe", pure=True).load("\n".join(lines)) == value


def test_the_shipped_table_holds_every_fit_with_source_licence_and_distance() -> None:
    table = read_back(ROOT / TABLE)
    assert list(table["fits"]) == [study.key for study in STUDIES]
    assert "skipped" not in table
    for fit in table["fits"].values():
        assert fit["source"] and fit["licence"] and fit["distance"] and fit["n"] > 0
    hours = table["fits"]["hour_of_day"]["observed"]["visit_weight_by_hour"]
    assert len(hours) == 24 and sum(hours) == pytest.approx(1.0, abs=1e-9)


def test_the_shipped_page_shows_every_figure() -> None:
    page = (ROOT / "docs/fits/README.md").read_text(encoding="utf-8")
    for study in STUDIES:
        assert f"({study.key}.svg)" in page
        assert (ROOT / "docs/fits" / f"{study.key}.svg").read_text(encoding="utf-8").startswith("<?xml")


def longest(value: Any) -> int:
    if isinstance(value, dict):
        return max((longest(item) for item in value.values()), default=0)
    return max(len(value), *(longest(item) for item in value)) if isinstance(value, list) and value else 0


def test_the_shipped_table_holds_aggregates_only() -> None:
    assert longest(read_back(ROOT / TABLE)["fits"]) <= 25


@pytest.mark.skipif(not SHARED, reason="SIM618_DATA names no folder with the real data")
def test_the_published_cdnow_sample_gives_the_published_parameters() -> None:
    found = run(next(study for study in STUDIES if study.key == "repurchase"), Path(str(SHARED)))
    again, published = found.observed["recomputed_1_in_10"], found.observed["published_1_in_10"]
    for name in ("r", "alpha", "a", "b"):
        assert again[name] == pytest.approx(published[name], abs=1e-3), name
    for name in ("spend_p", "spend_q", "spend_v"):
        assert again[name] == pytest.approx(published[name], abs=1e-2), name


@pytest.mark.skipif(not SHARED, reason="SIM618_DATA names no folder with the real data")
@pytest.mark.parametrize("half", [0, 1])
def test_either_half_of_the_real_rows_can_be_fitted(half: int, tmp_path: Path) -> None:
    whole = ("taobao2017_hour_of_day", "taobao2017_funnel", "dunnhumby_campaign_desc")
    names = {name for study in STUDIES for name in (*study.needs, *study.helped_by)}
    for path in Path(str(SHARED)).glob("*.csv*"):
        if path.name.split(".")[0] in names:
            frame = pd.read_csv(path, dtype=str)
            middle = len(frame) // 2
            part = frame if path.name.startswith(whole) else frame.iloc[half * middle : (half + 1) * middle]
            part.to_csv(tmp_path / f"{path.name.split('.')[0]}.csv", index=False)
    for study in STUDIES:
        try:
            run(study, tmp_path, tmp_path / "figure.svg")
        except CannotFitError as reason:
            # Rows sorted by time or by item may leave one half without the festival or without matching campaigns.
            assert study.key in {"festival_lift", "flash_crowds", "coupon_redemption"}, reason
