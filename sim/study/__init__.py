"""Studies: many runs, one answer. From Python they are the verbs of `sim`; :mod:`sim.study.api` has them."""

from sim.engine.cache import prepare

prepare()  # numba asks where compiled kernels are kept when it is imported, which modules of studies do
