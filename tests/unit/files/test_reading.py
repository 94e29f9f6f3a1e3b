"""A path may name anything: what is read is bounded, and what fails says which file it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edge.errors import SettingsError
from edge.files.reading import SMALL_FILE_BYTES, read_bounded, read_json, read_named

DEEP = "[" * 200_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_file_within_the_bound_is_read_whole(file: Path, size: int) -> None:
    file.write_bytes(bytes(size))
    assert read_bounded(file, 100) == read_named(file, 100) == bytes(size)


def test_a_file_beyond_the_bound_is_refused_and_named(file: Path) -> None:
    file.write_bytes(bytes(101))
    with pytest.raises(OSError, match="File too large") as caught:
        read_bounded(file, 100)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(file))
    with pytest.raises(SettingsError, match=r"too large.*: the limit is 100 bytes") as refused:
        read_named(file, 100)
    assert str(file) in str(refused.value)


def test_a_device_that_never_ends_is_read_up_to_the_bound() -> None:
    with pytest.raises(SettingsError, match=r"/dev/zero cannot be read \(File too large\)"):
        read_named(Path("/dev/zero"), SMALL_FILE_BYTES)


@pytest.mark.parametrize("name", ["none", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        read_bounded(tmp_path / name)
    with pytest.raises(SettingsError, match=r"cannot be read .*: check the path"):
        read_named(tmp_path / name)


def test_json_is_parsed(file: Path) -> None:
    file.write_text('{"keys": [1, null]}')
    assert read_json(file) == {"keys": [1, None]}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\xfd", DEEP.encode()])
def test_what_is_not_json_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="file is not JSON"):
        read_json(file)
