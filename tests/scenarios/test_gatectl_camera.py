"""gatectl camera as a technician meets it, with a folder of pictures for a camera."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.support import egated as daemon
from tests.support.egated import STUCK_S
from tests.support.face import faces
from tests.support.gatectl import GATECTL, environment, gatectl, refused


@pytest.fixture
def config(tmp_path: Path, specimens: Path) -> Path:
    """A lane whose camera sees a face."""
    table = daemon.lane(tmp_path, specimens)
    (tmp_path / "camera").mkdir()
    faces.live().save(tmp_path / "camera/face.png")
    table["devices"]["camera"] = {"driver": "camera-files", "folder": str(tmp_path / "camera")}
    return daemon.write(tmp_path / "gate.toml", table)


def test_one_look_says_what_a_script_needs(config: Path) -> None:
    said = gatectl("camera", "preview", "--config", config, "--json")
    assert said.status == 0
    found = json.loads(said.output)
    assert (found["width"], found["height"], found["faces"]) == (640, 480, 1)
    assert found["usable"] is True
    assert found["advice"] == ""
    assert 0 < found["frames_per_s"] <= 10.5
    assert found["face"]["inter_eye_px"] > 40
    assert found["quality"]["one_face"] == 100


def test_one_look_says_that_the_camera_lies_on_its_side(config: Path) -> None:
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            'driver = "camera-files"', 'driver = "camera-files"\nrotate = 90'
        ),
        encoding="utf-8",
    )
    found = json.loads(gatectl("camera", "preview", "--config", config, "--json").output)
    assert found["usable"] is False
    assert "lies on its side" in found["advice"]
    assert "`rotate = 0`" in found["advice"]


def test_a_camera_that_is_not_there_is_told_in_one_line(config: Path) -> None:
    (config.parent / "camera/face.png").unlink()
    assert "no pictures in" in refused("camera", "preview", "--config", config, "--json")


def test_a_video4linux_device_that_is_not_there_is_told_in_one_line(config: Path) -> None:
    pytest.importorskip("linuxpy", reason="the extra `cameras` is not installed")
    line = refused("camera", "preview", "--config", config, "--path", "/dev/video99", "--json")
    assert "is not plugged in" in line


def test_the_page_is_served_until_it_is_interrupted(config: Path) -> None:
    arguments = [str(GATECTL), "camera", "preview", "--config", str(config)]
    with subprocess.Popen(  # noqa: S603
        arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[0]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=STUCK_S) as answer:  # noqa: S310
            assert b"camera-picture" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(STUCK_S) == 0
        assert process.stderr.read() == ""


def test_without_a_camera_the_list_is_empty_and_says_why() -> None:
    if list(Path("/dev").glob("video*")):
        pytest.skip("this machine has a camera")
    said = gatectl("camera", "list")
    assert said.status == 1
    assert said.output == ""
    assert "group `video`" in said.errors
