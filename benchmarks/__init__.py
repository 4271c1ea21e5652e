"""Benchmarks: figures that mean something are ratios within one run."""
