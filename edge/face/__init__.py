"""Face detection, quality, templates and their comparison; networks are arguments, all is numpy."""

from edge.face.best import BestFrame
from edge.face.detection import Face
from edge.face.examination import examine
from edge.face.guidance import Guidance
from edge.face.hints import Hint
from edge.face.pipeline import FacePipeline, Network, Observation
from edge.face.template import ReferenceTemplate, Template, match

__all__ = [
    "BestFrame",
    "Face",
    "FacePipeline",
    "Guidance",
    "Hint",
    "Network",
    "Observation",
    "ReferenceTemplate",
    "Template",
    "examine",
    "match",
]
