"""Drivers for the devices of a gate: one file for each device."""
