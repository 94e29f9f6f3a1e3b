"""From claims to verified values: CSCA, DSC, EF.SOD, data groups (ICAO Doc 9303-11 §5, -12)."""
