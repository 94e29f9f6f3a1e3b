"""`python -m tools.central`, also `egate-central`."""

from __future__ import annotations

from tools.central.commands import main

if __name__ == "__main__":
    main()
