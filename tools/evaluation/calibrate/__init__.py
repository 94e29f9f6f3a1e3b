"""Measures what a comparison of faces is worth: thresholds by false match rate, with confidence."""
