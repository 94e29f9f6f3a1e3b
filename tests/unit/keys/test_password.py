"""A password is a line of a file that not everybody can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.keys.password import read_password


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "password"
    found.touch(mode=0o600)
    return found


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_end_of_the_line_is_no_part_of_it(file: Path, end: str) -> None:
    file.write_bytes(f" clave ñ {end}".encode())
    assert read_password(file, "broker.password_file") == " clave ñ "


def test_a_file_that_everybody_can_read_is_refused(file: Path) -> None:
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="`--password-file`: everybody can read"):
        read_password(file, "--password-file")


@pytest.mark.parametrize("content", [b"\xff", bytes(1_000_001)])
def test_what_is_no_password_is_refused_without_repeating_it(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=r"`b`: .*password cannot be read \(\w") as caught:
        read_password(file, "b")
    assert "xff" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none cannot be read \(No such file"):
        read_password(tmp_path / "none", "b")
