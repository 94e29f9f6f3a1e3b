"""gatectl camera: which cameras there are, and what the configured one sees."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import click

from drivers import registry
from edge.contract.json_object import JsonObject
from edge.devices.accepted_camera import FILE as ACCEPTED
from edge.devices.accepted_camera import AcceptedCamera, identity_of
from edge.errors import DeviceLost, SettingsError
from edge.face import FacePipeline
from edge.host import hardening
from edge.host.device_thread import DeviceThread
from edge.inference.models import ModelStore
from edge.ports import Camera, Frame
from edge.screen import server
from edge.screen.board import Board
from edge.screen.camera_preview import CameraPreview, PreviewSource, judged
from edge.screen.preview import LookView, create_preview_app
from edge.settings import tree as settings
from edge.settings.loader import validate

SETTLED = 10
"""Pictures until a camera has found its exposure."""
PATIENCE_S = 10.0


def list_cameras(*, as_json: bool) -> None:
    """Run `gatectl camera list`."""
    found = [*_video4linux(), *_raspberry()]
    if as_json:
        click.echo(json.dumps(found, default=str, indent=2))
    for each in [] if as_json else found:
        click.echo(f'{each["title"]}\n  driver = "{each["driver"]}"')
        for name, value in each["options"].items():
            click.echo(f"  {name} = {json.dumps(value)}")
        for name, sizes in each["sizes"].items():
            click.echo(f"  {name}: {', '.join(sizes)}")
        for control in each["controls"].values():
            click.echo(f"    {control}")
    if not found:
        click.echo("no camera found; may this user open /dev/video*? (group `video`)", err=True)
        sys.exit(1)


def preview(config: Path, path: Path | None, port: int, *, as_json: bool) -> None:
    """Run `gatectl camera preview`."""
    hardening.forbid_dumps()
    loaded = settings.load(config)
    build = _camera(loaded, path)
    rotate = loaded.devices.camera.rotate if path is None else 0
    pipeline = ModelStore(loaded.models.manifest, loaded.models.weights).pipeline()
    if as_json:
        with build() as camera:
            look = look_once(camera, pipeline, rotate)
            click.echo(json.dumps(look.model_dump(mode="json"), indent=2))
        return
    asyncio.run(_serve(build, pipeline, port, rotate))


def accept(config: Path) -> None:
    """Run `gatectl camera accept`."""
    loaded = settings.load(config)
    accepted = AcceptedCamera(loaded.state_dir / ACCEPTED)
    with _camera(loaded, None)() as camera:
        found = identity_of(camera)
    before = accepted.read()
    accepted.accept(found)
    if before is not None and before != found:
        click.echo(f"before: {before}")
    click.echo(f"accepted: {found}")
    click.echo("A running egated opens it within some seconds.")


def look_once(camera: Camera, pipeline: FacePipeline, rotate: int) -> LookView:
    """What is said about a picture, once the exposure has settled; DeviceLost without any.

    `rotate` is what the camera's settings say.
    """
    times: list[float] = []
    latest: Frame | None = None
    deadline_s = time.monotonic() + PATIENCE_S
    while len(times) < SETTLED and time.monotonic() < deadline_s:
        frame = camera.capture(deadline_s - time.monotonic())
        if frame is None:
            break
        if latest is not None:
            latest.wipe()
        latest = frame
        times.append(frame.taken_s)
    if latest is None:
        raise DeviceLost("camera", f"sent no picture within {PATIENCE_S:g} s")
    view = judged(pipeline, latest, rotate).view
    latest.wipe()
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
    return view.model_copy(update={"frames_per_s": round(rate, 1)})


class Replugged:
    """A camera that may be unplugged while it is looked through; used from one thread."""

    def __init__(self, build: Callable[[], Camera]) -> None:
        self._build = build
        self._opened: contextlib.ExitStack | None = None
        self._camera: Camera | None = None

    def open(self) -> Camera:
        """The camera, opened when it is not; DeviceLost when it is not there."""
        if self._camera is None:
            with contextlib.ExitStack() as stack:
                self._camera = stack.enter_context(self._build())
                self._opened = stack.pop_all()
        return self._camera

    def use(self, function: Callable[[Camera], Frame | None]) -> Frame | None:
        """Do something with it; DeviceLost when it is gone; the next call opens it again."""
        camera = self.open()
        try:
            return function(camera)
        except DeviceLost:
            self.close()
            raise

    def close(self) -> None:
        """Let go of it."""
        opened, self._opened, self._camera = self._opened, None, None
        if opened is not None:
            opened.close()


def _camera(loaded: settings.Settings, path: Path | None) -> Callable[[], Camera]:
    device = loaded.devices.camera
    name = device.driver if path is None else "camera-v4l2"
    options: Mapping[str, object] = device.options if path is None else {"path": path}
    driver = registry.load(name)
    chosen = validate(driver.Settings, options, "devices.camera")
    return lambda: driver(chosen)


async def _serve(
    build: Callable[[], Camera], pipeline: FacePipeline, port: int, rotate: int
) -> None:
    """Serve the page until interrupted; the camera is released on the way out."""
    camera_thread, face_thread = DeviceThread("camera"), DeviceThread("face")
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    camera = Replugged(build)
    await camera_thread.call(camera.open)

    async def capture(function: Callable[[Camera], Frame | None], _: float) -> Frame | None:
        return await camera_thread.call(camera.use, function)

    source = PreviewSource(capture, face_thread, pipeline, rotate)
    shown = CameraPreview(source, lambda: "", os.urandom)
    try:
        with contextlib.closing(server.listen("127.0.0.1", port)) as listener:
            click.echo(f"http://127.0.0.1:{listener.getsockname()[1]}  (Ctrl-C ends)")
            app = create_preview_app(shown)
            serving = asyncio.create_task(server.serve(app, Board(), listener))
            await stopped.wait()
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
    finally:
        await camera_thread.call(camera.close)
        camera_thread.close()
        face_thread.close()


def _video4linux() -> list[JsonObject]:
    try:
        found = registry.load("camera-v4l2")
    except SettingsError:
        return []
    return [
        {"driver": "camera-v4l2", "options": {"path": str(each["path"])}, **each}
        for each in map(asdict, found.found())
    ]


def _raspberry() -> list[JsonObject]:
    try:
        found = registry.load("camera-picamera2")
    except SettingsError:
        return []
    return [
        {
            "driver": "camera-picamera2",
            "options": {"camera": number},
            "title": title,
            "sizes": {},
            "controls": {},
        }
        for number, title in enumerate(found.found())
    ]
