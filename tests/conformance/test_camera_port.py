"""What every driver of `edge.ports.Camera` owes the gate."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typing_extensions import override

from drivers.camera_files import FRAME_SIZE, FileCamera
from drivers.virtual.camera import VirtualCamera
from drivers.virtual.stage import Stage, stage
from drivers.virtual.stage import _stages as stages
from drivers.virtual.traveller import Traveller
from edge.errors import DeviceBusy, DeviceLost, SettingsError
from edge.ports import Camera, Frame
from tests.support import picamera2_stand_in, vivid

SOON_S = 10.0
"""Long enough for any machine; nothing waits for it to pass."""
STUCK_S = 60.0
Picture = NDArray[np.uint8]


def picture(red: int, width: int = 64, height: int = 48) -> Picture:
    """A plain picture, told from others by its red."""
    found = np.zeros((height, width, 3), np.uint8)
    found[..., 0] = red
    return found


@dataclass(frozen=True, slots=True)
class Bench:
    """A camera to test and the hands that use it; `camera` makes a fresh, closed driver."""

    camera: Callable[..., Camera]
    """Takes the frames per second."""
    show: Callable[[tuple[Picture, ...]], None]
    unplug: Callable[[], None]
    plug: Callable[[], None]
    shows: bool = True
    """Whether it shows the pictures it is given, and no others."""
    drops: bool = False
    """Whether pictures nobody asks for in time are gone."""
    oldest_s: float = 0.0
    """How long before it was asked for a picture may have been taken."""


@contextmanager
def stage_bench(_: Path) -> Iterator[Bench]:
    name = "conformance of cameras"
    yield Bench(
        camera=lambda frames_per_s=120.0: VirtualCamera(
            VirtualCamera.Settings(stage=name, frames_per_s=frames_per_s)
        ),
        show=lambda pictures: stage(name).come(Traveller("specimen", (), None, pictures)),
        unplug=lambda: stage(name).unplug("camera"),
        plug=lambda: stage(name).plug("camera"),
    )
    stage(name).go()
    stage(name).plug("camera")


def move(here: Path, there: Path) -> None:
    here.rename(there)


@contextmanager
def files_bench(folder: Path) -> Iterator[Bench]:
    shown = folder / "pictures"
    away = folder / "away"

    def show(pictures: tuple[Picture, ...]) -> None:
        shutil.rmtree(shown, ignore_errors=True)
        shown.mkdir()
        for number, pixels in enumerate(pictures):
            Image.fromarray(pixels).save(shown / f"{number}.png")

    yield Bench(
        camera=lambda frames_per_s=120.0: FileCamera(
            FileCamera.Settings(folder=shown, frames_per_s=frames_per_s)
        ),
        show=show,
        unplug=lambda: move(shown, away),
        plug=lambda: move(away, shown),
    )


@contextmanager
def video_bench(folder: Path) -> Iterator[Bench]:
    av = pytest.importorskip("av", reason="the extra `cameras` is not installed")
    from drivers.camera_video import VideoCamera

    shown: list[Picture] = []
    file = folder / "video.mkv"
    away = folder / "away.mkv"

    def camera(frames_per_s: float = 120.0) -> Camera:
        if shown:
            write_video(av, file, shown, frames_per_s)
            shown.clear()
        return VideoCamera(VideoCamera.Settings(file=file))

    yield Bench(
        camera=camera,
        show=shown.extend,
        unplug=lambda: move(file, away),
        plug=lambda: move(away, file),
        drops=True,
    )


def write_video(av: Any, file: Path, pictures: Sequence[Picture], frames_per_s: float) -> None:
    """A video without losses, in RGB."""
    with av.open(str(file), "w") as container:
        rate = Fraction(frames_per_s).limit_denominator(1000)
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for pixels in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


@contextmanager
def raspberry_bench(_: Path) -> Iterator[Bench]:
    scene = picamera2_stand_in.Scene
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "picamera2", picamera2_stand_in)
        from drivers.camera_picamera2 import RaspberryCamera

        def camera(frames_per_s: float = 120.0) -> Camera:
            wanted = max(frames_per_s, 0.001)
            return RaspberryCamera(RaspberryCamera.Settings(frames_per_s=wanted))

        patch.setattr(scene, "pictures", ())
        patch.setattr(scene, "plugged", True)
        yield Bench(
            camera=camera,
            show=lambda pictures: setattr(scene, "pictures", pictures),
            unplug=lambda: setattr(scene, "plugged", False),
            plug=lambda: setattr(scene, "plugged", True),
            drops=True,
        )


@contextmanager
def v4l2_bench(folder: Path) -> Iterator[Bench]:
    """The kernel's vivid: a real Video4Linux2 device, its pictures its own."""
    reason = vivid.missing()
    if reason:
        pytest.skip(reason)
    from drivers.camera_v4l2 import V4l2Camera

    link = folder / "usb-vivid-video-index0"
    link.symlink_to(vivid.path())

    def camera(frames_per_s: float = 30.0) -> Camera:
        return V4l2Camera(V4l2Camera.Settings(path=link, frames_per_s=frames_per_s))

    def plug() -> None:
        vivid.bind()
        link.unlink()
        link.symlink_to(vivid.path())  # as udev does

    yield Bench(
        camera=camera,
        show=lambda _: None,
        unplug=vivid.unbind,
        plug=plug,
        shows=False,
        drops=True,
        oldest_s=0.25,
    )
    vivid.bind()


BENCHES: dict[str, Callable[[Path], AbstractContextManager[Bench]]] = {
    "virtual-camera": stage_bench,
    "camera-files": files_bench,
    "camera-video": video_bench,
    "camera-picamera2": raspberry_bench,
    "camera-v4l2": v4l2_bench,
}


IN_QEMU = (pytest.mark.whole, pytest.mark.qemu)


@pytest.fixture(
    params=[pytest.param(name, marks=IN_QEMU if name == "camera-v4l2" else ()) for name in BENCHES]
)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as bench:
        yield bench


def next_frame(camera: Camera) -> Frame:
    frame = camera.capture(SOON_S)
    assert frame is not None
    return frame


def test_a_frame_is_rgb_of_the_size_of_the_picture(bench: Bench) -> None:
    bench.show((picture(200, width=64, height=48),))
    with bench.camera() as camera:
        frame = next_frame(camera)
    assert frame.pixels.shape == ((48, 64, 3) if bench.shows else (480, 640, 3))
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.flags.c_contiguous
    if bench.shows:
        assert tuple(frame.pixels[0, 0]) == (200, 0, 0)


def test_a_frame_is_taken_when_it_is_asked_for_and_each_after_the_last(bench: Bench) -> None:
    bench.show((picture(1), picture(2)))
    with bench.camera() as camera:
        began_s = time.monotonic()
        times = [next_frame(camera).taken_s for _ in range(10)]
        ended_s = time.monotonic()
    assert began_s - bench.oldest_s <= times[0]
    assert times[-1] <= ended_s
    assert all(before < after for before, after in pairwise(times))


def test_frames_come_no_faster_than_asked_for(bench: Bench) -> None:
    bench.show((picture(1),))
    with bench.camera(100.0) as camera:
        times = [next_frame(camera).taken_s for _ in range(5)]
    late_s = 1e-6 if bench.shows else 0.005  # a kernel under load wakes late, then catches up
    assert all(after - before >= 0.01 - late_s for before, after in pairwise(times))


def test_no_frame_in_time_is_none_and_leaves_the_camera_well(bench: Bench) -> None:
    bench.show((picture(1),))
    with bench.camera(0.001) as camera:
        next_frame(camera)
        assert camera.capture(0) is None
        assert camera.capture(0.01) is None
        camera.probe()


def test_every_picture_has_its_turn(bench: Bench) -> None:
    bench.show(tuple(picture(red) for red in (10, 20, 30)))
    with bench.camera() as camera:
        reds = [int(next_frame(camera).pixels[0, 0, 0]) for _ in range(7)]
    if not bench.drops:
        assert reds == [10, 20, 30, 10, 20, 30, 10]
    elif bench.shows:
        assert set(reds) <= {10, 20, 30}


def test_a_frame_is_not_changed_by_the_next(bench: Bench) -> None:
    bench.show((picture(10), picture(20)))
    with bench.camera() as camera:
        first = next_frame(camera)
        kept = first.pixels.copy()
        for _ in range(4):
            next_frame(camera)
        assert np.array_equal(first.pixels, kept)


def test_a_wiped_frame_is_gone_and_no_other_with_it(bench: Bench) -> None:
    bench.show((picture(10), picture(20)))
    with bench.camera() as camera:
        first, second = next_frame(camera), next_frame(camera)
        kept = second.pixels.copy()
        first.wipe()
        assert not first.pixels.any()
        assert np.array_equal(second.pixels, kept)
        assert next_frame(camera).pixels.any() or not bench.shows


def test_nothing_of_the_picture_in_the_representation(bench: Bench) -> None:
    bench.show((picture(123),))
    with bench.camera() as camera:
        frame = next_frame(camera)
    assert repr(frame) == f"Frame(<redacted> {'64x48' if bench.shows else '640x480'})"


def test_an_unplugged_camera_is_lost_from_whichever_call(bench: Bench) -> None:
    bench.show((picture(1),))
    with bench.camera() as camera:
        next_frame(camera)
        bench.unplug()
        with pytest.raises(DeviceLost):
            camera.probe()
        with pytest.raises(DeviceLost):
            camera.capture(SOON_S)
    with pytest.raises(DeviceLost), bench.camera():
        pass


def test_a_lost_camera_works_again_once_reopened(bench: Bench) -> None:
    bench.show((picture(1),))
    camera = bench.camera()
    with camera:
        bench.unplug()
        with pytest.raises(DeviceLost):
            camera.probe()
    bench.plug()
    for reopened in (camera, bench.camera()):
        with reopened:
            frame = next_frame(reopened)
            assert frame.pixels[0, 0, 0] == 1 or not bench.shows


def test_leaving_releases_the_camera_whatever_happened(bench: Bench) -> None:
    bench.show((picture(1),))
    with pytest.raises(ZeroDivisionError), bench.camera():
        _ = 1 / 0
    with bench.camera() as camera:
        next_frame(camera)


def test_nobody_before_a_virtual_camera_is_no_frame_until_somebody_comes() -> None:
    where = stage("conformance of waiting cameras")
    camera = VirtualCamera(VirtualCamera.Settings(stage="conformance of waiting cameras"))
    with camera, ThreadPoolExecutor(1) as waiting:
        assert camera.capture(0.01) is None
        wait = waiting.submit(next_frame, camera)
        where.come(Traveller("specimen", (), None, (picture(7),)))
        assert wait.result(STUCK_S).pixels[0, 0, 0] == 7
        where.go()
        assert camera.capture(0.01) is None


class CrowdedStage(Stage):
    """Another one steps before the camera in the moment in which it looks."""

    def __init__(self, *travellers: Traveller) -> None:
        super().__init__()
        self._travellers = travellers

    @override
    def before_the_camera(self) -> tuple[int, Traveller | None]:
        if self.visits < len(self._travellers):
            self.come(self._travellers[self.visits])
        return super().before_the_camera()


def test_a_virtual_camera_never_shows_one_traveller_in_the_place_of_the_next() -> None:
    stages["crowded camera"] = where = CrowdedStage(
        *(Traveller("specimen", (), None, (picture(shade),)) for shade in (7, 9))
    )
    with VirtualCamera(VirtualCamera.Settings(stage="crowded camera")) as camera:
        for shade in (7, 9):
            frame = next_frame(camera)
            _, there = Stage.before_the_camera(where)
            assert there is not None
            assert frame.pixels[0, 0, 0] == there.live[0][0, 0, 0] == shade


def test_a_virtual_camera_unplugged_during_the_wait_is_lost_at_once() -> None:
    where = stage("conformance of unplugged cameras")
    camera = VirtualCamera(VirtualCamera.Settings(stage="conformance of unplugged cameras"))
    with camera, ThreadPoolExecutor(1) as waiting:
        wait = waiting.submit(camera.capture, STUCK_S * 100)
        where.unplug("camera")
        with pytest.raises(DeviceLost):
            wait.result(STUCK_S)


def test_a_virtual_face_is_never_twice_the_same() -> None:
    where = stage("conformance of swaying faces")
    pixels = np.arange(48 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(48, 64, 3)
    where.come(Traveller("specimen", (), None, (pixels,)))
    settings = VirtualCamera.Settings(stage="conformance of swaying faces", frames_per_s=120)
    with VirtualCamera(settings) as camera:
        frames = [next_frame(camera).pixels.tobytes() for _ in range(8)]
    assert len(set(frames)) == 8


# A video plays in real time.


def test_a_video_goes_on_while_nobody_looks(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="the extra `cameras` is not installed")
    from drivers.camera_video import VideoCamera

    frames_per_s = 50.0
    pictures = [picture(each, 32, 32) for each in range(250)]
    write_video(av, tmp_path / "video.mkv", pictures, frames_per_s)
    with VideoCamera(VideoCamera.Settings(file=tmp_path / "video.mkv")) as camera:
        last = next_frame(camera)
        for _ in range(3):
            busy_until_s = time.monotonic() + 0.07
            while time.monotonic() < busy_until_s:
                pass
            asked_s = time.monotonic()
            frame = next_frame(camera)
            passed = int(frame.pixels[0, 0, 0]) - int(last.pixels[0, 0, 0])
            due = round((frame.taken_s - last.taken_s) * frames_per_s)
            # Not the next, but the newest; or what a busy machine could decode until then.
            assert 3 <= passed <= due
            assert frame.taken_s > asked_s - 2 / frames_per_s
            last = frame


def test_a_video_that_cannot_be_played_so_fast_is_played_as_fast_as_it_can(tmp_path: Path) -> None:
    """A million pictures a second; as if nobody had looked at a usual one for a day."""
    av = pytest.importorskip("av", reason="the extra `cameras` is not installed")
    from drivers.camera_video import VideoCamera

    write_video(av, tmp_path / "video.mkv", [picture(each) for each in range(9)], 1e6)
    with VideoCamera(VideoCamera.Settings(file=tmp_path / "video.mkv")) as camera:
        times = [next_frame(camera).taken_s for _ in range(3)]
    assert times == sorted(set(times))
    assert times[-1] <= time.monotonic()


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "cannot be played"), (b"not a video" * 99, "cannot be played"), (None, "no video at")],
)
def test_a_file_that_is_no_video_is_a_lost_camera(
    tmp_path: Path, content: bytes | None, why: str
) -> None:
    pytest.importorskip("av", reason="the extra `cameras` is not installed")
    from drivers.camera_video import VideoCamera

    if content is not None:
        (tmp_path / "video.mkv").write_bytes(content)
    camera = VideoCamera(VideoCamera.Settings(file=tmp_path / "video.mkv"))
    with pytest.raises(DeviceLost, match=why), camera:
        pass


# A Raspberry Pi's camera, as far as its stand-in goes.


@pytest.fixture
def raspberry(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(sys.modules, "picamera2", picamera2_stand_in)
    monkeypatch.setattr(picamera2_stand_in.Scene, "pictures", (picture(9),))
    from drivers import camera_picamera2

    return camera_picamera2


def raspberry_camera(driver: Any, **options: Any) -> Any:
    return driver.RaspberryCamera(driver.RaspberryCamera.Settings(frames_per_s=120, **options))


def test_a_raspberry_camera_another_program_holds_is_busy(raspberry: Any) -> None:
    with raspberry_camera(raspberry) as camera:
        next_frame(camera)
        with pytest.raises(DeviceBusy, match="stop what uses it"), raspberry_camera(raspberry):
            pass
    with raspberry_camera(raspberry) as camera:
        next_frame(camera)


def test_a_raspberry_camera_whose_cable_came_loose_is_lost(
    raspberry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raspberry, "STALLED_S", 0.2)
    monkeypatch.setattr(raspberry, "PROBE_EVERY_S", 0.05)
    with raspberry_camera(raspberry) as camera:
        next_frame(camera)
        camera.probe()
        monkeypatch.setattr(picamera2_stand_in.Scene, "connected", False)
        with pytest.raises(DeviceLost, match="cable"):
            camera.capture(SOON_S)
        with pytest.raises(DeviceLost, match="cable"):
            camera.probe()


def test_a_picture_that_was_asked_for_and_came_too_late_is_not_shown(
    raspberry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raspberry_camera(raspberry) as camera:
        next_frame(camera)
        monkeypatch.setattr(picamera2_stand_in.Scene, "connected", False)
        assert camera.capture(0) is None or camera.capture(0) is None
        monkeypatch.setattr(picamera2_stand_in.Scene, "connected", True)
        monkeypatch.setattr(raspberry, "STALE_S", -1.0)
        assert camera.capture(0.1) is None
        monkeypatch.setattr(raspberry, "STALE_S", 0.25)
        for _ in range(20):  # more than there are buffers: none was kept
            next_frame(camera)


def test_a_control_it_does_not_have_leaves_the_raspberry_camera_free(raspberry: Any) -> None:
    with (
        pytest.raises(DeviceLost, match="controls"),
        raspberry_camera(raspberry, controls={"NoSuch": 1}),
    ):
        pass
    with raspberry_camera(raspberry, controls={"AeEnable": True}) as camera:
        next_frame(camera)


def test_cameras_without_hardware_turn_their_pictures_as_real_ones_do(tmp_path: Path) -> None:
    name = "a camera on its side"
    upright = picture(1)
    upright[0, :] = 200  # its first row
    Image.fromarray(upright).save(tmp_path / "a.png")
    stage(name).come(Traveller("specimen", (), None, (upright,)))
    cameras: list[Camera] = [
        FileCamera(FileCamera.Settings(folder=tmp_path, rotate=90)),
        VirtualCamera(VirtualCamera.Settings(stage=name, rotate=90)),
    ]
    for camera in cameras:
        with camera:
            frame = camera.capture(SOON_S)
            assert frame is not None
            assert frame.pixels.shape == (64, 48, 3)
            assert (frame.pixels[:, -1, 0] == 200).all()  # clockwise: the first row is the right
    stage(name).go()


def test_a_raspberry_camera_on_its_side_shows_people_upright(raspberry: Any) -> None:
    with raspberry_camera(raspberry, rotate=90) as camera:
        assert next_frame(camera).pixels.shape == (64, 48, 3)


def test_without_picamera2_the_driver_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from drivers import registry

    monkeypatch.delitem(sys.modules, "drivers.camera_picamera2", raising=False)
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(SettingsError, match="python3-picamera2"):
        registry.load("camera-picamera2")


# What lies in a folder may be anything.


def file_camera(folder: Path) -> FileCamera:
    return FileCamera(FileCamera.Settings(folder=folder, frames_per_s=120))


def first_frame(folder: Path) -> Frame | None:
    with file_camera(folder) as camera:
        return camera.capture(SOON_S)


@pytest.mark.parametrize("ending", [".jpg", ".jpeg", ".png", ".JPG", ".Png"])
def test_pictures_are_known_by_their_endings(tmp_path: Path, ending: str) -> None:
    kind = "PNG" if ending.lower() == ".png" else "JPEG"
    Image.fromarray(picture(200)).save(tmp_path / f"face{ending}", kind)
    (tmp_path / "notes.txt").write_text("not a picture")
    frame = first_frame(tmp_path)
    assert frame is not None
    assert abs(int(frame.pixels[0, 0, 0]) - 200) < 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_kind_become_rgb(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        found = Image.fromarray(np.full((48, 64), 65535, np.uint16))
    else:
        found = Image.new(mode, (64, 48))
    found.save(tmp_path / f"face.{'jpg' if mode == 'CMYK' else 'png'}")
    frame = first_frame(tmp_path)
    assert frame is not None
    assert frame.pixels.shape == (48, 64, 3)
    assert frame.pixels.dtype == np.uint8
    if mode == "I;16":
        assert frame.pixels.min() == 255


def test_a_photograph_is_turned_as_it_says(tmp_path: Path) -> None:
    """Telephones leave the turning to whoever shows it (CIPA DC-008 §4.6.5): 6 is a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.fromarray(picture(200, width=1280, height=960))
    lying.paste((0, 0, 255), (0, 0, 640, 960))
    lying.save(tmp_path / "1.jpg", exif=exif)
    with FileCamera(FileCamera.Settings(folder=tmp_path)) as camera:
        frame = next_frame(camera)
    assert frame.pixels.shape == (640, 480, 3)
    assert frame.pixels[100, 240].argmax() == 2, "what was on the left is on top"
    assert frame.pixels[540, 240].argmax() == 0


def test_a_large_picture_is_reduced_and_keeps_its_shape(tmp_path: Path) -> None:
    Image.fromarray(picture(9, width=4000, height=1000)).save(tmp_path / "wide.png")
    frame = first_frame(tmp_path)
    assert frame is not None
    assert frame.pixels.shape == (160, FRAME_SIZE[0], 3)


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG that promises this size."""
    import struct
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def gif(folder: Path) -> bytes:
    path = folder / "other.gif"
    Image.fromarray(picture(1)).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        png(64, 48),
        png(0, 0),
        png(20_000, 20_000),
        png(2**31 - 1, 2**31 - 1),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n",
    ],
    ids=[
        "empty", "text", "cut JPEG", "cut PNG", "short PNG", "PNG without size", "bomb",
        "larger bomb", "program in PostScript",
    ],
)  # fmt: skip
def test_a_file_that_is_no_picture_is_a_lost_camera_and_is_named(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "face.jpg").write_bytes(content)
    with pytest.raises(DeviceLost, match=r"face\.jpg.* is not a picture"):
        first_frame(tmp_path)


def test_a_picture_of_another_format_under_a_known_ending_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "face.png").write_bytes(gif(tmp_path))
    with pytest.raises(DeviceLost, match="is not a picture"):
        first_frame(tmp_path)


def test_any_bytes_behind_a_signature_are_a_frame_or_a_lost_camera(tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    Image.fromarray(np.arange(48 * 64 * 3, dtype=np.uint8).reshape(48, 64, 3)).save(good)
    content = good.read_bytes()
    good.unlink()
    dice = np.random.default_rng(9303)
    for _ in range(200):
        damaged = bytearray(content)
        for place in dice.integers(8, len(damaged), 4):
            damaged[place] = dice.integers(0, 256)
        (tmp_path / "face.png").write_bytes(damaged)
        with file_camera(tmp_path) as camera:
            try:
                frame = camera.capture(SOON_S)
            except DeviceLost:
                continue
        assert frame is not None
        assert frame.pixels.dtype == np.uint8


def test_what_is_not_a_file_is_not_played(tmp_path: Path) -> None:
    (tmp_path / "a folder.jpg").mkdir()
    os.mkfifo(tmp_path / "a pipe.jpg")
    (tmp_path / "a device.jpg").symlink_to("/dev/zero")
    (tmp_path / "nowhere.jpg").symlink_to(tmp_path / "gone")
    with pytest.raises(DeviceLost, match="no pictures"):
        first_frame(tmp_path)
    Image.fromarray(picture(5)).save(tmp_path / "z.png")
    with file_camera(tmp_path) as camera:
        for _ in range(3):
            assert next_frame(camera).pixels[0, 0, 0] == 5


def test_a_name_made_of_anything_is_told_in_printable_words(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/\xff\x1b[2J\n.jpg", "wb") as file:  # noqa: PTH123
        file.write(b"not a picture")
    with pytest.raises(DeviceLost, match="is not a picture") as caught:
        first_frame(tmp_path)
    assert str(caught.value).isprintable()
    str(caught.value).encode("utf-8")


def test_a_folder_without_pictures_or_no_folder_at_all_is_a_lost_camera(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DeviceLost, match="no pictures"), file_camera(folder):
            pass


def test_a_picture_that_vanishes_is_a_lost_camera(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(picture(1)).save(tmp_path / name)
    with file_camera(tmp_path) as camera:
        next_frame(camera)
        (tmp_path / "b.png").unlink()
        with pytest.raises(DeviceLost):
            camera.capture(SOON_S)
    with file_camera(tmp_path) as camera:
        next_frame(camera)
