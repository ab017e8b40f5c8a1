"""Measurements, run by hand; tests/test_bench.py runs them in a short form for what must always hold."""
