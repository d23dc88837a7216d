"""The layout of the side's tables."""

from sim.fulfilment import state
from sim.fulfilment.state import KEPT_PENDING, LINES, ORDER, REFUND_PENDING, RETURN_PENDING


def test_no_two_meanings_share_a_bit_of_an_order_s_flags() -> None:
    flags = [int(value) for name, value in vars(state).items() if name.startswith("FLAG_")]
    by_line = [bit << line for bit in (RETURN_PENDING, REFUND_PENDING, KEPT_PENDING) for line in range(LINES)]
    assert len(flags) > 10
    assert all(bit.bit_count() == 1 and bit < 2 ** (8 * ORDER["flags"].itemsize) for bit in flags + by_line)
    assert len(set(flags + by_line)) == len(flags) + len(by_line)
