"""The confined process: gives up everything it does not need, then decodes pictures for its parent.

Reads a length (4 bytes) and a picture from standard input, answers width, height and RGB bytes, or
zeros for a picture it cannot decode.  Ends when its input ends.
"""

from __future__ import annotations

import ctypes
import io
import os
import resource
import sys
from typing import BinaryIO

from PIL import Image

MEMORY_BYTES = 512 * 1024 * 1024
"""Address space; what is resident is a tenth of it."""
PICTURE_SECONDS = 2
PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 4, 1, 38
SIGKILL = 9


def confine() -> None:
    """No files, no children, no privileges, no core, little memory; death with the parent."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir("/")
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(limit, (value, value))


def bound_time() -> None:
    """Let the kernel end the process when one more picture takes too long."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + PICTURE_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def decode(data: bytes) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes; zeros and nothing when it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "JPEG2000")) as image:
            rgb = image.convert("RGB")
            return rgb.width, rgb.height, rgb.tobytes()
    except Exception:  # noqa: BLE001  # the parent is told all the same
        return 0, 0, b""


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Decode until the parent is gone."""
    while len(head := source.read(4)) == 4:
        data = source.read(int.from_bytes(head, "big"))
        bound_time()
        width, height, pixels = decode(data)
        sink.write(width.to_bytes(4, "big") + height.to_bytes(4, "big") + pixels)
        sink.flush()


def main() -> None:
    """Load the decoders, confine, serve."""
    Image.init()
    Image.MAX_IMAGE_PIXELS = (
        None  # the header was checked by the parent, the kernel bounds the rest
    )
    confine()
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
