"""Networks in the memory of one small core, loaded from bytes that were verified."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedRandom
from typing import Any, BinaryIO, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.allocation import given_back

AS_REQUESTED: Final = 1
"""kSameAsRequested of onnxruntime's ArenaExtendStrategy."""
NO_LIMIT: Final = 0
SEALS: Final = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
"""Of a file whose content is settled: not even we can change it."""


class LoadedNetwork:
    """A model in memory, with one input; used from one thread."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self._shape: tuple[int, ...] | None = None

    @property
    def has_run(self) -> bool:
        """Whether it has run since it was told to forget."""
        return self._shape is not None

    def __call__(self, tensor: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Run the model once."""
        self._shape = tensor.shape
        return list(self._session.run(None, {self._input: tensor}))

    def forget(self, *, give_back: bool) -> None:
        """Overwrite what former runs have left in the memory all networks share.

        And give that memory back, all of it, when asked to.
        """
        if self._shape is None:
            return
        options = onnxruntime.RunOptions()
        if give_back:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._session.run(None, {self._input: np.zeros(self._shape, np.float32)}, options)
        self._shape = None


def load(sealed: BufferedRandom) -> LoadedNetwork:
    """Load the very bytes of a sealed file, wherever they came from, for one small core."""
    with given_back():
        session = onnxruntime.InferenceSession(
            f"/proc/self/fd/{sealed.fileno()}", _options(), providers=["CPUExecutionProvider"]
        )
    return LoadedNetwork(session)


@contextmanager
def sealed(file: BinaryIO) -> Iterator[BufferedRandom]:
    """A copy of a file in memory (memfd_create(2)) that cannot be written to."""
    descriptor = os.memfd_create("model", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(descriptor, "w+b") as copy:  # noqa: PTH123  # a descriptor has no path
        shutil.copyfileobj(file, copy)
        copy.flush()
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, SEALS)
        copy.seek(0)
        yield copy


@cache
def _share_memory() -> None:
    """Make the memory in which networks run: one for all, as large as what is in it."""
    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    # -1 is the runtime's own choice; without the strategy memory doubles whenever there is too
    # little, and all of it is resident where the allocator fills what it hands out.
    how = {"arena_extend_strategy": AS_REQUESTED, "max_mem": NO_LIMIT}
    how |= dict.fromkeys(("initial_chunk_size_bytes", "max_dead_bytes_per_chunk"), -1)
    onnxruntime.create_and_register_allocator(where, onnxruntime.OrtArenaCfg(how))


def _options() -> Any:
    """One thread of one small core, no waiting in loops, little memory."""
    _share_memory()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # With an arena and without a plan for it the least memory stays resident (measured).
    options.enable_cpu_mem_arena = True
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.use_env_allocators", "1")
    # What stays is kept apart from what comes and goes: so all of that can be given back.
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
