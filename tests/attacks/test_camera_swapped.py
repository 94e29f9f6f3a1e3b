"""Somebody plugs another camera into the gate, to show it a film."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PIL import Image
from typing_extensions import override

from drivers.camera_files import FileCamera
from edge.composition.equipment import kept_to
from edge.devices.accepted_camera import DIFFERS, Acceptance, AcceptedCamera
from edge.devices.supervisor import Supervised
from edge.errors import DeviceLost
from tests.support.bench import settled, tell, until


def camera(folder: Path, name: str) -> FileCamera:
    pictures = folder / name
    pictures.mkdir(exist_ok=True)
    Image.new("RGB", (8, 8)).save(pictures / "0.png")
    return FileCamera(FileCamera.Settings(folder=pictures))


class Closed(FileCamera):
    """Tells whether it was released."""

    closed = False

    @override
    def close(self) -> None:
        self.closed = True


def test_the_first_camera_is_accepted_and_another_one_does_not_open(tmp_path: Path) -> None:
    accepted = AcceptedCamera(tmp_path / "accepted")
    for _ in ("first start", "next start"):
        with Acceptance(camera(tmp_path, "ours"), accepted).__enter__() as opened:
            assert opened.identity() == accepted.read()
    theirs = Closed(camera(tmp_path, "theirs")._settings)
    with pytest.raises(DeviceLost, match="gatectl camera accept"):
        Acceptance(theirs, accepted).__enter__()
    assert theirs.closed, "the refused camera was not released"
    assert (accepted.read() or "").endswith("ours")


@pytest.mark.parametrize(("name", "told"), [(".", "cannot be read"), ("no/a", "cannot be stored")])
def test_a_file_that_does_not_serve_accepts_no_camera(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(DeviceLost, match=told):
        Acceptance(camera(tmp_path, "ours"), AcceptedCamera(tmp_path / name)).__enter__()


def test_the_lane_has_no_camera_until_a_person_accepts_the_new_one(tmp_path: Path) -> None:
    accepted = AcceptedCamera(tmp_path / "accepted")
    accepted.accept("ours")

    async def story() -> None:
        build = kept_to(accepted, lambda: camera(tmp_path, "theirs"))
        supervised: Supervised[FileCamera] = Supervised("camera", "camera-files", build)
        running = asyncio.create_task(supervised.run())
        await until(lambda: supervised.status.detail == f"camera: {DIFFERS}")
        accepted.accept(camera(tmp_path, "theirs").identity())
        await until(lambda: supervised.ready)
        await settled(running)

    tell(story())


def test_where_no_real_travellers_come_any_camera_opens(tmp_path: Path) -> None:
    build = kept_to(None, lambda: camera(tmp_path, "theirs"))
    with build() as opened:
        assert isinstance(opened, FileCamera)
