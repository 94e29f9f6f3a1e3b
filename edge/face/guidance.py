"""Chooses the hint on the screen; a hint stays long enough to be read and followed."""

from __future__ import annotations

from typing import Final

from edge.face.hints import Hint

DWELL_S: Final = 1.5
"""A hint stays at least so long: five words, read by a person who walks."""
PERSISTENT_S: Final = 0.3
"""Another hint must be needed for so long before it is shown: one odd frame changes nothing."""


class Guidance:
    """From the hint of each frame to the hint on the screen; one object for each traveller."""

    def __init__(self) -> None:
        self._shown: Hint | None = None
        self._since_s: float | None = None
        self._wanted: Hint | None = None
        self._wanted_since_s = 0.0

    def after(self, hint: Hint | None, now_s: float) -> Hint | None:
        """The hint to show after a frame that asked for `hint`; None: all is well."""
        if hint is not self._wanted or self._since_s is None:
            self._wanted, self._wanted_since_s = hint, now_s
        if self._may_change(now_s):
            self._shown, self._since_s = hint, now_s
        return self._shown

    def _may_change(self, now_s: float) -> bool:
        if self._since_s is None:  # the first frame: the screen shows no hint yet
            return True
        if self._wanted is self._shown:
            return False
        is_read = self._shown is None or now_s - self._since_s >= DWELL_S
        return is_read and now_s - self._wanted_since_s >= PERSISTENT_S
