"""Functions that are compiled into their callers compute what they would on their own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numba.core.compiler import Flags
from numba.core.runtime import _nrt_python, rtsys
from numba.core.targetconfig import TargetConfig

from sim.core.compiled import inner, inner_with_arrays

CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "nrt": st.booleans(),
        "boundscheck": st.booleans(),
        "no_compile": st.booleans(),
        "release_gil": st.booleans(),
        "enable_looplift": st.booleans(),
        "inline": st.sampled_from(["never", "always"]),
    },
)


def flags(chosen):
    made = Flags()
    for name, value in chosen.items():
        setattr(made, name, value)
    return made


@given(CHOICES, CHOICES)
def test_options_of_the_compiler_are_equal_where_all_their_values_are(one, other):
    left, right = flags(one), flags(other)
    assert (left == right) == (left.values() == right.values())
    assert left != right or hash(left) == hash(right)


def test_options_of_two_kinds_are_compared_as_numba_does():
    class Other(TargetConfig):
        pass

    assert Flags() != Other()
    assert Flags() != "options"
    assert Flags() == Flags()


def test_an_inner_function_may_make_arrays_where_it_says_so_and_leaves_none_behind():
    @inner
    def square(i):
        return i * i

    @inner_with_arrays
    def squares(n):
        made = np.zeros(n)
        for i in range(n):
            made[i] = square(i)
        return made

    @inner_with_arrays
    def last(n):
        return squares(n)[n - 1]

    @njit
    def both(n):
        return last(n) + squares(n).sum()

    _nrt_python.memsys_enable_stats()
    try:
        before = rtsys.get_allocation_stats()
        assert both(4) == 9 + 14
        after = rtsys.get_allocation_stats()
    finally:
        _nrt_python.memsys_disable_stats()
    assert after.alloc - before.alloc >= 2
    assert after.alloc - before.alloc == after.free - before.free
