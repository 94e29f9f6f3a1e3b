"""Networks in memory for one small processor core, loaded from verified bytes."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import Fail

from edge.host.allocation import given_back

SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
"""Seals of a file whose content is final: no process can change it, not even this one."""
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # in a folder that is ours alone
"""Folder in which a model lies as two files while it is loaded.  After a kill, systemd removes the
files when the unit stops (RemoveIPC=)."""
LARGE: Final = 100_000
"""Weights of so many bytes or more go into the second file."""


class LoadedNetwork:
    """A model in memory with one input; one thread uses it."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._planned: set[tuple[int, ...]] = set()

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the model once."""
        if tensor.shape in self._planned:
            return self._run(tensor)
        # The first run of a shape takes the data between the layers piece by piece.  On the heap
        # the pieces would leave holes too small for the one block of every later run.
        with given_back():
            outputs = self._run(tensor)
        self._planned.add(tensor.shape)
        return outputs

    def _run(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return list(self._session.run(None, {self._input: tensor}))


def load(sealed: BufferedRandom) -> LoadedNetwork:
    """Load the bytes of a sealed file for one small processor core."""
    model = f"/proc/self/fd/{sealed.fileno()}"
    with given_back():
        try:
            with TemporaryDirectory(prefix="egate-", dir=IN_MEMORY) as folder:
                session = _session(_set_apart(model, Path(folder)), _options())
        except (OSError, Fail):  # no room or no such folder: loading takes more memory
            session = _session(model, _options())
    return LoadedNetwork(session)


@contextmanager
def sealed(file: BinaryIO) -> Iterator[BufferedRandom]:
    """A copy of a file in memory (memfd_create(2)) that cannot be changed."""
    descriptor = os.memfd_create("model", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "w+b") as copy:  # noqa: PTH123  # a descriptor has no path
        shutil.copyfileobj(file, copy)
        copy.flush()
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, SEALS)
        copy.seek(0)
        yield copy


def _set_apart(model: str, folder: Path) -> str:
    """Write the same model with its weights in a file beside it, which the runtime maps.

    The runtime would hold weights inside the model twice while it brings them into its own order.
    """
    graph = str(folder / "graph.onnx")
    options = _options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.optimized_model_filepath = graph
    key = "session.optimized_model_external_initializers_"
    options.add_session_config_entry(f"{key}file_name", "weights")
    options.add_session_config_entry(f"{key}min_size_in_bytes", str(LARGE))
    _session(model, options)
    return graph


def _session(model: str, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _options() -> onnxruntime.SessionOptions:
    """Session options: one thread, no busy waiting, little memory."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # A run takes one block for the data between the layers and frees it at its end: the next
    # network has room, and an allocator that overwrites freed memory leaves nothing of a face.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = True
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
