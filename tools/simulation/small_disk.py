"""A disk of our own, in memory: room and inodes can be used up, and given back."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from typing_extensions import override

from edge.errors import SettingsError
from edge.ports import Closeable

BLOCK = 65_536


class SmallDisk(Closeable):
    """Mounted at a folder while entered; `room` as tmpfs(5) has its sizes, `24m`.

    Raises:
        SettingsError: this machine lets nobody mount a disk, or not this user.
    """

    def __init__(self, folder: Path, room: str, inodes: int = 4096) -> None:
        self.folder = folder
        self._options = f"size={room},nr_inodes={inodes},mode=700"

    @override
    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", self._options, "tmpfs", str(self.folder)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
            raise SettingsError(
                "a disk of our own needs root, and a machine that lets it mount one"
            )
        return self

    @override
    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)  # noqa: S603, S607

    def fill(self) -> None:
        """Use up all room."""
        with (self.folder / "filler").open("wb", buffering=0) as file:
            block = b"\0" * BLOCK
            while block:
                try:
                    file.write(block)
                except OSError:
                    block = block[: len(block) // 2]

    def use_up_inodes(self) -> None:
        """Leave no inode: no file can be made any more, and those there are can be written."""
        fillers = self.folder / "fillers"
        with suppress(OSError):
            fillers.mkdir(exist_ok=True)
            for number in range(len(list(fillers.iterdir())), 1_000_000):
                (fillers / str(number)).touch(exist_ok=False)

    @property
    def has_inodes(self) -> bool:
        """Whether a file can be made."""
        return os.statvfs(self.folder).f_ffree > 0

    def relieve(self) -> None:
        """Give back what was used up."""
        (self.folder / "filler").unlink(missing_ok=True)
        fillers = self.folder / "fillers"
        if fillers.is_dir():
            for each in fillers.iterdir():
                each.unlink()
            fillers.rmdir()


@cache
def missing() -> str:
    """Say why there can be no disk of our own here; empty when there can."""
    with TemporaryDirectory() as folder:
        try:
            with SmallDisk(Path(folder), "1m"):
                return ""
        except SettingsError as error:
            return str(error)
