"""A shop that is simulated in a moment."""

SMALL = """\
name: small shop
start: 2026-06-01
days: 2
warmup: 1d
seed: 3
crowd: {shoppers: 500, represents: 500}
shelf: {catalogue: {skus: 40}}
"""
