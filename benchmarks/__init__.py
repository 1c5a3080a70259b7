"""Benchmarks: each writes ``docs/benchmarks/NAME.json``, and the page beside it is generated from that file."""
