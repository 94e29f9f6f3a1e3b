"""Devices a gate can be built from, one file a device."""
