"""Pictures made to harm whoever decodes them, and decoders that were taken over by one.

Each ends as an error of ours, and the portrait of the next traveller is decoded as if nothing had
been.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import numpy as np
import pytest
from PIL import Image

from edge.errors import LimitExceeded, MalformedFile
from edge.imaging import Decoder, worker
from edge.imaging.header import LARGEST_MEMORY, examine
from edge.imaging.process import PROGRAM
from tests.support.imaging.drawn import (
    GREY_SCAN,
    SIGNATURE,
    START_OF_SCAN,
    box,
    drawn,
    encoded,
    frame_header,
    image_header,
    j2k,
    jp2,
    jpeg,
    pixels,
    segment,
    siz,
)
from tests.support.some import replaced

PATIENCE_S: Final = 20.0
START_OF_FRAME: Final = b"\xff\xc0"
CODING_STYLE: Final = b"\xff\x52"


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENCE_S) as opened:
        yield opened


def next_traveller_is_served(decoder: Decoder) -> None:
    assert np.array_equal(decoder.decode(jp2()), pixels())


def with_frame(width: int, height: int, *, after: bool = False) -> bytes:
    """A JPEG whose frame header lies, or has a liar behind it."""
    honest = jpeg()
    start = honest.index(START_OF_FRAME)
    end = start + 2 + int.from_bytes(honest[start + 2 : start + 4], "big")
    lie = bytearray(honest[start:end])
    lie[5:9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return honest[: end if after else start] + bytes(lie) + honest[end:]


def with_size(data: bytes, offset: int, value: bytes) -> bytes:
    """A codestream with something else that far behind its SIZ marker."""
    start = data.index(b"\xff\x51") + offset
    return data[:start] + value + data[start + len(value) :]


def with_tiny_precincts() -> bytes:
    """Every resolution cut into squares of two pixels, in as many layers as there can be."""
    honest = j2k(drawn(1400, 1400), quality_layers=[200], irreversible=True)
    start = honest.index(CODING_STYLE)
    end = start + 2 + int.from_bytes(honest[start + 2 : start + 4], "big")
    levels = honest[start + 9]
    style = b"\x01" + honest[start + 5 : start + 6] + b"\xff\xff" + honest[start + 8 : end]
    return honest[:start] + segment(0x52, style + b"\x11" * (levels + 1)) + honest[end:]


@pytest.mark.parametrize(
    "bomb",
    [
        with_frame(65_535, 65_535),
        with_frame(4096, 4096),
        with_frame(65_535, 1),
        siz((2**32 - 1, 2**32 - 1)),
        siz((2**31, 2**31), origin=(2**30, 2**30)),
        siz((1400, 1400), tile=(1, 1)),
        SIGNATURE + image_header(60_000, 60_000) + box(b"jp2c", siz((60_000, 60_000))),
        replaced(jpeg(), START_OF_SCAN, GREY_SCAN * 5000 + START_OF_SCAN, 1),
        SIGNATURE + box(b"free", b"") * 100_000,
        jpeg() + bytes(1_000_000),
    ],
    ids=[
        "jpeg-4-gigapixels",
        "jpeg-16-megapixels",
        "jpeg-one-endless-row",
        "codestream-16-exapixels",
        "codestream-large-behind-its-origin",
        "codestream-four-million-tiles",
        "jp2-3-gigapixels",
        "jpeg-of-endless-scans",
        "jp2-of-endless-boxes",
        "megabytes",
    ],
)
def test_a_bomb_is_refused_before_anything_decodes_it(decoder: Decoder, bomb: bytes) -> None:
    waiting = decoder.pid
    with pytest.raises(LimitExceeded):
        decoder.decode(bomb)
    assert decoder.pid == waiting
    next_traveller_is_served(decoder)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(5000),
        b"\xff" * 5000,
        b"\xff\xd8\xff" + b"\xff" * 5000,
        b"\xff\xd8" + b"\xff\xd8" * 5000,
        b"\xff\xd8" + segment(0xFE, b"") * 5000,
        b"\xff\xd8\xff\xe0\x00\x00" * 1000,
        siz((300, 400), components=16_384),
        SIGNATURE + image_header(30, 40) + box(b"jp2c", siz((1400, 1400))),
        SIGNATURE + b"\x00\x00\x00\x01jp2h" + b"\xff" * 8,
        encoded("PNG"),
        encoded("GIF"),
        encoded("TIFF"),
        encoded("EPS"),
        encoded("PDF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"push graphic-context\nfill 'url(https://127.0.0.1/x|id)'\npop graphic-context",
        b"\x7fELF" + bytes(500),
    ],
    ids=[
        "nothing",
        "zeros",
        "ones",
        "endless-fill-bytes",
        "endless-beginnings",
        "endless-comments",
        "segments-that-stand-still",
        "many-components",
        "headers-that-contradict",
        "box-without-end",
        "png",
        "gif",
        "tiff",
        "eps",
        "pdf",
        "svg",
        "magick",
        "program",
    ],
)
def test_what_is_no_portrait_never_reaches_a_decoder(decoder: Decoder, data: bytes) -> None:
    waiting = decoder.pid
    with pytest.raises(MalformedFile):
        decoder.decode(data)
    assert decoder.pid == waiting
    next_traveller_is_served(decoder)


@pytest.mark.parametrize("honest", [jpeg(), jp2(), j2k()], ids=["jpeg", "jp2", "codestream"])
@pytest.mark.parametrize("kept", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_picture_is_malformed(decoder: Decoder, honest: bytes, kept: float) -> None:
    with pytest.raises(MalformedFile):
        decoder.decode(honest[: int(len(honest) * kept)])
    next_traveller_is_served(decoder)


@pytest.mark.parametrize(
    "data",
    [
        with_frame(20_000, 20_000, after=True),
        with_frame(30, 40, after=True),
        jpeg()[:-2] + frame_header(300, 400) + b"\xff\xd9",
        b"\xff\xd8" + frame_header(1400, 1400) + b"\xff\xd9",
        siz((1400, 1400)),
        with_size(j2k(), 4, b"\xff\xff"),
        with_size(j2k(), 40, b"\x25"),
        with_size(j2k(), 41, b"\xff\xff"),
        with_tiny_precincts(),
        SIGNATURE + image_header(300, 400) + box(b"jp2c", siz((300, 400)) + bytes(9000)),
    ],
    ids=[
        "a-second-giant-frame",
        "a-second-small-frame",
        "a-frame-after-the-scan",
        "a-frame-and-no-more",
        "a-size-and-no-more",
        "unknown-capabilities",
        "components-of-38-bits",
        "components-of-one-pixel",
        "precincts-without-number",
        "a-codestream-of-zeros",
    ],
)
def test_what_lies_behind_an_honest_header_ends_as_malformed_or_as_what_it_claimed(
    decoder: Decoder, data: bytes
) -> None:
    """How patient a decoder library is differs by its version; what may come of it does not."""
    taken = decoder.pid
    shape = examine(data).height, examine(data).width, 3
    with suppress(MalformedFile):
        assert decoder.decode(data).shape == shape
    assert decoder.pid != taken
    next_traveller_is_served(decoder)


def test_a_second_giant_frame_meets_the_memory_limit_not_the_machine(decoder: Decoder) -> None:
    with pytest.raises(MalformedFile, match="made its decoder fail"):
        decoder.decode(with_frame(20_000, 20_000, after=True))
    next_traveller_is_served(decoder)


def test_damage_anywhere_in_a_picture_ends_as_malformed_or_as_a_picture(decoder: Decoder) -> None:
    rng = np.random.default_rng(20)
    small = drawn(60, 80)
    for honest in (jpeg(small), jpeg(small, progressive=True), jp2(small), j2k(small)):
        for _ in range(8):
            data = bytearray(honest)
            for position in rng.integers(2, len(data), 6):
                data[position] = rng.integers(256)
            try:
                decoded = decoder.decode(bytes(data))
            except (MalformedFile, LimitExceeded):
                continue
            assert decoded.dtype == np.uint8
    next_traveller_is_served(decoder)


def test_a_decoder_out_of_time_is_ended_and_the_next_picture_is_decoded() -> None:
    with Decoder(picture_s=2.0) as decoder:
        stuck = decoder.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)  # as long as anybody waits, it is not done
        with pytest.raises(MalformedFile, match="made its decoder fail") as caught:
            decoder.decode(jpeg())
        assert isinstance(caught.value.__cause__, TimeoutError)
        assert not Path(f"/proc/{stuck}").exists()
        next_traveller_is_served(decoder)


def test_a_decoder_that_takes_no_more_bytes_is_out_of_time_too() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (500, 500, 3)).astype(np.uint8)
    with Decoder(picture_s=2.0) as decoder:
        assert decoder.pid is not None
        os.kill(decoder.pid, signal.SIGSTOP)
        with pytest.raises(MalformedFile, match="made its decoder fail") as caught:
            decoder.decode(jp2(Image.fromarray(noise)))  # more than a pipe holds
        assert isinstance(caught.value.__cause__, TimeoutError)
        next_traveller_is_served(decoder)


# A decoder that a picture has taken over may answer what it likes.

ANSWER: Final = b"\x00\x00\x01\x2c\x00\x00\x01\x90\x01"
"""300 x 400, upright."""


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        ANSWER[:5],
        ANSWER,
        ANSWER + bytes(300 * 400 * 3 - 1),
        b"\xff" * 8 + b"\x01" + bytes(300 * 400 * 3),
        ANSWER[4:8] + ANSWER[:4] + b"\x01" + bytes(300 * 400 * 3),
        ANSWER[:8] + b"\x09" + bytes(300 * 400 * 3),
    ],
    ids=[
        "nothing",
        "half-a-size",
        "a-size",
        "a-pixel-too-few",
        "16-exapixels",
        "on-its-side",
        "turned-by-no-angle",
    ],
)
def test_a_decoder_taken_over_cannot_answer_another_size(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken_over(answer, tmp_path, monkeypatch) as decoder:
        with pytest.raises(MalformedFile, match="made its decoder fail"):
            decoder.decode(jpeg())
        monkeypatch.undo()
        # The process that waits is still the attacker's; the one after it is ours again.
        with pytest.raises(MalformedFile):
            decoder.decode(jpeg())
        next_traveller_is_served(decoder)


def test_a_decoder_taken_over_that_never_stops_talking_is_not_listened_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken_over(ANSWER, tmp_path, monkeypatch, then="exec cat /dev/zero") as decoder:
        decoded = decoder.decode(jpeg())
        assert decoded.shape == (400, 300, 3)
        assert not decoded.any()
        monkeypatch.undo()
        decoder.decode(jpeg())
        next_traveller_is_served(decoder)


def taken_over(
    answer: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "exit"
) -> Decoder:
    """A decoder whose first processes say that they are ready and then what an attacker wants."""
    (folder / "answer").write_bytes(answer)
    hostile = folder / "hostile"
    hostile.write_text(
        f"#!/bin/sh\nprintf '\\001'\ncat >/dev/null\ncat '{folder}/answer'\n{then}\n"
    )
    hostile.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hostile))
    return Decoder(PATIENCE_S)


# What hostile code could do in the process itself.

PRELUDE: Final = f"""
import ctypes, errno, mmap, os, runpy, socket, sys
worker = runpy.run_path(sys.argv[1])
confine = worker["confine"]
if os.geteuid() == 0:  # as in service: nobody special, for root is above some limits
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
confine({LARGEST_MEMORY}, {worker.PROCESSOR_SECONDS})
def attempt(deed):
    try:
        deed()
    except OSError as error:
        print(errno.errorcode[error.errno])
    except MemoryError:
        print("MemoryError")
    else:
        print("DONE")
    sys.stdout.flush()
"""


def confined(deeds: str, stdout: IO[bytes] | int = subprocess.PIPE) -> tuple[str, str, int]:
    """Run hostile code confined as the worker is: what it said, its error, its status."""
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own attacker
        [sys.executable, "-I", "-c", PRELUDE + deeds, str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


def says(deeds: str) -> str:
    said, error, status = confined(deeds)
    assert (error, status) == ("", 0)
    return said


OPENED: Final = {
    "a-file": 'open("/etc/passwd")',
    "a-folder": 'os.listdir("/")',
    "memory": 'os.open("/proc/self/mem", os.O_RDWR)',
    "network": 'socket.create_connection(("127.0.0.1", 9))',
    "udp": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix-socket": "socket.socket(socket.AF_UNIX)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "a-pipe": "os.pipe()",
    "a-file-of-no-name": 'os.memfd_create("x")',
}


@pytest.mark.parametrize("deed", OPENED.values(), ids=OPENED.keys())
def test_hostile_code_opens_no_file_and_no_connection(deed: str) -> None:
    assert says(f"attempt(lambda: {deed})") == "EMFILE\n"


@pytest.mark.parametrize("deed", OPENED.values(), ids=OPENED.keys())
def test_hostile_code_gains_nothing_by_closing_what_it_has(deed: str) -> None:
    assert says(f"os.close(0); os.close(2); attempt(lambda: {deed})") == "EMFILE\n"


def test_hostile_code_cannot_raise_its_limits_again() -> None:
    deeds = """
import resource
for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS, resource.RLIMIT_CPU):
    soft, hard = resource.getrlimit(limit)
    assert soft == hard
    try:
        resource.setrlimit(limit, (hard + 10, hard + 10))
    except ValueError:
        print("refused")
"""
    assert says(deeds) == "refused\n" * 3


def test_hostile_code_starts_no_process_and_no_thread() -> None:
    assert says("attempt(os.fork)") == "EAGAIN\n"
    thread = "import threading; threading.Thread(target=print).start()"
    said, error, _ = confined(thread)
    assert said == ""
    assert "can't start new thread" in error


def test_hostile_code_starts_no_program_in_its_place_for_that_finds_no_library() -> None:
    said, error, status = confined("os.execv('/bin/echo', ['echo', 'hostile'])")
    assert said == ""
    assert "shared" in error
    assert status == 127


def test_hostile_code_gets_no_more_memory_than_its_share() -> None:
    assert says("attempt(lambda: bytearray(20_000_000))") == "DONE\n"
    share = f"attempt(lambda: bytearray({LARGEST_MEMORY + 4_000_000}))"
    assert says(share) == "MemoryError\n"


def test_hostile_code_writes_no_file_it_finds_open(tmp_path: Path) -> None:
    target = tmp_path / "found-open"
    target.touch()
    target.chmod(0o666)
    with target.open("wb") as file:
        _, error, _ = confined("os.write(1, b'x' * 10)", file)
    assert "File too large" in error
    assert target.read_bytes() == b""


def test_hostile_code_that_never_ends_is_ended_by_the_kernel() -> None:
    """Should the gate itself be gone: nobody else would end it."""
    _, _, status = confined("while True: pass")
    assert status in {-signal.SIGKILL, -signal.SIGXCPU}


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines()


def test_the_process_that_waits_is_confined_like_that(decoder: Decoder) -> None:
    process = Path(f"/proc/{decoder.pid}")
    limits = {line[:25].strip(): line[25:].split() for line in lines(process / "limits")}
    for name, value in (
        ("Max open files", 0),
        ("Max processes", 0),
        ("Max file size", 0),
        ("Max core file size", 0),
        ("Max cpu time", worker.PROCESSOR_SECONDS),
    ):
        assert limits[name][:2] == [str(value)] * 2, name
    status = dict(line.split(":\t") for line in lines(process / "status"))
    held = int(status["VmSize"].split()[0]) * 1024
    assert held < int(limits["Max address space"][0]) <= held + LARGEST_MEMORY
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == ("2" if os.uname().machine in worker.CALLS else "0")
    assert status["Threads"].strip() == "1"


def test_the_process_that_waits_holds_three_pipes_and_no_secret(decoder: Decoder) -> None:
    process = Path(f"/proc/{decoder.pid}")
    held = {each.name: str(each.readlink()) for each in (process / "fd").iterdir()}
    assert set(held) == {"0", "1", "2"}
    assert held["0"].startswith("pipe:")
    assert held["1"].startswith("pipe:")
    assert held["2"] == "/dev/null"
    assert (process / "environ").read_bytes() == b"MALLOC_ARENA_MAX=1\0"
    assert (process / "cwd").readlink() == Path("/")


# The second wall: a kernel that is deaf.

DEAF: Final = """
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: without it nobody may set a filter
worker["forbid_calls"]()
"""
knows_calls = pytest.mark.skipif(
    os.uname().machine not in worker.CALLS, reason="no list of calls for this processor"
)


@knows_calls
@pytest.mark.parametrize(
    "deed",
    [
        "os.kill(os.getppid(), 0)",
        "os.kill(os.getpid(), 9)",
        'open("/etc/passwd")',
        'os.execv("/bin/echo", ["echo"])',
        "os.fork()",
        "socket.socket()",
        'os.readlink("/proc/self/exe")',
        "os.stat('/')",
        "os.setuid(0)",
        "os.pidfd_open(os.getppid())",
        "os.nice(-1)",
    ],
)
def test_hostile_code_is_not_heard_by_the_kernel(deed: str) -> None:
    """Neither the gate nor any other process can be signalled, traced or read."""
    said, error, _ = deaf(f"attempt(lambda: {deed})")
    assert (said, error) == ("EPERM\n", "")


@knows_calls
def test_hostile_code_makes_no_code_of_its_own() -> None:
    assert deaf("attempt(lambda: mmap.mmap(-1, 4096, prot=7))")[0] == "EPERM\n"
    assert deaf("attempt(lambda: mmap.mmap(-1, 4096, prot=3))")[0] == "DONE\n"


@knows_calls
def test_the_filter_lets_through_what_it_lists_and_nothing_else() -> None:
    """Every number of a call, run through the program as the kernel would."""
    for architecture, calls, for_data in worker.CALLS.values():
        program = worker.filter_of(architecture, calls, for_data)
        for number in range(600):
            plain = number in calls or number in for_data
            assert heard(program, architecture, number, 3) == plain
            assert heard(program, architecture, number, 7) == (number in calls)
            assert not heard(program, architecture ^ 1, number, 3)
        assert not heard(program, architecture, 0x40000000, 3)


def heard(program: bytes, architecture: int, number: int, protection: int) -> bool:
    """Run a filter (struct sock_filter) over one call."""
    instructions = list(struct.iter_unpack("=HBBI", program))
    fields = {worker.NUMBER: number, worker.ARCHITECTURE: architecture}
    fields[worker.PROTECTION] = protection
    at, accumulator = 0, 0
    while True:
        code, if_so, if_not, value = instructions[at]
        at += 1
        match code:
            case worker.LOAD:
                accumulator = fields[value]
            case worker.IF_EQUAL:
                at += if_so if accumulator == value else if_not
            case worker.IF_ANY:
                at += if_so if accumulator & value else if_not
            case worker.RETURN:
                return bool(value == worker.ALLOW)
            case _:
                raise AssertionError(code)


def deaf(deeds: str) -> tuple[str, str, int]:
    """Run hostile code behind the filter alone, without the limits."""
    prelude = replaced(PRELUDE, "confine(", "(lambda *_: None)(")
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own attacker
        [sys.executable, "-I", "-c", prelude + DEAF + deeds, str(PROGRAM)],
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode
