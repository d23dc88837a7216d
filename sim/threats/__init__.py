"""Attackers, and the defences against them."""
