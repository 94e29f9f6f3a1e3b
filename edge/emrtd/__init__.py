"""Electronic machine readable travel documents (ICAO Doc 9303-10 and -11), without I/O."""
