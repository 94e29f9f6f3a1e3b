"""Devices in memory, for tests, demonstration and training."""
