"""Brings the models and photographs of the manifest to where a gate looks for them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from edge.errors import SettingsError
from edge.files.reading import read_named
from edge.inference.licences import accept, require_accepted
from edge.inference.manifest import Model, Pictures
from edge.inference.models import ModelStore
from tools.models.known_answer import prove
from tools.models.packages import NotAsPinned, Packages, Progress

MOST_BYTES: Final = 2_000_000_000
"""Of a model in a file of this computer; `onnx` can read no larger one."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Whose licences are accepted with an installation, on which day, and by whom."""

    names: Sequence[str]
    on: date
    by: str


def install(
    manifest_path: Path, weights: Path, progress: Progress, consent: Consent | None = None
) -> None:
    """Bring every model and photograph to `weights`; what is right already is left alone.

    Nothing is fetched before the licences are accepted that ask for it.

    Raises:
        SettingsError: a package cannot be had, or is not what the manifest says; nobody has
            accepted the licence of a model, or a licence was accepted that asks for nothing.
    """
    store = ModelStore(manifest_path, weights)
    manifest = store.manifest
    if consent is not None:
        _accept(store, weights, consent, progress)
    for name, model in manifest.models.items():
        require_accepted(weights, name, model)
    with tempfile.TemporaryDirectory(prefix="egate-models-") as folder:
        packages = Packages(manifest.packages, Path(folder), progress)
        for name, model in manifest.models.items():
            if is_right(store, name):
                progress(f"{name}: already installed")
                continue
            try:
                _install_model(store, name, packages, progress)
            except NotAsPinned:
                raise
            except SettingsError as error:
                if not model.optional:
                    raise
                _leave_out(store.path(name))
                progress(f"{name}: left out, and the gate works without it ({error})")
        _install_pictures(manifest.pictures, weights, packages, progress)


def _accept(store: ModelStore, weights: Path, consent: Consent, progress: Progress) -> None:
    models = store.manifest.models
    for name in consent.names:
        if name not in models:
            known = ", ".join(models)
            raise SettingsError(f"no model `{name}` in the manifest; there is: {known}")
        accept(weights, name, models[name], consent.on, consent.by)
        progress(f"{name}: licence accepted by {consent.by} ({models[name].licence})")


def _install_model(store: ModelStore, name: str, packages: Packages, progress: Progress) -> None:
    model = store.manifest.models[name]
    progress(f"{name}: preparing ({', '.join(model.prepare) or 'as it is'}) ...")
    _write(store.path(name), _prepared(name, model, packages))
    try:
        prove(store, name)
    except SettingsError:
        store.path(name).unlink()
        raise
    progress(f"{name}: installed, and computes what it should")


def _leave_out(path: Path) -> None:
    """Remove what an earlier manifest named: a gate refuses to start beside a wrong model."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(f"{path} cannot be removed: {error.strerror}") from error


def is_right(store: ModelStore, name: str) -> bool:
    """Whether a prepared model is there and is what the manifest says."""
    try:
        store.verify(name)
    except SettingsError:
        return False
    return True


def wrong_pictures(pictures: Pictures, weights: Path) -> list[str]:
    """The photographs that are missing or are not what the manifest says."""
    folder = weights / pictures.folder
    return [
        name
        for name, picture in pictures.files.items()
        if not (folder / name).is_file()
        or hashlib.sha256((folder / name).read_bytes()).hexdigest() != picture.sha256
    ]


def _prepared(name: str, model: Model, packages: Packages) -> bytes:
    try:
        # Slow to import, and not there on a gate whose models were brought by other means.
        from tools.models.prepare import prepare  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(f"preparing {name} needs {error.name}; run: make setup") from error

    content = prepare(published(model, packages), model.prepare, model.pixels)
    if hashlib.sha256(content).hexdigest() != model.sha256:
        raise SettingsError(
            f"{name}: preparation gave another file than the manifest names; is `onnx` the one of"
            " requirements/runtime.lock? run: make setup"
        )
    return content


def published(model: Model, packages: Packages) -> bytes:
    """The file as its publisher made it, from a package or from this computer."""
    if model.package is not None:
        return packages.file(model.package, model.file, model.file_sha256)
    content = read_named(Path(model.file), MOST_BYTES)
    if hashlib.sha256(content).hexdigest() != model.file_sha256:
        raise NotAsPinned(f"{model.file} is not the file the manifest pins")
    return content


def _install_pictures(
    pictures: Pictures, weights: Path, packages: Packages, progress: Progress
) -> None:
    wrong = wrong_pictures(pictures, weights)
    for name in wrong:
        picture = pictures.files[name]
        content = packages.file(pictures.package, picture.file, picture.sha256)
        _write(weights / pictures.folder / name, content)
    progress(f"{pictures.folder}: {'installed' if wrong else 'already installed'}")


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all; SettingsError when there is no writing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            fresh = Path(folder, path.name)
            fresh.write_bytes(content)
            fresh.chmod(0o644)
            fresh.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
