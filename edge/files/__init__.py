"""Files that settings and arguments name: read whole and bounded, written whole."""
