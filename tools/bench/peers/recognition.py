"""face_recognition: dlib's detector, landmarks and embedder, as its documentation says."""

from __future__ import annotations

import face_recognition

from tools.bench.peers.rounds import Picture, serve


def main() -> None:
    """Detect, align, embed."""

    def work(frame: Picture) -> int:
        places = face_recognition.face_locations(frame)
        return len(face_recognition.face_encodings(frame, places))

    serve(work)


if __name__ == "__main__":
    main()
