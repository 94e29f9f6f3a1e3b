"""The confined process: it gives up every right it does not need, then decodes pictures.

It runs as a file (`python -I worker.py MEMORY PICTURES`), so that it loads Pillow and nothing of
egate.  One byte says that it is ready.  It reads the length of a picture (4 bytes, big endian) and
the picture from standard input.  It answers width and height (4 bytes each), the EXIF orientation
(1 byte) and RGB bytes, or ends without an answer.
"""

from __future__ import annotations

import ctypes
import errno
import io
import os
import resource
import struct
import sys
from pathlib import Path
from typing import BinaryIO

# Pillow imports these when a picture needs them; a confined process cannot open files any more.
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
"""Processor time for one picture."""
LAZY = (MpoImagePlugin, TiffImagePlugin)
ORIENTATION = 0x0112
STATM = Path("/proc/self/statm")
ROWS = 64
"""Rows answered at a time: a copy of the whole picture would double its memory."""
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def confine(memory: int, seconds: int) -> None:
    """Forbid files, connections, child processes and core dumps; limit memory and time."""
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_DUMPABLE, 0), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    os.chdir("/")
    held = int(STATM.read_text().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_AS, held + memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        # Also not in the place of a standard stream that it closes; open ones stay open.
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


CALLS = {
    "x86_64": (
        0xC000003E,
        (0, 1, 3, 5, 8, 11, 12, 25, 28, 13, 14, 15, 219, 202, 24, 228, 96, 318, 39, 186, 60, 231),
        (9, 10),
    ),
    "aarch64": (
        0xC00000B7,
        (
            *(63, 64, 57, 80, 62, 215, 214, 216, 233, 134, 135),
            *(139, 128, 98, 124, 113, 169, 278, 172, 178, 93, 94),
        ),
        (222, 226),
    ),
}
"""Allowed system calls, by processor: its number in audit.h; the numbers of read, write, close,
fstat, lseek, munmap, brk, mremap, madvise, rt_sigaction, rt_sigprocmask, rt_sigreturn,
restart_syscall, futex, sched_yield, clock_gettime, gettimeofday, getrandom, getpid, gettid, exit
and exit_group; last, for data only, the numbers of mmap and mprotect."""
LOAD, IF_EQUAL, IF_ANY, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, ARCHITECTURE, PROTECTION = 0, 4, 32
"""Where these stand in `struct seccomp_data`; protection is the third argument."""
PROT_EXEC = 4
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM


def filter_of(architecture: int, calls: tuple[int, ...], for_data: tuple[int, ...]) -> bytes:
    """The filter the kernel runs before each call (seccomp(2)): it refuses all other calls."""
    refuse = 3 + len(calls) + len(for_data)
    protection, allow = refuse + 1, refuse + 4
    # Jumps, if so and if not, count from the next instruction.
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (IF_EQUAL, 0, refuse - 2, architecture),
        (LOAD, 0, 0, NUMBER),
    ]
    for target, numbers in ((allow, calls), (protection, for_data)):
        for number in numbers:
            program.append((IF_EQUAL, target - len(program) - 1, 0, number))
    program += [
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, PROTECTION),
        (IF_ANY, 0, 1, PROT_EXEC),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def forbid_calls() -> None:
    """Make the kernel refuse every call that a decoder does not need: signals, other processes.

    On other processors, and on kernels without filters, only the limits hold.
    """
    if os.uname().machine not in CALLS:
        return
    code = filter_of(*CALLS[os.uname().machine])
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_char_p]
    refused = libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program)
    if refused and ctypes.get_errno() != errno.EINVAL:
        raise OSError(ctypes.get_errno(), "seccomp")


def decode(data: bytes) -> tuple[Image.Image, int]:
    """Decode a picture of the kind its first bytes show; also its orientation.  Errors raise."""
    source = io.BytesIO(data)
    picture: Image.Image
    if data.startswith(b"\xff\xd8"):
        picture = JpegImagePlugin.JpegImageFile(source)
    elif data.startswith(b"\x89PNG"):
        picture = PngImagePlugin.PngImageFile(source)
    else:
        picture = Jpeg2KImagePlugin.Jpeg2KImageFile(source)
    orientation = _orientation(picture)
    if picture.mode.startswith("I"):  # 16 bits a sample: `convert` would only cut the upper 8
        return picture.point(lambda value: value * (1 / 256) + 0).convert("RGB"), orientation
    if picture.mode != "RGB":
        return picture.convert("RGB"), orientation
    picture.load()  # converting would copy it
    return picture, orientation


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation 1 to 8 (CIPA DC-008 §4.6.5); anything else counts as 1, upright."""
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001  # Pillow reads EXIF without care
        return 1
    return value if value in range(1, 9) else 1


def _answer(out: BinaryIO, data: bytes) -> None:
    rgb, orientation = decode(data)
    out.write(rgb.width.to_bytes(4, "big") + rgb.height.to_bytes(4, "big") + bytes([orientation]))
    tops = range(0, rgb.height, ROWS)
    out.writelines(
        rgb.crop((0, top, rgb.width, min(top + ROWS, rgb.height))).tobytes() for top in tops
    )
    out.flush()


def main(memory: int, pictures: int) -> None:
    """Confine the process, report that, decode pictures."""
    # The parent has read the size and refused what is too large; the kernel bounds the rest.
    Image.MAX_IMAGE_PIXELS = None
    confine(memory, PROCESSOR_SECONDS * pictures)
    forbid_calls()
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
