"""Kernels of these tests come from the cache of this version of the sources."""

from sim.engine.cache import prepare

prepare()
