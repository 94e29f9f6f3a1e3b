"""The models a gate runs: manifest, sessions, side by side."""
