"""Runs the real daemon on a virtual lane inside this process, for simulations, tests and benchmarks."""
