"""Kernels compiled by tests are kept under the hash of all sources, as the command does: never one that has gone stale."""

from __future__ import annotations

from sim.engine.cache import prepare

prepare()
