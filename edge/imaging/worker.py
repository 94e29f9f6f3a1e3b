"""The confined process: gives up everything it does not need, then decodes one picture.

Run as a file of its own (`python -I worker.py`), so that it loads Pillow and nothing of ours.  Says
it is ready with one byte, reads a picture from standard input up to its end, answers width and
height (4 bytes each, big endian) and RGB bytes, or ends without an answer.
"""

from __future__ import annotations

import ctypes
import io
import os
import resource
import sys

# Pillow imports these when a picture asks for them; a confined process cannot open them any more.
from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin, MpoImagePlugin, TiffImagePlugin

READY = b"\x01"
MEMORY_BYTES = 192 * 1024 * 1024
"""Address space; a picture of four million pixels takes a third of what is left to it."""
PROCESSOR_SECONDS = 3
LAZY = (MpoImagePlugin, TiffImagePlugin)
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


def confine() -> None:
    """No more files, no connections, no children, no core, little memory, little time."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    os.chdir("/")
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        # Not even in the place of a standard stream it closes; those that are open stay so.
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def decode(data: bytes) -> Image.Image:
    """Decode a picture by its first bytes; whatever is wrong with it raises."""
    source = io.BytesIO(data)
    if data.startswith(b"\xff\xd8"):
        return JpegImagePlugin.JpegImageFile(source).convert("RGB")
    return Jpeg2KImagePlugin.Jpeg2KImageFile(source).convert("RGB")


def main() -> None:
    """Confine, say so, decode what comes."""
    # The parent has read the size and refused what is too large; the kernel bounds the rest.
    Image.MAX_IMAGE_PIXELS = None
    confine()
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()
    rgb = decode(sys.stdin.buffer.read())
    sys.stdout.buffer.write(rgb.width.to_bytes(4, "big") + rgb.height.to_bytes(4, "big"))
    sys.stdout.buffer.write(rgb.tobytes())
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
