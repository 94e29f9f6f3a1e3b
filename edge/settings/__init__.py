"""The settings of a gate, from TOML: one section a module."""
