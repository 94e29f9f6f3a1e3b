"""Prepares a camera for camera-v4l2: finds it, agrees on a format, sets its controls."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linuxpy.video import device as v4l2
from linuxpy.video import raw

from drivers import camera_picture
from drivers.camera_picture import Pixels
from edge.errors import DeviceBusy, DeviceLost
from edge.files.reading import read_bounded

KIND: Final = v4l2.BufferType.VIDEO_CAPTURE
FORMATS: Final = ("YUYV", "MJPG", "GREY")
CAPTURES: Final = int(v4l2.Capability.VIDEO_CAPTURE)
FULL_RANGE: Final = 1
"""V4L2_QUANTIZATION_FULL_RANGE."""
SERIAL_BYTES: Final = 256
JPEG_COLOURS: Final = 7
"""V4L2_COLORSPACE_JPEG: full range unless said otherwise."""

ADVICE: Final = {
    errno.ENOENT: "is not plugged in; gatectl camera list shows what is",
    errno.ENODEV: "was unplugged",
    errno.ENXIO: "was unplugged",
    errno.EACCES: "may not be opened: add the user of egated to the group `video`",
    errno.EPERM: "may not be opened: add the user of egated to the group `video`",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of pictures in the buffers."""

    pixel_format: str
    width: int
    height: int
    stride: int
    full_range: bool = False

    def decode(self, data: Pixels) -> Pixels:
        """Decode a buffer to RGB, uint8 [H, W, 3]; MalformedFile when it holds no picture."""
        size = (self.width, self.height)
        match self.pixel_format:
            case "MJPG":
                return camera_picture.of_jpeg(data, *size)
            case "GREY":
                return camera_picture.of_grey(data, *size, self.stride)
            case _:
                return camera_picture.of_yuyv(data, *size, self.stride, full_range=self.full_range)


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A connected camera: its name for the configuration, and its abilities."""

    path: Path
    title: str
    sizes: Mapping[str, tuple[str, ...]]
    """Sizes by pixel format, for the formats that camera-v4l2 reads."""
    controls: Mapping[str, str]


@contextmanager
def blamed(path: Path) -> Iterator[None]:
    """Turn an error of the kernel into DeviceLost or DeviceBusy that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise DeviceBusy(
                "camera", f"{path} is used by another program: stop it (fuser -v {path})"
            ) from error
        cause = ADVICE.get(error.errno or 0, f"failed ({error.strerror})")
        raise DeviceLost("camera", f"{path} {cause}") from error


def negotiate(
    device: v4l2.Device, size: tuple[int, int], pixel_format: str, frames_per_s: float
) -> Layout:
    """Agree on size and format; DeviceLost when the camera does not offer them."""
    if not v4l2.read_capabilities(device).device_caps & CAPTURES:
        raise DeviceLost("camera", f"{device.filename} takes no pictures: gatectl camera list")
    v4l2.set_format(device, KIND, *size, pixel_format)
    found = v4l2.get_raw_format(device, KIND).fmt.pix
    offered = (found.width, found.height, _name(found.pixelformat))
    if offered != (*size, pixel_format):
        raise DeviceLost(
            "camera",
            f"{device.filename} offers {offered[0]}x{offered[1]} {offered[2]}, not"
            f" {size[0]}x{size[1]} {pixel_format}: gatectl camera list shows what it can do",
        )
    with suppress(OSError):  # some cameras have one rate only
        v4l2.set_fps(device, KIND, frames_per_s)
    full = found.quantization == FULL_RANGE or (
        found.quantization == 0 and found.colorspace == JPEG_COLOURS
    )
    return Layout(pixel_format, *size, found.bytesperline, full)


def identity(device: v4l2.Device, layout: Layout) -> str:
    """Name, bus path and serial number of a camera, and its pictures; OSError when it is gone."""
    said = v4l2.read_capabilities(device)
    number = os.fstat(device.fileno()).st_rdev
    serial = _serial(Path(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}/device"))
    name, bus = (bytes(each).decode(errors="replace") for each in (said.card, said.bus_info))
    pictures = f"{layout.width}x{layout.height} {layout.pixel_format}"
    return f"{name}, at {bus}, serial {serial or 'none'}, {pictures}"


def _serial(interface: Path) -> str:
    """The serial number of the USB device that an interface belongs to; empty without any."""
    with suppress(OSError):
        return read_bounded(interface.resolve().parent / "serial", SERIAL_BYTES).decode("latin-1")
    return ""


def set_controls(device: v4l2.Device, controls: Mapping[str, bool | int]) -> None:
    """Set controls in order; DeviceLost names a control that cannot be set."""
    known = {each.config_name: each for each in device.controls.values()} if controls else {}
    for name, value in controls.items():
        try:
            known[name].clipping = False
            known[name].value = value
        except (KeyError, AttributeError, ValueError, OSError) as error:
            raise DeviceLost(
                "camera", f"cannot set its control `{name}` to {value}: gatectl camera list"
            ) from error


def found_cameras(devices: Path = Path("/dev")) -> list[FoundCamera]:
    """Every camera that can be opened, by the path that changes least."""
    found = []
    lasting = {link.resolve(): link for link in sorted(devices.glob("v4l/by-id/*"))}
    for path in sorted(devices.glob("video*")):
        with suppress(OSError), v4l2.Device(path) as device:
            capabilities = v4l2.read_capabilities(device)
            if capabilities.device_caps & CAPTURES:
                found.append(
                    FoundCamera(
                        lasting.get(path, path),
                        capabilities.card.decode("ascii", "replace"),
                        {name: sizes for name in FORMATS if (sizes := _sizes(device, name))},
                        {each.config_name: repr(each) for each in device.controls.values()},
                    )
                )
    return found


def _sizes(device: v4l2.Device, pixel_format: str) -> tuple[str, ...]:
    code = raw.v4l2_fourcc(*pixel_format)
    return tuple(_size(each.info) for each in v4l2.iter_read_frame_sizes(device, code))


def _size(info: raw.v4l2_frmsize_discrete | raw.v4l2_frmsize_stepwise) -> str:
    if hasattr(info, "width"):
        return f"{info.width}x{info.height}"
    return f"{info.min_width}x{info.min_height} to {info.max_width}x{info.max_height}"


def _name(code: int) -> str:
    return int(code).to_bytes(4, "little").decode("ascii", "replace")
