"""Files of the logical data structure, read and written (ICAO Doc 9303-10 §4)."""
