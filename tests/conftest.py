"""Settings of all tests: no deadline for hypothesis, since machines are noisy and first calls compile."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("sim618", deadline=None)
settings.load_profile("sim618")
