"""Pictures come out of the confined decoder as they went in, each through a process of its own."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from edge.emrtd.lds import dg2
from edge.emrtd.lds.image import PHOTOGRAPHS, EncodedImage
from edge.errors import DeviceLost, LimitExceeded, MalformedFile
from edge.imaging import PHOTOGRAPH, Decoder
from edge.imaging.header import LARGEST_BYTES, Size
from edge.imaging.process import Process
from tests.support.descriptors import held, limited_to
from tests.support.imaging.drawn import (
    drawn,
    encoded,
    j2k,
    jp2,
    jpeg,
    pixels,
    turned,
)
from tests.support.shared_data import shared

PATIENCE_S = 20.0
"""So long that no busy machine makes a good picture late."""


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(PATIENCE_S) as opened:
        yield opened


@pytest.fixture
def process() -> Iterator[Process]:
    started = Process()
    yield started
    started.kill()


@pytest.mark.parametrize("encode", [jp2, j2k])
@pytest.mark.parametrize("size", [(300, 400), (1, 1), (413, 531)])
def test_jpeg_2000_without_loss_comes_out_as_it_went_in(
    decoder: Decoder, encode: Callable[[Image.Image], bytes], size: tuple[int, int]
) -> None:
    decoded = decoder.decode(encode(drawn(*size)))
    assert decoded.dtype == np.uint8
    assert np.array_equal(decoded, pixels(drawn(*size)))


@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_comes_out_nearly_as_it_went_in(decoder: Decoder, progressive: bool) -> None:
    decoded = decoder.decode(jpeg(progressive=progressive)).astype(int)
    assert decoded.shape == (400, 300, 3)
    assert np.abs(decoded - pixels()).mean() < 3


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_bytes_behind_a_picture_change_nothing(
    decoder: Decoder, encode: Callable[[Image.Image], bytes]
) -> None:
    """Issuers pad pictures to the size of a file."""
    data = encode(drawn())
    assert np.array_equal(decoder.decode(data + bytes(500)), decoder.decode(data))


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "bsi2008/Datagroup2.bin",
        "iso39794/dg2/ICAO_39794_5_AP_DG2_AllFields.dat",
        "iso39794/dg2/ICAO_39794_5_AP_DG2_MandFields.dat",
    ],
)
def test_portraits_of_both_standards(decoder: Decoder, name: str) -> None:
    """ISO/IEC 19794-5 and ISO/IEC 39794-5, the same picture in each."""
    face = dg2.decode(shared(f"chips/{name}").read_bytes())[0]
    assert decoder.decode(face.image.data).shape == (531, 413, 3)


def test_what_passes_for_a_portrait_can_be_decoded(decoder: Decoder) -> None:
    """DG2 and the decoder know the same kinds of picture, none more, none less."""
    pictures = [encode(drawn(8, 8)) for encode in (jpeg, jp2, j2k)]
    assert {EncodedImage.recognised(data).media_type for data in pictures} == PHOTOGRAPHS
    for data in pictures:
        assert decoder.decode(data).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("encode", "mode"), [(jpeg, "L"), (jpeg, "CMYK"), (jp2, "L"), (jp2, "LA"), (jp2, "RGBA")]
)
def test_every_colour_space_comes_out_as_rgb(
    decoder: Decoder, encode: Callable[[Image.Image], bytes], mode: str
) -> None:
    picture = drawn().convert(mode)
    decoded = decoder.decode(encode(picture)).astype(int)
    assert np.abs(decoded - pixels(picture)).mean() < 3


@pytest.mark.parametrize("encode", [jpeg, jp2, j2k])
def test_the_largest_picture_allowed_is_decoded(
    decoder: Decoder, encode: Callable[[Image.Image], bytes]
) -> None:
    assert decoder.decode(encode(drawn(1600, 1250))).shape == (1250, 1600, 3)


def test_sixteen_bits_a_sample_are_brought_down_to_eight(decoder: Decoder) -> None:
    ramp = np.tile(np.linspace(0, 65535, 300), (400, 1)).astype(np.uint16)
    decoded = decoder.decode(jp2(Image.fromarray(ramp)))
    assert np.abs(decoded[..., 0].astype(float) - ramp / 257).max() < 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_that_lies_on_its_side_is_turned(decoder: Decoder, orientation: int) -> None:
    """As every viewer shows it (CIPA DC-008 §4.6.5)."""
    data = turned(orientation)
    with Image.open(io.BytesIO(data)) as shown:
        expected = np.asarray(ImageOps.exif_transpose(shown).convert("RGB"))
    assert np.array_equal(decoder.decode(data), expected)


def test_many_pictures_may_share_a_process() -> None:
    with Decoder(PATIENCE_S, PHOTOGRAPH, pictures=3) as decoder:
        pids = []
        for _ in range(5):
            pids.append(decoder.pid)
            assert np.array_equal(decoder.decode(encoded("PNG")), pixels())
        assert len(set(pids[:3])) == 1
        assert len(set(pids[3:])) == 1
        assert pids[0] != pids[3]


def test_a_picture_that_fails_ends_the_process_it_shared() -> None:
    with Decoder(PATIENCE_S, PHOTOGRAPH, pictures=3) as decoder:
        first = decoder.pid
        with pytest.raises(MalformedFile):
            decoder.decode(jpeg()[:3000])
        assert decoder.pid != first
        assert np.array_equal(decoder.decode(jp2()), pixels())


def test_a_photograph_may_be_larger_than_any_portrait() -> None:
    with Decoder(PATIENCE_S, PHOTOGRAPH) as decoder:
        assert decoder.decode(jpeg(drawn(4000, 3000))).shape == (3000, 4000, 3)


def test_a_picture_larger_than_a_pipe_holds_is_decoded(decoder: Decoder) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (500, 500, 3)).astype(np.uint8)
    data = jp2(Image.fromarray(noise))
    assert len(data) > 500_000
    assert np.array_equal(decoder.decode(data), noise)


def test_pixels_may_be_overwritten_when_done(decoder: Decoder) -> None:
    decoded = decoder.decode(jpeg())
    decoded.fill(0)
    assert not decoded.any()


def test_each_picture_has_a_process_of_its_own(decoder: Decoder) -> None:
    pids = []
    for _ in range(3):
        pids.append(decoder.pid)
        decoder.decode(jpeg())
        with pytest.raises(ProcessLookupError):
            os.kill(pids[-1] or 0, 0)
    assert len({*pids, decoder.pid}) == 4


def test_a_refused_picture_costs_no_process(decoder: Decoder) -> None:
    waiting = decoder.pid
    with pytest.raises(MalformedFile):
        decoder.decode(b"GIF89a")
    with pytest.raises(LimitExceeded):
        decoder.decode(jpeg() + bytes(LARGEST_BYTES))
    assert decoder.pid == waiting


def test_many_threads_may_ask_at_once(decoder: Decoder) -> None:
    sizes = [(100 + number, 200 - number) for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        decoded = list(pool.map(lambda size: decoder.decode(jp2(drawn(*size))), sizes))
    for size, found in zip(sizes, decoded, strict=True):
        assert np.array_equal(found, pixels(drawn(*size)))


def test_a_decoder_that_is_closed_says_so() -> None:
    decoder = Decoder(PATIENCE_S)
    with pytest.raises(DeviceLost, match="picture-decoder: is closed"):
        decoder.decode(jpeg())
    with decoder:
        waiting = decoder.pid
    assert waiting is not None
    assert decoder.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(waiting, 0)
    with pytest.raises(DeviceLost, match="picture-decoder: is closed"):
        decoder.decode(jpeg())
    decoder.close()
    with decoder:
        assert decoder.decode(jpeg()).shape == (400, 300, 3)


def test_nothing_stays_open_behind_a_closed_decoder() -> None:
    before = held()
    with Decoder(PATIENCE_S) as decoder:
        for _ in range(5):
            decoder.decode(jpeg())
            with pytest.raises(MalformedFile):
                decoder.decode(jpeg()[:2000])
    assert held() <= before


def test_a_process_that_died_while_it_waited_is_replaced() -> None:
    with Decoder(PATIENCE_S) as decoder:
        decoder.decode(jpeg())
        for _ in range(2):
            assert decoder.pid is not None
            os.kill(decoder.pid, signal.SIGKILL)
            os.waitid(os.P_PID, decoder.pid, os.WEXITED | os.WNOWAIT)
            assert decoder.decode(jpeg()).shape == (400, 300, 3)


def test_an_interpreter_that_is_gone_is_a_lost_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(DeviceLost, match="picture-decoder: cannot be started"):
        Decoder().__enter__()


def test_an_interpreter_that_ends_at_once_is_a_lost_device(monkeypatch: pytest.MonkeyPatch) -> None:
    before = held()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DeviceLost, match=r"does not start; run: make setup"):
        Decoder().__enter__()
    assert held() <= before


def test_when_no_next_process_can_be_started_the_picture_is_still_delivered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Decoder(PATIENCE_S) as decoder:
        with monkeypatch.context() as gone:
            gone.setattr(sys, "executable", "/nonexistent/python")
            assert decoder.decode(jpeg()).shape == (400, 300, 3)
            assert decoder.pid is None
            with pytest.raises(DeviceLost, match="cannot be started"):
                decoder.decode(jpeg())
        assert decoder.decode(jpeg()).shape == (400, 300, 3)


def test_no_descriptors_left_is_a_lost_device_and_passes() -> None:
    with Decoder(PATIENCE_S) as decoder:
        os.kill(decoder.pid or 0, signal.SIGKILL)
        os.waitid(os.P_PID, decoder.pid or 0, os.WEXITED | os.WNOWAIT)
        with limited_to(), pytest.raises(DeviceLost, match="cannot be started"):
            decoder.decode(jpeg())
        assert decoder.decode(jpeg()).shape == (400, 300, 3)


def test_a_process_that_dies_over_its_picture_raises(process: Process) -> None:
    process.wait_until_ready()
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(BrokenPipeError):
        process.decode(jpeg(), Size(300, 400), PATIENCE_S)


def test_a_process_that_is_dead_is_not_ready(process: Process) -> None:
    process.wait_until_ready()
    process.wait_until_ready()
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(BrokenPipeError):
        process.wait_until_ready()


def test_a_process_may_be_killed_twice(process: Process) -> None:
    process.kill()
    process.kill()
    assert not Path(f"/proc/{process.pid}").exists()
