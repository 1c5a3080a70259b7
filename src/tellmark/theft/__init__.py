"""Pretend to steal: one file per attack."""
