"""The agenda keeps every appointment, in the order made, and reuses its nodes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim.core import agenda


@njit
def make(book, minute, kind, subject):  # type: ignore[no-untyped-def]
    return agenda.appoint(book, minute, kind, subject, 0)


@njit
def next_of(book, minute):  # type: ignore[no-untyped-def]
    return agenda.take(book, minute)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 1000)), max_size=60))
def test_appointments_come_back_in_the_order_made(wanted: list[tuple[int, int]]) -> None:
    book = agenda.build(10, 8)
    for minute, subject in wanted:
        if book.cursor[agenda.FREE_COUNT] < 1:
            book = agenda.grow(book, len(book.nodes) * 2)
        assert make(book, minute, 1, subject) == (minute < 10)
    for minute in range(10):
        came = []
        while (found := next_of(book, minute))[0]:
            came.append(found[2])
        assert came == [subject for m, subject in wanted if m == minute]
    assert book.cursor[agenda.FREE_COUNT] == len(book.nodes)
    assert book.cursor[agenda.BEYOND] == sum(minute >= 10 for minute, _ in wanted)


def test_growing_keeps_what_was_made() -> None:
    book = agenda.build(3, 2)
    make(book, 1, 1, 7)
    make(book, 1, 1, 8)
    book = agenda.grow(book, 5)
    assert [next_of(book, 1)[2], next_of(book, 1)[2]] == [7, 8]
    assert book.cursor[agenda.FREE_COUNT] == 5
    assert np.all(book.head == -1)
