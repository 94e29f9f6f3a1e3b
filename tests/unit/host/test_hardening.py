"""What the process does about dumps, swapping and freed memory; tried in processes of their own."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from edge.host import freed_memory, hardening

ROOT = Path(__file__).parents[3]
STUCK_S = 60


def tried(program: str, *, setup: str = "", **environment: str) -> str:
    """What a program prints that has both modules at hand."""
    clean = {k: v for k, v in os.environ.items() if k not in freed_memory.ENVIRONMENT}
    found = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", f'{setup} exec "$0" -c "$1"', sys.executable, _PRELUDE + program],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=STUCK_S,
        check=False,
    )
    assert found.stderr == ""
    return found.stdout.strip()


_PRELUDE = """
import ctypes, os, pathlib, resource, signal, sys
from edge.host import freed_memory, hardening
"""


def test_no_core_is_left_however_the_process_dies() -> None:
    found = tried(
        "hardening.forbid_dumps()\n"
        "libc = ctypes.CDLL(None)\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), libc.prctl(3, 0, 0, 0, 0))"
    )
    assert found == "(0, 0) 0"


CRASH = """
import time
child = os.fork()
if not child:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    resource.setrlimit = lambda *_: None  # so that the limit is not what prevents it
    {precaution}
    os.chdir({folder!r})
    os.abort()
print(os.WCOREDUMP(os.waitpid(child, 0)[1]))
"""


def test_a_process_that_is_not_dumpable_leaves_no_core_whatever_the_limit(tmp_path: Path) -> None:
    if tried(CRASH.format(precaution="", folder=str(tmp_path))) == "False":
        pytest.skip("the kernel writes no cores here, with or without us")
    found = tried(CRASH.format(precaution="hardening.forbid_dumps()", folder=str(tmp_path)))
    assert found == "False"


def test_what_is_freed_is_overwritten_once_started_anew() -> None:
    """A block written, freed and looked at again where it lay: small, of Python, and large."""
    program = """
freed_memory.wipe_what_is_freed()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
kept = []
for size in (24, 200, 600, 5_000, 60_000):
    block = libc.malloc(ctypes.c_size_t(size))
    kept.append(libc.malloc(ctypes.c_size_t(size)))  # so that the block is not joined to others
    ctypes.memset(block, 0x11, size)
    libc.free(block)
    # The first bytes are the allocator's own by now: pointers to other free blocks.
    rest = ctypes.string_at(block, size)[32:]
    print(size, b"\\x11" * 16 in rest)
secret = os.urandom(100)
place, wanted = id(secret) + sys.getsizeof(b""), secret[40:80].hex()
del secret
print("bytes", ctypes.string_at(place, 133).hex().find(wanted) >= 0)
"""
    for line in tried(program).splitlines():
        assert line.endswith("False"), line


def test_it_starts_anew_once_and_with_the_same_arguments() -> None:
    program = """
freed_memory.wipe_what_is_freed()
print(os.getppid(), sys.orig_argv[1], *sorted(freed_memory.ENVIRONMENT))
"""
    found = tried("print(os.getpid())\n" + program)
    assert [line.isdigit() for line in found.splitlines()] == [True, True, False]
    assert len(set(found.splitlines()[:2])) == 1, "it keeps its process id"


def test_with_the_environment_of_the_service_it_does_not_start_anew() -> None:
    found = tried(
        "print(os.getpid())\nfreed_memory.wipe_what_is_freed()", **dict(freed_memory.ENVIRONMENT)
    )
    assert len(found.splitlines()) == 1


def test_the_service_sets_what_the_program_wants() -> None:
    unit = (ROOT / "systemd/egated.service").read_text(encoding="utf-8")
    for name, value in freed_memory.ENVIRONMENT.items():
        assert f"Environment={name}={value}\n" in unit


LOCKED = "next(l for l in open('/proc/self/status') if l.startswith('VmLck')).split()[1]"


@pytest.mark.skipif(os.geteuid() != 0, reason="locking memory without a limit needs root")
def test_memory_is_locked_where_that_is_allowed() -> None:
    found = tried(f"print(repr(hardening.keep_in_memory()), {LOCKED})")
    kept, locked = found.split()
    assert kept == "True"
    assert int(locked) > 1000


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be tried by root only")
@pytest.mark.parametrize(("swaps", "kept"), [("/dev/null", True), ("/proc/self/maps", False)])
def test_memory_that_cannot_be_locked_stays_only_without_swap(swaps: str, kept: bool) -> None:
    program = f"""
hardening.SWAPS = pathlib.Path({swaps!r})
resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
os.setuid(65534)
print(hardening.keep_in_memory(), {LOCKED})
"""
    found, locked = tried(program).split()
    assert found == str(kept)
    assert locked == "0", "half locked memory would run out"


def test_swap_that_cannot_be_seen_is_taken_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardening, "SWAPS", Path("/nowhere/swaps"))
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY:
        pytest.skip("memory is unlimited here")
    assert not hardening.keep_in_memory()


def test_what_refers_to_itself_is_swept_away() -> None:
    program = """
import gc, weakref
gc.disable()
class Holder: pass
def cycle():
    made = Holder()
    made.itself = made
    return weakref.ref(made)
with hardening.settled():
    gone = cycle()
    hardening.sweep()
    print(gone() is None)
"""
    assert tried(program) == "True"


def test_what_was_there_before_is_kept_until_the_end_and_not_longer() -> None:
    program = """
import gc, weakref
class Holder: pass
made = Holder()
made.itself = made
gone = weakref.ref(made)
with hardening.settled():
    del made
    hardening.sweep()
    print(gone() is None)
gc.collect()
print(gone() is None)
"""
    assert tried(program).split() == ["False", "True"]


def test_what_numpy_keeps_of_small_arrays_is_overwritten() -> None:
    """A template and its like: the arrays that never come to the allocator when they are freed."""
    program = """
import numpy as np
def left():
    arrays = [np.full(128, 7, np.float32) for _ in range(5)]
    places = [array.ctypes.data for array in arrays]
    wanted = arrays[0].tobytes()[64:]
    del arrays
    return lambda: sum(wanted in ctypes.string_at(place, 512) for place in places)
count = left()
before = count()
hardening.sweep()
print(before > 0, count())
"""
    assert tried(program, **dict(freed_memory.ENVIRONMENT)) == "True 0"


def test_numpy_starts_no_threads_of_its_own_however_many_processors_there_are() -> None:
    program = "import numpy, os\nprint(len(os.listdir('/proc/self/task')))"
    assert tried(program, **dict(freed_memory.ENVIRONMENT)) == "1"
