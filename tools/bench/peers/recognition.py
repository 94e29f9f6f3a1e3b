"""face_recognition: dlib's detector, landmarks and embedder, as its documentation says."""

from __future__ import annotations

from typing import Any

import face_recognition

from tools.bench.peers.rounds import serve


def main() -> None:
    """Detect, align, embed."""

    def work(frame: Any) -> int:
        places = face_recognition.face_locations(frame)
        return len(face_recognition.face_encodings(frame, places))

    serve(work)


if __name__ == "__main__":
    main()
