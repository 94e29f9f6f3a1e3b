"""Proves that a model computes, on this machine, what its publisher's file says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, SettingsError
from edge.inference.models import ModelStore

TOLERANCE = 1e-3
"""Far above the rounding of any processor, far below what changes a decision."""


def prove(store: ModelStore, name: str) -> None:
    """Compare a model with its known answer.

    Raises:
        SettingsError: the model is not the manifest's, does not run here, or answers something
            else.
    """
    known = store.manifest.models[name].known_answer
    try:
        outputs = store.network(name)(made_up(known.shape))
    except EdgeError:
        raise
    except Exception as error:  # those of onnxruntime are of no class of their own
        raise SettingsError(f"{name} does not run here: {str(error).splitlines()[0]}") from error
    if not np.allclose(sample(outputs, len(known.values)), known.values, atol=TOLERANCE):
        raise SettingsError(
            f"{name} does not compute here what it should; is onnxruntime the one of"
            " requirements/runtime.lock? run: make setup"
        )


def made_up(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The input of known answers."""
    count = int(np.prod(shape))
    return (np.arange(count) * 37 % 256).astype(np.float32).reshape(shape)


def sample(outputs: list[NDArray[np.float32]], count: int) -> NDArray[np.float32]:
    """So many values, taken evenly from all outputs laid end to end."""
    laid = np.concatenate([output.ravel() for output in outputs])
    return laid[:: -(-len(laid) // count)]
