"""The side's programmes. Importing this module registers them; each kind has a file of its own."""

from __future__ import annotations

from sim.crowd import channels, membership, messages, retention

SLOTS = (
    "crowd.acquisition", "crowd.messages", "crowd.coupons", "crowd.membership", "crowd.private_domain", "crowd.win_back",
    "crowd.invitations",
)  # fmt: skip

__all__ = ["SLOTS", "channels", "membership", "messages", "retention"]
