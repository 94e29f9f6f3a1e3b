"""The confined process: gives up everything it does not need, then decodes pictures.

Run as a file of its own (`python -I worker.py MEMORY PICTURES`), so that it loads Pillow and
nothing of ours.  Says it is ready with one byte; reads the length of a picture (4 bytes, big
endian) and the picture from standard input; answers width and height (4 bytes each), how the
picture is to be turned (1 byte, as EXIF counts it) and RGB bytes, or ends without an answer.
"""

from __future__ import annotations

import ctypes
import io
import os
import resource
import sys
from typing import BinaryIO

# Pillow imports these when a picture asks for them; a confined process cannot open them any more.
from PIL import (
    Image,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
)

READY = b"\x01"
PROCESSOR_SECONDS = 3
"""For one picture."""
LAZY = (MpoImagePlugin, TiffImagePlugin)
ORIENTATION = 0x0112
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


def confine(memory: int, seconds: int) -> None:
    """No more files, no connections, no children, no core, little memory, little time."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    os.chdir("/")
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        # Not even in the place of a standard stream it closes; those that are open stay so.
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def decode(data: bytes) -> tuple[Image.Image, int]:
    """Decode a picture by its first bytes, and how it is to be turned; what is wrong raises."""
    source = io.BytesIO(data)
    picture: Image.Image
    if data.startswith(b"\xff\xd8"):
        picture = JpegImagePlugin.JpegImageFile(source)
    elif data.startswith(b"\x89PNG"):
        picture = PngImagePlugin.PngImageFile(source)
    else:
        picture = Jpeg2KImagePlugin.Jpeg2KImageFile(source)
    return picture.convert("RGB"), _orientation(picture)


def _orientation(picture: Image.Image) -> int:
    """1 to 8 (CIPA DC-008 §4.6.5); whatever is not understood is 1, upright."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # Pillow reads EXIF with anything but care
        return 1
    return value if value in range(1, 9) else 1


def _answer(out: BinaryIO, data: bytes) -> None:
    rgb, orientation = decode(data)
    out.write(rgb.width.to_bytes(4, "big") + rgb.height.to_bytes(4, "big") + bytes([orientation]))
    out.write(rgb.tobytes())
    out.flush()


def main(memory: int, pictures: int) -> None:
    """Confine, say so, decode what comes."""
    # The parent has read the size and refused what is too large; the kernel bounds the rest.
    Image.MAX_IMAGE_PIXELS = None
    confine(memory, PROCESSOR_SECONDS * pictures)
    source, out = sys.stdin.buffer, sys.stdout.buffer
    out.write(READY)
    out.flush()
    for _ in range(pictures):
        length = int.from_bytes(source.read(4), "big")
        if not length:
            return
        _answer(out, source.read(length))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
