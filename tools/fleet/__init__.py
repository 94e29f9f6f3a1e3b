"""Simulated gates by the hundred: the real journal and the real publisher, made-up passages."""
