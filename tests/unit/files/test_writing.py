"""A file is there whole or not at all, and a private one is nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.files.writing import create_private, replace_file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file"


def test_the_new_content_takes_the_place_of_the_old(file: Path) -> None:
    for content in (b"old and long", b"new"):
        replace_file(file, content)
        assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


def test_who_has_the_old_file_open_reads_it_to_its_end(file: Path) -> None:
    replace_file(file, b"old")
    with file.open("rb") as opened:
        replace_file(file, b"new")
        assert opened.read() == b"old"


def test_what_cannot_be_written_leaves_the_old_content(file: Path) -> None:
    replace_file(file, b"old")
    (file.parent / ".file.new").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        replace_file(file, b"new")
    assert file.read_bytes() == b"old"


def test_a_private_file_is_its_owners_from_its_first_byte(file: Path) -> None:
    before = os.umask(0)
    try:
        create_private(file, b"secret")
    finally:
        os.umask(before)
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"secret", 0o600)


def test_a_private_file_replaces_nothing(file: Path) -> None:
    create_private(file, b"secret")
    with pytest.raises(FileExistsError):
        create_private(file, b"other")
    assert file.read_bytes() == b"secret"
