"""Devices made of memory, for tests, demonstration and training."""
