"""Files that settings and arguments name: read whole, never without a bound."""
