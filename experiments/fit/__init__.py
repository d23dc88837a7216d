"""Fits of the baseline's parameters on real data.

``python -m experiments.fit --data DIR`` reads the public data sets in DIR, estimates what the
baseline scenario needs, and writes one table (``scenarios/fitted/fits.yaml``) and one page of
figures (``docs/fits/``). Each data set has its own file with a pure ``fit`` and a ``draw``.
"""
