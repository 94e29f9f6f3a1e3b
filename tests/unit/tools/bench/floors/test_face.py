"""The floors of faces run what the gate ran, and nothing else."""

from __future__ import annotations

import numpy as np

from tools.bench.face import frames
from tools.bench.floors import face as floors_face
from tools.bench.floors.face import Recording


def test_what_is_recorded_is_what_the_network_was_given() -> None:
    def network(tensor: floors_face.Tensors) -> list[floors_face.Tensors]:
        return [tensor + 1]

    recording = Recording()
    heard = recording.of(network)
    given = np.ones(3, np.float32)
    heard(given)  # nobody listens yet
    ((same, tensor),) = recording.during(lambda: heard(given))
    given.fill(0)  # as the gate does with every tensor
    assert same is network
    assert tensor.tolist() == [1, 1, 1]
    assert recording.during(lambda: None) == []


def test_the_networks_of_a_frame_are_counted() -> None:
    """Two looks, the second with its mirror image; of the embedders only SFace sees one too."""
    recording = Recording()
    gate = floors_face.pipeline(recording)
    frame = frames()[0]
    looked = recording.during(lambda: gate.observe(frame))
    assert [tensor.shape[1:] for _, tensor in looked] == [(3, 256, 320), *[(3, 224, 224)] * 2]
    face = gate.observe(frame).face
    assert face is not None
    embedded = recording.during(lambda: gate.embed(frame, face).wipe())
    assert [tensor.shape[1:] for _, tensor in embedded] == [
        *[(3, 112, 112)] * 2,
        (3, 150, 150),
    ]
