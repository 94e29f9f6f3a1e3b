"""Face detection, quality, templates and their comparison; networks are arguments, all is numpy."""

from edge.face.alignment import Target
from edge.face.best import BestFrame
from edge.face.detection import DetectedFace
from edge.face.embedding import Embedder, Network
from edge.face.examination import examine
from edge.face.guidance import Guidance
from edge.face.hints import Hint
from edge.face.pipeline import FacePipeline, Observation
from edge.face.template import FaceTemplate, ReferenceTemplate, match

__all__ = [
    "BestFrame",
    "DetectedFace",
    "Embedder",
    "FacePipeline",
    "FaceTemplate",
    "Guidance",
    "Hint",
    "Network",
    "Observation",
    "ReferenceTemplate",
    "Target",
    "examine",
    "match",
]
