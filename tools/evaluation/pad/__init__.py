"""Measures presentation attack detection: rendered and public presentations, ISO/IEC 30107-3."""
