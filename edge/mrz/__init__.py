"""The machine readable zone (ICAO Doc 9303-3 to -7), without I/O."""
