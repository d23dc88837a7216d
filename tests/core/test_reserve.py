"""Tables that become longer where they lie."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pytest

from sim.core.reserve import lengthen, reserve

RECORD = Path("/proc/self/statm")
ROW = np.dtype([("number", "i4"), ("pair", "f8", (2,))], align=True)


def filled(table: np.ndarray) -> np.ndarray:
    table["number"] = np.arange(len(table)) + 1
    table["pair"] = 0.5
    return table


@pytest.mark.parametrize(("rows", "shared"), [(5, True), (12, True), (13, False), (40, False)])
def test_a_table_grows_where_it_lies_as_far_as_its_reserve_goes(rows: int, shared: bool) -> None:
    table = filled(reserve(4, 12, ROW))
    longer = lengthen(table, rows)
    assert len(table) == 4 and len(longer) == rows
    assert np.shares_memory(table, longer) is shared
    assert longer["number"].tolist() == [1, 2, 3, 4] + [0] * (rows - 4)
    assert (longer["pair"][:4] == 0.5).all() and not longer["pair"][4:].any()


def test_it_grows_again_and_again() -> None:
    table = filled(reserve(4, 12, ROW))
    for rows in (6, 12, 20, 21):
        table = lengthen(table, rows)
        table["number"][-1] = 100 + rows
    assert table["number"].tolist() == [1, 2, 3, 4, 0, 106, 0, 0, 0, 0, 0, 112, *[0] * 7, 120, 121]


@pytest.mark.parametrize(
    "table",
    [
        np.arange(8, dtype=np.int64).reshape(4, 2)[1:3],
        np.arange(8, dtype=np.int64).reshape(4, 2).copy(),
        np.frombuffer(bytes(range(8)), np.uint8),
    ],
    ids=["middle", "own", "of bytes"],
)
def test_a_table_without_a_reserve_is_copied(table: np.ndarray) -> None:
    longer = lengthen(table, 20)
    assert not np.shares_memory(table, longer)
    assert (longer[: len(table)] == table).all() and not longer[len(table) :].any()
    assert longer.shape[1:] == table.shape[1:] and longer.dtype == table.dtype and longer.flags.writeable


@pytest.mark.skipif(not RECORD.exists(), reason="the system keeps no such record")
def test_rows_that_nobody_has_written_to_take_no_memory() -> None:
    def resident() -> int:
        return int(RECORD.read_text().split()[1]) * mmap.PAGESIZE

    before = resident()
    table = reserve(1000, 50_000_000, ROW)
    assert resident() - before < 100e6
    assert table.nbytes == 1000 * ROW.itemsize
