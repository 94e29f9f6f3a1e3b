"""The best frame of a capture window, as a template; no picture is kept."""

from __future__ import annotations

from edge.face.pipeline import Observation
from edge.face.template import FaceTemplate


class BestFrame:
    """Keeps the template of the best usable frame so far, and nothing of other frames."""

    def __init__(self) -> None:
        self.frames = 0
        self.usable = 0
        self.observation: Observation | None = None
        """Of the best frame; while no frame is usable, of the best one so far."""
        self.template: FaceTemplate | None = None
        self._wiped = False

    def would_improve(self, observation: Observation) -> bool:
        """Note a frame; True when it is the best so far and its template is needed."""
        self.frames += 1
        if not observation.usable:
            if self.template is None and _rank(observation) >= _rank(self.observation):
                self.observation = observation
            return False
        self.usable += 1
        best = self.observation
        return self.template is None or best is None or observation.overall > best.overall

    def keep(self, observation: Observation, template: FaceTemplate) -> None:
        """Keep the template of a better frame, unless the transaction has ended."""
        self._drop()
        self.observation, self.template = observation, template
        if self._wiped:
            self._drop()

    def wipe(self) -> None:
        """Overwrite the template; keep none afterwards."""
        self._wiped = True
        self._drop()

    def _drop(self) -> None:
        template, self.template = self.template, None
        if template is not None:
            template.wipe()


def _rank(observation: Observation | None) -> tuple[bool, int]:
    """A poor face ranks above no face."""
    if observation is None:
        return False, 0
    return observation.face is not None, observation.overall
