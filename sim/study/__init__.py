"""Studies: many runs, one answer. From Python they are the verbs of `sim`; :mod:`sim.study.api` has them."""
