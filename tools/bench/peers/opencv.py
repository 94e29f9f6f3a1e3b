"""OpenCV: YuNet and SFace through its own classes, mirrored too, and the same measures of quality.

Arguments: frames, YuNet, SFace, the width the frame is reduced to before detection.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np

from tools.bench.peers.rounds import Picture, serve

LEAST_SCORE = 0.6


def main() -> None:
    """Detect, align, embed with the mirror image, measure."""
    cv2.setNumThreads(1)
    detector_file, embedder_file, width = sys.argv[2], sys.argv[3], int(sys.argv[4])
    size = (width, width * 480 // 640)
    detector = cv2.FaceDetectorYN.create(detector_file, "", size, LEAST_SCORE)
    embedder = cv2.FaceRecognizerSF.create(embedder_file, "")

    def work(frame: Picture) -> int:
        picture = frame[:, :, ::-1].copy()
        seen = picture if size[0] == 640 else cv2.resize(picture, size)
        _, faces = detector.detect(seen)
        if faces is None:
            return 0
        face = max(faces, key=lambda each: each[2] * each[3])
        face[:14] *= 640 / size[0]
        aligned = embedder.alignCrop(picture, face)
        feature = embedder.feature(aligned) + embedder.feature(cv2.flip(aligned, 1))
        _measures(aligned)
        return int(np.isfinite(feature).all())

    serve(work)


def _measures(aligned: Picture) -> tuple[float, ...]:
    """Brightness, contrast and sharpness; those of five points cost next to nothing."""
    grey = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    centre = grey[28:100, 24:88]
    return float(centre.mean()), float(centre.std()), float(cv2.Laplacian(grey, cv2.CV_32F).var())


if __name__ == "__main__":
    main()
